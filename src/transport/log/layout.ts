/**
 * Keys and small values of the log's tables, as bytes. Pure.
 *
 * Keys are big-endian, so that LMDB's order by bytes is the order by number; values are
 * little-endian. `docs/adr/0002-lmdb-as-embedded-log.md` has the tables.
 */
import type { BlockSummary } from './block.ts';

/** One packed block as the index knows it. */
export interface IndexEntry extends BlockSummary {
  /** Who wrote it, and the number that the writer gave it: the key of the block. */
  readonly writer: number;
  readonly sequence: number;
}

/** Where a partition ends and what it holds. */
export interface Tail {
  /** The offset that the next record gets. */
  readonly next: number;
  readonly records: number;
  /** Bytes of its blocks. */
  readonly bytes: number;
}

/** The tail of a partition that was never written to. */
export const EMPTY_TAIL: Tail = Object.freeze({ next: 0, records: 0, bytes: 0 });

/** Raised with each change that an older program cannot read. */
export const FORMAT_VERSION = 1;

const TWO_32 = 2 ** 32;
const ENTRY_BYTES = 40;
const TAIL_BYTES = 24;

/** Key of a block: the writer's id, the writer's own sequence number. */
export function blockKey(writer: number, sequence: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt32BE(writer, 0);
  writeOffset(key, sequence, 4);
  return key;
}

/** Key of an index entry: topic id, partition, offset of the block's first record. */
export function indexKey(topicId: number, partition: number, base: number): Buffer {
  const key = Buffer.allocUnsafe(16);
  key.writeUInt32BE(topicId, 0);
  key.writeUInt32BE(partition, 4);
  writeOffset(key, base, 8);
  return key;
}

/** The offset in an index key. */
export function baseOfIndexKey(key: Buffer): number {
  return key.readUInt32BE(8) * TWO_32 + key.readUInt32BE(12);
}

/** Whether an index key belongs to this partition. */
export function isIndexKeyOf(key: Buffer, topicId: number, partition: number): boolean {
  return key.readUInt32BE(0) === topicId && key.readUInt32BE(4) === partition;
}

/** Key of a tail. */
export function tailKey(topicId: number, partition: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeUInt32BE(topicId, 0);
  key.writeUInt32BE(partition, 4);
  return key;
}

/** Bytes of an index entry. */
export function encodeEntry(entry: IndexEntry): Buffer {
  const bytes = Buffer.allocUnsafe(ENTRY_BYTES);
  bytes.writeUInt32LE(entry.writer, 0);
  bytes.writeDoubleLE(entry.sequence, 4);
  bytes.writeUInt32LE(entry.records, 12);
  bytes.writeUInt32LE(entry.bytes, 16);
  bytes.writeUInt32LE(entry.crc, 20);
  bytes.writeDoubleLE(entry.lowestMs, 24);
  bytes.writeDoubleLE(entry.highestMs, 32);
  return bytes;
}

/** The reverse of {@link encodeEntry}. */
export function decodeEntry(bytes: Buffer): IndexEntry {
  return {
    writer: bytes.readUInt32LE(0),
    sequence: bytes.readDoubleLE(4),
    records: bytes.readUInt32LE(12),
    bytes: bytes.readUInt32LE(16),
    crc: bytes.readUInt32LE(20),
    lowestMs: bytes.readDoubleLE(24),
    highestMs: bytes.readDoubleLE(32),
  };
}

/** Bytes of a tail. */
export function encodeTail(tail: Tail): Buffer {
  const bytes = Buffer.allocUnsafe(TAIL_BYTES);
  bytes.writeDoubleLE(tail.next, 0);
  bytes.writeDoubleLE(tail.records, 8);
  bytes.writeDoubleLE(tail.bytes, 16);
  return bytes;
}

/** The reverse of {@link encodeTail}; nothing stored is an empty partition. */
export function decodeTail(bytes: Buffer | undefined): Tail {
  if (bytes === undefined) return EMPTY_TAIL;
  return { next: bytes.readDoubleLE(0), records: bytes.readDoubleLE(8), bytes: bytes.readDoubleLE(16) };
}

function writeOffset(target: Buffer, offset: number, at: number): void {
  target.writeUInt32BE(Math.floor(offset / TWO_32), at);
  target.writeUInt32BE(offset % TWO_32, at + 4);
}
