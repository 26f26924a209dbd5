/** Records for the contract suites: what a transport has to carry unchanged. */
import assert from 'node:assert/strict';
import type { Delivery, Headers, Publication } from '../../src/model/delivery.ts';

/** A record as a suite appends it. */
export interface ContractRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Headers;
  readonly timestampMs: number;
}

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

/** Keys, values and headers that something careless loses. */
export const AWKWARD: readonly ContractRecord[] = [
  { key: null, value: Buffer.from('no key'), headers: [], timestampMs: 1_700_000_000_000 },
  { key: Buffer.alloc(0), value: Buffer.from('empty key'), headers: [], timestampMs: 1_700_000_000_001 },
  { key: Buffer.from('empty value'), value: Buffer.alloc(0), headers: [], timestampMs: 1_700_000_000_002 },
  {
    key: ALL_BYTES,
    value: ALL_BYTES.toReversed(),
    headers: [['bytes', ALL_BYTES]],
    timestampMs: 1_700_000_000_003,
  },
  {
    key: Buffer.from('headers'),
    value: Buffer.from('many'),
    headers: [
      ['twice', Buffer.from('first')],
      ['empty', Buffer.alloc(0)],
      ['twice', Buffer.from('second')],
      ['naïve-名', Buffer.from('not ASCII')],
    ],
    timestampMs: 1_700_000_000_004,
  },
];

/** Records `from` … `from + count - 1`, their value their number, over `keys` keys. */
export function numbered(count: number, keys = 10, from = 0): ContractRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: Buffer.from(`key-${(from + i) % keys}`),
    value: Buffer.from(String(from + i)),
    headers: [],
    timestampMs: 1_700_000_000_000 + from + i,
  }));
}

/** The same as publications. */
export function publications(topic: string, records: readonly ContractRecord[]): Publication[] {
  return records.map(({ value, ...rest }) => ({ ...rest, topic, value: value ?? Buffer.alloc(0) }));
}

/** A delivery without its place, comparable. */
export function content({
  key,
  value,
  headers,
  timestampMs,
}: ContractRecord | Delivery | Publication): unknown {
  const hex = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString('hex');
  return {
    key: hex(key),
    value: hex(value),
    headers: headers.map(([name, bytes]) => [name, hex(bytes)]),
    timestampMs,
  };
}

/** The numbers of {@link numbered} records. */
export function numbers(deliveries: readonly (Delivery | ContractRecord)[]): number[] {
  return deliveries.map(({ value }) => Number(Buffer.from(value ?? []).toString()));
}

/** Fails unless the values of each key rise. */
export function assertKeyOrder(deliveries: readonly Delivery[]): void {
  const last = new Map<string, number>();
  deliveries.forEach((delivery, i) => {
    const key = Buffer.from(delivery.key ?? []).toString();
    const value = numbers([delivery])[0] ?? NaN;
    assert.ok(value > (last.get(key) ?? -1), `delivery ${i} of ${key}: ${value} after ${last.get(key)}`);
    last.set(key, value);
  });
}

/** Ascending. */
export function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/** 0 … `count - 1`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Offsets rise within each partition; there may be gaps. */
export function assertRisingOffsets(deliveries: readonly Delivery[]): void {
  const last = new Map<string, number>();
  for (const { topic, partition, offset } of deliveries) {
    const place = `${topic}/${partition}`;
    assert.ok(offset > (last.get(place) ?? -1), `${place}: ${offset} after ${last.get(place)}`);
    last.set(place, offset);
  }
}

/** The deliveries of a partition stand side by side. */
export function assertSideBySide(deliveries: readonly Delivery[]): void {
  const changes = deliveries.filter((each, i) => each.partition !== deliveries[i - 1]?.partition).length;
  assert.equal(changes, new Set(deliveries.map(({ partition }) => partition)).size);
}
