/**
 * Record batches made by hand, for what no producer writes on purpose: gaps, markers, damage. Not the
 * product's own encoder, so that the two cannot be wrong in the same way.
 */
import { crc32c } from '../../src/transport/kafka/crc32c.ts';
import type { ContractRecord } from '../contract/records.ts';

/** A batch. */
export interface BatchPlan {
  readonly baseOffset?: number;
  readonly records: readonly (ContractRecord & {
    /** Beyond the one before it by one, unless said otherwise. */
    readonly offset?: number;
  })[];
  /** Of the last record that there was; the last of those that are there unless said otherwise. */
  readonly lastOffset?: number;
  /** Number and compressor. */
  readonly codec?: readonly [number, (bytes: Buffer) => Buffer];
  readonly producer?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** The time at which the broker appended it, which then is that of all its records. */
  readonly appendedMs?: number;
  readonly magic?: number;
}

/** As brokers keep it. */
export function batchBytes(plan: BatchPlan): Buffer {
  const { baseOffset = 0, records, codec = [0, (bytes: Buffer) => bytes], producer = -1 } = plan;
  const offsets = records.map(({ offset }, i) => offset ?? baseOffset + i);
  const times = records.map(({ timestampMs }) => timestampMs);
  const packed = codec[1](Buffer.concat(records.map((each, i) => record(each, offsets[i] ?? 0, plan))));
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(baseOffset), 0);
  header.writeInt32BE(49 + packed.length, 8);
  header.writeInt8(plan.magic ?? 2, 16);
  const flags = codec[0] | (plan.appendedMs === undefined ? 0 : 8);
  header.writeInt16BE(
    flags | (plan.isTransactional === true ? 16 : 0) | (plan.isControl === true ? 32 : 0),
    21,
  );
  header.writeInt32BE((plan.lastOffset ?? offsets.at(-1) ?? baseOffset) - baseOffset, 23);
  header.writeBigInt64BE(BigInt(times[0] ?? 0), 27);
  header.writeBigInt64BE(BigInt(plan.appendedMs ?? Math.max(0, ...times)), 35);
  header.writeBigInt64BE(BigInt(producer), 43);
  header.writeInt16BE(-1, 51);
  header.writeInt32BE(-1, 53);
  header.writeInt32BE(records.length, 57);
  const bytes = Buffer.concat([header, packed]);
  bytes.writeUInt32BE(crc32c(bytes, 21), 17);
  return bytes;
}

/** What ends a transaction: one record that no consumer is given. */
export function marker(
  type: 'abort' | 'commit',
  { producer, offset }: { readonly producer: number; readonly offset: number },
): Buffer {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  const records = [{ key, value: Buffer.alloc(6), headers: [], timestampMs: 0 }];
  return batchBytes({ baseOffset: offset, records, producer, isTransactional: true, isControl: true });
}

function record(each: ContractRecord, offset: number, { baseOffset = 0, records }: BatchPlan): Buffer {
  const delta = each.timestampMs - (records[0]?.timestampMs ?? 0);
  const headers = each.headers.flatMap(([name, value]) => [sized(Buffer.from(name)), sized(value)]);
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(delta),
    varint(offset - baseOffset),
    sized(each.key),
    sized(each.value),
    varint(each.headers.length),
    ...headers,
  ]);
  return sized(body);
}

function sized(bytes: Uint8Array | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

/** Zigzag, seven bits a byte. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value) >= 0n ? BigInt(value) * 2n : -BigInt(value) * 2n - 1n;
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}
