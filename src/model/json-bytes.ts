/**
 * Finds values in the bytes of JSON without parsing it.
 *
 * Builds no object and copies nothing. It trusts the bytes to be JSON where it passes over them and says
 * "not there" where they are not. Names are compared as they are written, without escapes; of two fields
 * of one name the first counts. Functions give -1 for what is not there or does not end.
 */

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const COMMA = 44;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
/** Strings of up to so many bytes are looked through here: a call costs more. */
const NEAR = 100;

/** Index of the first byte that counts, behind a byte order mark and blanks. */
export function firstByte(bytes: Uint8Array): number {
  return pastBlanks(bytes, hasMark(bytes) ? 3 : 0);
}

/** A byte order mark: EF BB BF. */
function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** Index of the value that stands under `name` in the object that begins at `from`; -1 without one. */
export function valueOf(bytes: Uint8Array, from: number, name: Uint8Array): number {
  if (bytes[from] !== OPEN_OBJECT) return -1;
  let at = pastBlanks(bytes, from + 1);
  while (bytes[at] === QUOTE) {
    const end = stringEnd(bytes, at);
    if (end < 0) return -1;
    const start = valueBehind(bytes, end + 1);
    if (start < 0) return -1;
    if (isAt(bytes, at + 1, end, name)) return start;
    at = pastValue(bytes, start);
    if (at < 0) return -1;
    at = pastBlanks(bytes, at);
    if (bytes[at] !== COMMA) return -1;
    at = pastBlanks(bytes, at + 1);
  }
  return -1;
}

/** Index of the value that belongs to a name, from what follows the name on; -1 where no colon does. */
export function valueBehind(bytes: Uint8Array, from: number): number {
  const colon = pastBlanks(bytes, from);
  return bytes[colon] === COLON ? pastBlanks(bytes, colon + 1) : -1;
}

function isAt(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false;
  return true;
}

/** Index behind the value at `from`; -1 when it does not end. */
export function pastValue(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) {
    const end = stringEnd(bytes, from);
    return end < 0 ? -1 : end + 1;
  }
  return first === OPEN_OBJECT || first === OPEN_ARRAY ? pastNested(bytes, from) : scalarEnd(bytes, from);
}

function pastNested(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = stringEnd(bytes, at);
      if (at < 0) return -1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** Index of the quote that ends the string that begins at `from`; -1 without one. Hot: names and most values are short. */
export function stringEnd(bytes: Uint8Array, from: number): number {
  const near = Math.min(from + NEAR, bytes.length);
  for (let at = from + 1; at < near; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return farStringEnd(bytes, from);
}

/** Looks for quotes as fast as memory is searched. */
function farStringEnd(bytes: Uint8Array, from: number): number {
  let end = bytes.indexOf(QUOTE, from + 1);
  while (end >= 0 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end;
}

/** An odd number of backslashes stands before it. */
function isEscaped(bytes: Uint8Array, at: number): boolean {
  let backslashes = 0;
  while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

function scalarEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && !isEnd(bytes[at])) at += 1;
  return at === from ? -1 : at;
}

function isEnd(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte === undefined || byte <= 32;
}

function pastBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] ?? 0) <= 32) at += 1;
  return at;
}
