/** Time as text. */

const TIME_MAX_MS = 8_640_000_000_000_000;

/** ISO 8601 with milliseconds; a time that has no such form becomes the nearest one that has. */
export function isoTime(timestampMs: number): string {
  const known = Number.isFinite(timestampMs) ? timestampMs : 0;
  return new Date(Math.min(TIME_MAX_MS, Math.max(-TIME_MAX_MS, known))).toISOString();
}
