/**
 * The event's timestamp: ISO 8601, or a number since 1970. Nothing here reads a clock or a time zone.
 */

/** The widest range that a Date can say. */
const DATE_MAX_MS = 8.64e15;

/** A number below it is in seconds: as milliseconds it would lie before March 1973. */
const SECONDS_BELOW = 1e11;

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * Milliseconds since 1970, or `undefined` where `value` says no time. Takes ISO 8601 (UTC where it
 * names no zone), a number or its digits (seconds below 1e11, else milliseconds), a Date.
 */
export function parseTimestampMs(value: unknown): number | undefined {
  if (typeof value === 'string') return fromText(value.trim());
  if (typeof value === 'number') return inRange(Math.abs(value) < SECONDS_BELOW ? value * 1000 : value);
  return value instanceof Date ? inRange(value.getTime()) : undefined;
}

function fromText(text: string): number | undefined {
  if (/^\d{9,17}(?:\.\d{1,9})?$/.test(text)) return parseTimestampMs(Number(text));
  const match = ISO.exec(text);
  if (match === null) return undefined;
  return inRange(Date.parse(match[1] === undefined && text.length > 10 ? `${text}Z` : text));
}

function inRange(timestampMs: number): number | undefined {
  return Math.abs(timestampMs) <= DATE_MAX_MS ? Math.trunc(timestampMs) : undefined;
}
