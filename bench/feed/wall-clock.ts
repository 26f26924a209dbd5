/** The time of day with fractions of a millisecond, as processes of one machine share it. */

/**
 * A clock, milliseconds since 1970. It is set by the next tick of `Date.now()`, which has no fractions, and
 * goes on by the monotonic clock; take a new one for each measurement, for the two drift apart.
 */
export function wallClock(): () => number {
  const beganMs = Date.now();
  while (Date.now() === beganMs);
  const aheadMs = beganMs + 1 - performance.now();
  return () => performance.now() + aheadMs;
}
