/** Time and chance, so that the core has none of its own. */

/** Cancels what was scheduled; again or after it ran: does nothing. */
export type Cancel = () => void;

/** The port of time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds from some start; never goes back. */
  monotonic(): number;
  /** Runs `callback` once after `delayMs`. */
  schedule(delayMs: number, callback: () => void): Cancel;
}

/** The port of chance: uniform in [0, 1). */
export type Random = () => number;
