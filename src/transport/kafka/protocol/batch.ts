/**
 * Record batches as brokers keep them: where each begins and ends, which of them count.
 *
 * Promise: what is damaged is named and not passed over. Only headers are read here beside the
 * checksum; nothing is decompressed.
 * Format: https://kafka.apache.org/documentation/#recordbatch
 */
import { crc32c } from '../crc32c.ts';
import type { AbortedTransaction } from './fetch.ts';

/** One batch. */
export interface RecordBatch {
  /** All of it as it came, header included; a view. */
  readonly bytes: Buffer;
  /** What stands behind the header, a view, or what became of that. */
  readonly records: Buffer;
  readonly baseOffset: number;
  /** Of the last record that it had when it was written; compaction may have taken it. */
  readonly lastOffset: number;
  /** Of the records: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly codec: number;
}

/** The batches of one partition's answer. */
export interface Batches {
  /** Those whose records are to be read. */
  readonly batches: readonly RecordBatch[];
  /** Where to fetch on; `null`: no whole batch was there. */
  readonly next: number | null;
  /** What stands at {@link Batches.next} and cannot be read. */
  readonly unreadable: Unreadable | null;
}

/** A batch that cannot be read. */
export interface Unreadable {
  /** In words. */
  readonly why: string;
  /** The offset behind it; `null` where its header is not to be believed. */
  readonly behind: number | null;
}

/** How an answer is looked at. */
export interface BatchChecks {
  /** Where it was fetched from. */
  readonly from?: number;
  /** Whether checksums are compared. */
  readonly checkCrc?: boolean;
}

/** Bytes of a batch before its records. */
export const HEADER_BYTES = 61;

const TWO_TO_32 = 2 ** 32;
/** Offset and length stand before what the length counts. */
const UNCOUNTED_BYTES = 12;
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CRC_AT = 17;
/** From here on the checksum counts. */
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const PRODUCER_AT = 43;
const COUNT_AT = 57;
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
export function splitBatches(
  records: Buffer,
  aborted: readonly AbortedTransaction[],
  { from = 0, checkCrc = true }: BatchChecks = {},
): Batches {
  const batches: RecordBatch[] = [];
  const transactions = new OpenAborted(aborted);
  let next: number | null = null;
  for (let at = 0; at + HEADER_BYTES <= records.length;) {
    const magic = records.readInt8(at + MAGIC_AT);
    const length = records.readInt32BE(at + LENGTH_AT) + UNCOUNTED_BYTES;
    const foreign = foreignWords(magic, length);
    if (foreign !== null) return { batches, next, unreadable: { why: foreign, behind: null } };
    if (at + length > records.length) break;
    const bytes = records.subarray(at, at + length);
    const baseOffset = int64(bytes, 0);
    const lastOffset = baseOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT);
    const why = damageWords(bytes, { baseOffset, lastOffset, from: next ?? from, checkCrc });
    if (why !== null) {
      // Damage does not change both of them alike, and who skips by it must not skip good records.
      const isSure = bytes.readInt32BE(COUNT_AT) === lastOffset - baseOffset + 1;
      const behind = isSure && lastOffset >= (next ?? from) ? lastOffset + 1 : null;
      return { batches, next, unreadable: { why, behind } };
    }
    next = lastOffset + 1;
    const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
    if (transactions.counts(bytes, attributes, lastOffset)) {
      const codec = attributes & CODEC_BITS;
      batches.push({ bytes, records: bytes.subarray(HEADER_BYTES), baseOffset, lastOffset, codec });
    }
    at += length;
  }
  return { batches, next, unreadable: null };
}

/** What is wrong with a batch whose end is not known. */
function foreignWords(magic: number, length: number): string | null {
  if (magic !== MAGIC) return `its format has the number ${magic}`;
  return length < HEADER_BYTES ? `its length is ${length}` : null;
}

/** What is wrong with a batch that is there. Compaction may have taken all of its records, or those at its end. */
function damageWords(
  bytes: Buffer,
  offsets: Required<BatchChecks> & Pick<RecordBatch, 'baseOffset' | 'lastOffset'>,
): string | null {
  const { baseOffset, lastOffset, from, checkCrc } = offsets;
  if (checkCrc && crc32c(bytes, ATTRIBUTES_AT) !== bytes.readUInt32BE(CRC_AT))
    return 'its checksum is not that of its bytes';
  if (lastOffset < baseOffset) return `it ends at offset ${lastOffset}, before it begins`;
  if (lastOffset < from) return `it ends at offset ${lastOffset}, and ${from} was asked for`;
  const count = bytes.readInt32BE(COUNT_AT);
  const most = lastOffset - baseOffset + 1;
  return count < 0 || count > most ? `it counts ${count} records for ${most} offsets` : null;
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
