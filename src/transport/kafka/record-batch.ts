/**
 * Record batches, format 2, as brokers store them (Kafka protocol guide, "Record Batch"): written
 * once, sent as often as it takes.
 *
 * Hot: it sees each byte that is written. Records are written straight to their place, sizes first.
 */
import type { Publication } from '../../model/delivery.ts';
import type { Compression } from './codecs.ts';
import { CODECS, compress } from './codecs.ts';
import { crc32c } from './crc32c.ts';
import { HEADER_BYTES } from './protocol/batch.ts';
import type { ProducerSession } from './protocol/init-producer-id.ts';

/** What a batch is written with. */
export type BatchRecord = Omit<Publication, 'topic'>;

/** Who writes a batch, and its place in what this producer writes to the partition. */
export interface BatchHead {
  readonly session: ProducerSession;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
  readonly compression: Compression;
}

/** Fields by their place in the header. */
const LENGTH = 8;
const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORD_COUNT = 57;

const TRANSACTIONAL = 0x10;

/** One batch of at least one record. */
export async function encodeBatch(records: readonly BatchRecord[], head: BatchHead): Promise<Buffer> {
  const base = records[0]?.timestampMs ?? 0;
  const plain = writeRecords(records, base);
  const batch = head.compression === 'none' ? plain : await compressed(plain, head.compression);
  writeHeader(batch, records, head);
  return batch;
}

/** An upper bound of the bytes of a record in a batch. */
export function recordBytesBound({ key, value, headers }: BatchRecord): number {
  let bytes = 32 + (key?.length ?? 0) + value.length;
  for (const [name, bytesOf] of headers) bytes += 10 + nameBytes(name).length + bytesOf.length;
  return bytes;
}

async function compressed(plain: Buffer, compression: Compression): Promise<Buffer> {
  const records = await compress(compression, plain.subarray(HEADER_BYTES));
  const batch = Buffer.allocUnsafe(HEADER_BYTES + records.length);
  batch.set(records, HEADER_BYTES);
  return batch;
}

function writeHeader(batch: Buffer, records: readonly BatchRecord[], head: BatchHead): void {
  let latest = -Infinity;
  for (const { timestampMs } of records) latest = Math.max(latest, timestampMs);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - LEADER_EPOCH, LENGTH);
  batch.writeInt32BE(-1, LEADER_EPOCH);
  batch.writeInt8(2, MAGIC);
  batch.writeInt16BE(CODECS[head.compression] | (head.isTransactional ? TRANSACTIONAL : 0), ATTRIBUTES);
  batch.writeInt32BE(records.length - 1, LAST_OFFSET_DELTA);
  batch.writeBigInt64BE(BigInt(records[0]?.timestampMs ?? 0), BASE_TIMESTAMP);
  batch.writeBigInt64BE(BigInt(latest), MAX_TIMESTAMP);
  batch.writeBigInt64BE(BigInt(head.session.id), PRODUCER_ID);
  batch.writeInt16BE(head.session.epoch, PRODUCER_EPOCH);
  batch.writeInt32BE(head.baseSequence, BASE_SEQUENCE);
  batch.writeInt32BE(records.length, RECORD_COUNT);
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES), CRC);
}

/** The records behind room for the header. */
function writeRecords(records: readonly BatchRecord[], base: number): Buffer {
  const bodies = records.map((record, i) => bodyBytes(record, record.timestampMs - base, i));
  const length = bodies.reduce((sum, body) => sum + varintBytes(body) + body, HEADER_BYTES);
  const bytes = Buffer.allocUnsafe(length);
  let at = HEADER_BYTES;
  records.forEach((record, i) => {
    at = writeVarint(bytes, bodies[i] ?? 0, at);
    // The attributes of a record: none are defined.
    bytes[at] = 0;
    at = writeVarint(bytes, record.timestampMs - base, at + 1);
    at = writeVarint(bytes, i, at);
    at = record.key === null ? writeVarint(bytes, -1, at) : writeBytes(bytes, record.key, at);
    at = writeBytes(bytes, record.value, at);
    at = writeVarint(bytes, record.headers.length, at);
    for (const [name, value] of record.headers) {
      at = writeBytes(bytes, nameBytes(name), at);
      at = writeBytes(bytes, value, at);
    }
  });
  return bytes;
}

/** Bytes of a record behind its length. */
function bodyBytes({ key, value, headers }: BatchRecord, timestampDelta: number, index: number): number {
  let bytes = 1 + varintBytes(timestampDelta) + varintBytes(index);
  bytes += key === null ? 1 : varintBytes(key.length) + key.length;
  bytes += varintBytes(value.length) + value.length + varintBytes(headers.length);
  for (const [name, bytesOf] of headers) {
    const { length } = nameBytes(name);
    bytes += varintBytes(length) + length + varintBytes(bytesOf.length) + bytesOf.length;
  }
  return bytes;
}

function writeBytes(target: Buffer, bytes: Uint8Array, start: number): number {
  const at = writeVarint(target, bytes.length, start);
  target.set(bytes, at);
  return at + bytes.length;
}

/** Zigzag: small numbers of either sign are short. Whole numbers up to 2^52 in size. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

function writeVarint(target: Buffer, value: number, start: number): number {
  let at = start;
  let rest = zigzag(value);
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    target[at] = (rest % 0x80) | 0x80;
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}

/** Names of headers come again and again; beyond so many the table begins anew. */
const NAMES_MAX = 1024;
const names = new Map<string, Uint8Array>();

function nameBytes(name: string): Uint8Array {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= NAMES_MAX) names.clear();
  const bytes = Buffer.from(name);
  names.set(name, bytes);
  return bytes;
}
