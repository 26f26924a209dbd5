/**
 * The block: many records packed into one stored value. Pure.
 *
 * Layout, little-endian:
 *
 *   0  u32  magic "FLB1"
 *   4  u32  CRC-32 of everything from byte 8
 *   8  u32  records
 *   12 u32  length of the whole block
 *   16 f64  lowest timestamp, milliseconds since 1970
 *   24 f64  highest timestamp
 *   32 …    records: f64 timestamp, i32 key length (-1: null), i32 value length (-1: null),
 *           u32 headers; per header u32 name length, u32 value length, name in UTF-8, value;
 *           then key, then value
 *
 * Offsets are not in it: they are assigned inside the write transaction, after packing, and live in
 * the index. Whatever byte is damaged, decoding throws `E_LOG_CORRUPT` and nothing else.
 */
import { crc32 } from 'node:zlib';
import type { Delivery, Header, Headers } from '../../model/delivery.ts';
import { NO_HEADERS } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';

/** A record as it is packed. */
export interface BlockRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Headers;
  readonly timestampMs: number;
}

/** Where a block stands: what its deliveries are told, and what an error names. */
export interface BlockPlace {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first record. */
  readonly base: number;
}

/** What is known of a packed block without unpacking it. */
export interface BlockSummary {
  readonly records: number;
  readonly bytes: number;
  readonly crc: number;
  readonly lowestMs: number;
  readonly highestMs: number;
}

/** Bytes before the first record. */
export const BLOCK_HEADER_BYTES = 32;

const MAGIC = 0x31424c46;
const RECORD_HEADER_BYTES = 20;
const ABSENT = -1;

/** Bytes that one record takes in a block. */
export function packedBytes(record: BlockRecord): number {
  let bytes = RECORD_HEADER_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers) bytes += 8 + Buffer.byteLength(name) + value.length;
  return bytes;
}

/**
 * Packs records into the start of `target`, which must hold {@link BLOCK_HEADER_BYTES} and the
 * {@link packedBytes} of each. Returns what the index keeps of it.
 */
export function encodeBlock(records: readonly BlockRecord[], target: Buffer): BlockSummary {
  let at = BLOCK_HEADER_BYTES;
  let lowestMs = Infinity;
  let highestMs = -Infinity;
  for (const record of records) {
    at = encodeRecord(record, target, at);
    if (record.timestampMs < lowestMs) lowestMs = record.timestampMs;
    if (record.timestampMs > highestMs) highestMs = record.timestampMs;
  }
  target.writeUInt32LE(MAGIC, 0);
  target.writeUInt32LE(records.length, 8);
  target.writeUInt32LE(at, 12);
  target.writeDoubleLE(lowestMs, 16);
  target.writeDoubleLE(highestMs, 24);
  const crc = crc32(target.subarray(8, at));
  target.writeUInt32LE(crc, 4);
  return { records: records.length, bytes: at, crc, lowestMs, highestMs };
}

/** Unpacks a block; keys, values and header values are views of `bytes`. Throws `E_LOG_CORRUPT`. */
export function decodeBlock(bytes: Buffer, place: BlockPlace): Delivery[] {
  if (bytes.length < BLOCK_HEADER_BYTES) throw corrupt(place, 'it is too short');
  if (bytes.readUInt32LE(0) !== MAGIC) throw corrupt(place, 'it does not begin as one');
  if (bytes.readUInt32LE(12) !== bytes.length) throw corrupt(place, 'its length is another');
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) throw corrupt(place, 'its checksum is another');
  try {
    return decodeRecords(bytes, place);
  } catch (error) {
    throw corrupt(place, 'a record does not fit in it', error);
  }
}

/** The error for a block that is missing or damaged. */
export function corrupt(place: BlockPlace, why: string, cause?: unknown): EngineError {
  const { topic, partition, base } = place;
  return new EngineError(
    'E_LOG_CORRUPT',
    `the block at offset ${base} of partition ${partition} of topic ${topic} cannot be read: ${why}`,
    { cause, details: { topic, partition, offset: base } },
  );
}

function encodeRecord(record: BlockRecord, target: Buffer, start: number): number {
  const { key, value, headers } = record;
  target.writeDoubleLE(record.timestampMs, start);
  target.writeInt32LE(key === null ? ABSENT : key.length, start + 8);
  target.writeInt32LE(value === null ? ABSENT : value.length, start + 12);
  target.writeUInt32LE(headers.length, start + 16);
  let at = start + RECORD_HEADER_BYTES;
  for (const header of headers) at = encodeHeader(header, target, at);
  if (key !== null) {
    target.set(key, at);
    at += key.length;
  }
  if (value !== null) {
    target.set(value, at);
    at += value.length;
  }
  return at;
}

function encodeHeader([name, value]: Header, target: Buffer, start: number): number {
  const nameBytes = target.write(name, start + 8);
  target.writeUInt32LE(nameBytes, start);
  target.writeUInt32LE(value.length, start + 4);
  target.set(value, start + 8 + nameBytes);
  return start + 8 + nameBytes + value.length;
}

function decodeRecords(bytes: Buffer, { topic, partition, base }: BlockPlace): Delivery[] {
  const count = bytes.readUInt32LE(8);
  const deliveries: Delivery[] = [];
  let at = BLOCK_HEADER_BYTES;
  for (let i = 0; i < count; i += 1) {
    const timestampMs = bytes.readDoubleLE(at);
    const keyLength = bytes.readInt32LE(at + 8);
    const valueLength = bytes.readInt32LE(at + 12);
    const headerCount = bytes.readUInt32LE(at + 16);
    at += RECORD_HEADER_BYTES;
    let headers = NO_HEADERS;
    if (headerCount > 0) [headers, at] = decodeHeaders(bytes, at, headerCount);
    const key = keyLength === ABSENT ? null : slice(bytes, at, keyLength);
    at += Math.max(keyLength, 0);
    const value = valueLength === ABSENT ? null : slice(bytes, at, valueLength);
    at += Math.max(valueLength, 0);
    deliveries.push({ topic, partition, offset: base + i, key, value, headers, timestampMs });
  }
  if (at !== bytes.length) throw new RangeError('bytes are left over');
  return deliveries;
}

function decodeHeaders(bytes: Buffer, start: number, count: number): [Headers, number] {
  const headers: Header[] = [];
  let at = start;
  for (let i = 0; i < count; i += 1) {
    const nameLength = bytes.readUInt32LE(at);
    const valueLength = bytes.readUInt32LE(at + 4);
    const name = slice(bytes, at + 8, nameLength).toString();
    headers.push([name, slice(bytes, at + 8 + nameLength, valueLength)]);
    at += 8 + nameLength + valueLength;
  }
  return [headers, at];
}

/** `Buffer.subarray` clamps; a damaged length must throw instead. */
function slice(bytes: Buffer, start: number, length: number): Buffer {
  if (length < 0 || start + length > bytes.length) throw new RangeError('a length points past the end');
  return bytes.subarray(start, start + length);
}
