/**
 * The ack map: finished offsets above a committed position, kept as its metadata, so that after a
 * restart they are not done again.
 *
 * Text: base64 of a version byte (1) and pairs of varints (LEB128, unsigned): offsets to do, then
 * offsets done, from the position on. What does not fit into `METADATA_BYTES_MAX` is left out from the
 * highest offset down: it is done again, which at-least-once allows. What cannot be read counts as
 * nothing for the same reason. Offsets that do not exist count with the run around them.
 */
import { METADATA_BYTES_MAX } from '../model/delivery.ts';

/** Offsets from `from` up to and without `to`. */
export type OffsetRun = readonly [from: number, to: number];

const VERSION = 1;
/** Base64 makes four characters of three bytes. */
const BYTES_MAX = (METADATA_BYTES_MAX / 4) * 3;
const VARINT_BYTES_MAX = 8;

/** The map of rising, disjoint runs at or above `position`; empty text for none. */
export function encodeAckMap(position: number, runs: Iterable<OffsetRun>): string {
  const bytes = [VERSION];
  let at = position;
  for (const [from, to] of runs) {
    const pair = [...varint(from - at), ...varint(to - from)];
    if (bytes.length + pair.length > BYTES_MAX) break;
    bytes.push(...pair);
    at = to;
  }
  return bytes.length === 1 ? '' : btoa(String.fromCharCode(...bytes));
}

/** The runs of a map; none for empty text, `null` for text that is no map or of another version. */
export function decodeAckMap(position: number, text: string): readonly OffsetRun[] | null {
  if (text === '') return [];
  const bytes = bytesOf(text);
  if (bytes === null || bytes[0] !== VERSION) return null;
  const runs: OffsetRun[] = [];
  const reader = { bytes, at: 1 };
  let at = position;
  while (reader.at < bytes.length) {
    const gap = readVarint(reader);
    const length = readVarint(reader);
    if (gap === null || length === null || length === 0) return null;
    const from = at + gap;
    at = from + length;
    if (!Number.isSafeInteger(at)) return null;
    runs.push([from, at]);
  }
  return runs;
}

function bytesOf(text: string): Uint8Array | null {
  if (text.length > METADATA_BYTES_MAX) return null;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Seven bits a byte, the lowest first; all but the last have the eighth bit set. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

function readVarint(reader: { readonly bytes: Uint8Array; at: number }): number | null {
  let value = 0;
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return null;
    value += (byte % 128) * 128 ** i;
    if (byte < 128) return Number.isSafeInteger(value) ? value : null;
  }
  return null;
}

/** Tells, of offsets that are asked about in rising order, which are in the runs. */
export class Skips {
  readonly #runs: readonly OffsetRun[];
  #next = 0;

  constructor(runs: readonly OffsetRun[]) {
    this.#runs = runs;
  }

  /** What is left of the runs above `offset`. */
  *above(offset: number): Generator<OffsetRun> {
    for (const [from, to] of this.#runs) if (to > offset + 1) yield [Math.max(from, offset + 1), to];
  }

  has(offset: number): boolean {
    for (;;) {
      const run = this.#runs[this.#next];
      if (run === undefined || offset < run[0]) return false;
      if (offset < run[1]) return true;
      this.#next += 1;
    }
  }
}
