/**
 * The compressions of Kafka's record batches, by the numbers that batches carry.
 *
 * Promise: rubbish, cut-off data and unknown numbers are a coded error, and what would grow past a
 * limit is refused before it does. Compressing runs on Node's thread pool, not on the caller's thread.
 */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import * as lz4 from 'lz4-napi';
import * as snappy from 'snappy';
import { EngineError } from '../../model/errors.ts';
import type { ProduceSettings } from './settings.ts';

/** A compression by its name. */
export type Compression = ProduceSettings['compression'];

/** Numbers of the compressions in the attributes of a batch (Kafka protocol guide, "Record Batch"). */
export const CODECS: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** Largest batch, bytes, that is made of a compressed one. Brokers take packed batches of 1 MiB unless told otherwise. */
export const DECOMPRESSED_BYTES_MAX: number = 64 * 1024 * 1024;

const gzip = promisify(zlib.gzip);
const zstd = promisify(zlib.zstdCompress);

/** What snappy-java (xerial) puts before its blocks: a magic, a version and the oldest one that reads it. */
const XERIAL_HEADER = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const XERIAL_MAGIC = XERIAL_HEADER.subarray(0, 8);

/** As brokers and the Java client take it: snappy in xerial's framing, lz4 in frames of independent blocks. */
export async function compress(compression: Compression, bytes: Buffer): Promise<Buffer> {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzip(bytes);
    case 'snappy':
      return xerial(await snappy.compress(bytes));
    case 'lz4':
      return lz4.compressFrame(bytes);
    case 'zstd':
      return zstd(bytes);
  }
}

/**
 * The records of a batch; `codec` is the number in its attributes. Throws `E_KAFKA_CODEC` for a number
 * that is not known, for what is not of that compression or cut off, and for what would be larger than
 * {@link DECOMPRESSED_BYTES_MAX}.
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  try {
    return decode(codec, bytes);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw fault(`codec ${codec}: ${String(cause)}`, cause);
  }
}

function decode(codec: number, bytes: Buffer): Buffer {
  const limit = { maxOutputLength: DECOMPRESSED_BYTES_MAX };
  switch (codec) {
    case CODECS.none:
      return bytes;
    case CODECS.gzip:
      return zlib.gunzipSync(bytes, limit);
    case CODECS.snappy:
      return unsnappy(bytes);
    case CODECS.lz4:
      bound(lz4Bound(bytes));
      return lz4.decompressFrameSync(bytes);
    case CODECS.zstd:
      return zlib.zstdDecompressSync(bytes, limit);
    default:
      throw fault(`there is no codec ${codec}`);
  }
}

function xerial(block: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeInt32BE(block.length);
  return Buffer.concat([XERIAL_HEADER, length, block]);
}

/** With xerial's framing (the Java client) or without (librdkafka). */
function unsnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappyBlock(bytes);
  const blocks: Buffer[] = [];
  let length = 0;
  for (let at = XERIAL_HEADER.length; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end <= at + 4 || end > bytes.length)
      throw fault('a block of snappy does not end where its batch does');
    const block = snappyBlock(bytes.subarray(at + 4, end));
    length += block.length;
    bound(length);
    blocks.push(block);
    at = end;
  }
  return Buffer.concat(blocks, length);
}

/** A block begins with its length when it is decompressed, a varint (format_description.txt of snappy). */
function snappyBlock(block: Buffer): Buffer {
  let length = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = block.readUInt8(i);
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) break;
  }
  bound(length);
  const decoded = snappy.uncompressSync(block, { asBuffer: true });
  if (typeof decoded === 'string') throw fault('snappy gave text');
  return decoded;
}

const LZ4_MAGIC = 0x184d2204;
/** Smallest "block maximum size" of the descriptor, number 4; each number is four times the one before. */
const LZ4_BLOCK_BYTES = 64 * 1024;

/**
 * What a frame can grow to at most: its blocks, each as large as the frame's descriptor allows
 * (lz4_Frame_format.md). The decompressor itself knows no limit.
 */
function lz4Bound(bytes: Buffer): number {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== LZ4_MAGIC) throw fault('this is no frame of lz4');
  const flags = bytes.readUInt8(4);
  const blockMax = LZ4_BLOCK_BYTES * 4 ** (((bytes.readUInt8(5) >> 4) & 7) - 4);
  const blockTrailer = (flags & 0x10) === 0 ? 0 : 4;
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  let grown = 0;
  for (;;) {
    const size = bytes.readUInt32LE(at) & 0x7fffffff;
    if (size === 0) return grown;
    at += 4 + size + blockTrailer;
    grown += blockMax;
  }
}

function bound(bytes: number): void {
  if (bytes <= DECOMPRESSED_BYTES_MAX) return;
  throw fault(`a batch would be more than ${DECOMPRESSED_BYTES_MAX} bytes when it is decompressed`);
}

function fault(message: string, cause?: unknown): EngineError {
  return new EngineError('E_KAFKA_CODEC', message, cause === undefined ? {} : { cause });
}
