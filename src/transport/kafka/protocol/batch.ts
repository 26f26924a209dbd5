/**
 * Record batches as brokers keep them: where each begins and ends, which of them count.
 *
 * Only headers are read here; nothing is decompressed.
 * Format: https://kafka.apache.org/documentation/#recordbatch
 */
import type { AbortedTransaction } from './fetch.ts';

/** One batch. */
export interface RecordBatch {
  /** All of it, header included; a view. */
  readonly bytes: Buffer;
  readonly baseOffset: number;
  /** Of the last record that it had when it was written; compaction may have taken it. */
  readonly lastOffset: number;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly codec: number;
}

/** The batches of one partition's answer. */
export interface Batches {
  /** Those whose records are to be read. */
  readonly batches: readonly RecordBatch[];
  /** Where to fetch on; `null`: no whole batch was there. */
  readonly next: number | null;
  /** What stands at {@link Batches.next} and cannot be read, in words. */
  readonly unreadable: string | null;
}

/** Bytes of a batch before its records. */
export const HEADER_BYTES = 61;

const TWO_TO_32 = 2 ** 32;
/** Offset and length stand before what the length counts. */
const UNCOUNTED_BYTES = 12;
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const PRODUCER_AT = 43;
const MAGIC = 2;
const CODEC_BITS = 0b111;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;
/** Of a control record: length, attributes, two deltas of one byte, key length; then a version and the type. */
const CONTROL_TYPE_AT = HEADER_BYTES + 5 + 2;
const ABORT = 0;

/**
 * Splits an answer. Markers of transactions are left out, and so is what belongs to an aborted one.
 * A batch that is cut off by the end is not there yet. Never throws.
 */
export function splitBatches(records: Buffer, aborted: readonly AbortedTransaction[]): Batches {
  const batches: RecordBatch[] = [];
  const transactions = new OpenAborted(aborted);
  let next: number | null = null;
  for (let at = 0; at + HEADER_BYTES <= records.length;) {
    const magic = records.readInt8(at + MAGIC_AT);
    const length = records.readInt32BE(at + LENGTH_AT) + UNCOUNTED_BYTES;
    if (magic !== MAGIC) return { batches, next, unreadable: `its format has the number ${magic}` };
    if (length < HEADER_BYTES) return { batches, next, unreadable: `its length is ${length}` };
    if (at + length > records.length) break;
    const bytes = records.subarray(at, at + length);
    const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
    const baseOffset = int64(bytes, 0);
    const lastOffset = baseOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT);
    next = lastOffset + 1;
    if (transactions.counts(bytes, attributes, lastOffset))
      batches.push({ bytes, baseOffset, lastOffset, codec: attributes & CODEC_BITS });
    at += length;
  }
  return { batches, next, unreadable: null };
}

/** The aborted transactions that a place in the partition lies in. */
class OpenAborted {
  readonly #ahead: AbortedTransaction[];
  readonly #producers = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Whether a batch is to be read; called for one after another. */
  counts(bytes: Buffer, attributes: number, lastOffset: number): boolean {
    while ((this.#ahead.at(-1)?.firstOffset ?? Infinity) <= lastOffset)
      this.#producers.add(this.#ahead.pop()?.producer ?? 0);
    const producer = int64(bytes, PRODUCER_AT);
    if ((attributes & CONTROL) !== 0) {
      if (bytes.length >= CONTROL_TYPE_AT + 2 && bytes.readInt16BE(CONTROL_TYPE_AT) === ABORT)
        this.#producers.delete(producer);
      return false;
    }
    return (attributes & TRANSACTIONAL) === 0 || !this.#producers.has(producer);
  }
}

function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4);
}
