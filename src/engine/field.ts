/**
 * Finds one field in the bytes of a JSON object, for `shardBy`: the one look that the main thread
 * takes into a value. A bounded scan: see `json-bytes`. msgpack has no fields for it.
 */
import { firstByte, pastValue, stringEnd, valueOf } from '../model/json-bytes.ts';

/** Where a value stands: for a string what is between its quotes. */
export interface FieldPlace {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 34;
const MINUS = 45;

/** A path of names as bytes. */
export function fieldPath(dotted: string): readonly Uint8Array[] {
  const encoder = new TextEncoder();
  return dotted.split('.').map((name) => encoder.encode(name));
}

/** The place of a string or number under `path` within the first `bytesMax` bytes, or `null`. */
export function findField(
  value: Uint8Array,
  path: readonly Uint8Array[],
  bytesMax: number,
): FieldPlace | null {
  const bytes = value.length > bytesMax ? value.subarray(0, bytesMax) : value;
  let at = firstByte(bytes);
  for (const name of path) {
    at = valueOf(bytes, at, name);
    if (at < 0) return null;
  }
  return scalarAt(bytes, at);
}

/** A string that is not empty, or a number. `true`, `false`, `null`, objects and arrays name nothing. */
function scalarAt(bytes: Uint8Array, at: number): FieldPlace | null {
  const first = bytes[at];
  if (first === QUOTE) {
    const end = stringEnd(bytes, at);
    return end <= at + 1 ? null : { start: at + 1, end };
  }
  const isNumber = first === MINUS || (first !== undefined && first >= 48 && first <= 57);
  const end = isNumber ? pastValue(bytes, at) : -1;
  // A number that the bound has cut off is another number.
  return end < 0 || end === bytes.length ? null : { start: at, end };
}
