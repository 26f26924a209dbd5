/**
 * Plain data out of whatever an analyzer of one's own returned: a copy that both encodings can say,
 * or a sentence with the place that cannot be said.
 *
 * Dates become ISO 8601, `undefined` properties are left out. Functions, symbols, BigInt, numbers
 * that JSON lacks, instances of classes and cycles are refused.
 */
import { isoTime } from '../model/time.ts';

/** How deep it may nest; a cycle ends here too. */
const PLAIN_DEPTH_MAX = 64;

interface Walk {
  nodesLeft: number;
}

/**
 * Whether `value` is plain data as it is, of at most `nodesMax` values: a copy of it would be equal. Hot:
 * what analyzers return nearly always is.
 */
export function isPlain(value: unknown, nodesMax: number): boolean {
  return looksPlain(value, { nodesLeft: nodesMax }, 0);
}

function looksPlain(value: unknown, walk: Walk, depth: number): boolean {
  if (--walk.nodesLeft < 0) return false;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (depth < PLAIN_DEPTH_MAX && isPlainInside(value, walk, depth + 1));
    default:
      return false;
  }
}

function isPlainInside(value: object, walk: Walk, depth: number): boolean {
  if ('toJSON' in value) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!looksPlain(item, walk, depth)) return false;
    return true;
  }
  if (!isPlainObject(value)) return false;
  for (const name of Object.keys(value)) if (!looksPlain(value[name], walk, depth)) return false;
  return true;
}

/**
 * A plain copy of `value`. Throws a TypeError that names the place; a RangeError where it has more
 * than `nodesMax` values, which a shared branch repeated many times has too.
 */
export function toPlain(value: unknown, at: string, nodesMax: number): unknown {
  return copy(value, at, { nodesLeft: nodesMax });
}

function copy(value: unknown, at: string, walk: Walk, depth = 0): unknown {
  if (--walk.nodesLeft < 0) throw new RangeError('it has too many values');
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    throw new TypeError(`${at} is ${value}`);
  }
  if (typeof value !== 'object') throw new TypeError(`${at} is a ${typeof value}`);
  if (depth >= PLAIN_DEPTH_MAX) {
    throw new TypeError(`${at.slice(0, 80)}… is nested deeper than ${PLAIN_DEPTH_MAX}, or is a cycle`);
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => copy(item ?? null, `${at}[${index}]`, walk, depth + 1));
  }
  return value instanceof Date ? copyDate(value, at) : copyObject(value, at, walk, depth);
}

function copyDate(value: Date, at: string): string {
  if (Number.isFinite(value.getTime())) return isoTime(value.getTime());
  throw new TypeError(`${at} is an invalid date`);
}

function copyObject(value: object, at: string, walk: Walk, depth: number): unknown {
  if (!isPlainObject(value)) throw new TypeError(`${at} is an instance of a class`);
  const entries: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) entries.push([name, copy(item, `${at}.${name}`, walk, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

/** True for an object literal or one without prototype, of any realm. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
