import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Delivery } from '../../../../src/model/delivery.ts';
import { Reading } from '../../../../src/transport/kafka/reading.ts';
import { takeTurns } from '../../../../src/transport/kafka/turns.ts';
import { assertSideBySide, numbered } from '../../../contract/records.ts';
import { batchBytes } from '../../../helpers/kafka-batches.ts';

/** A partition that was fetched; each batch begins where the one before it ends. */
function readingOf(partition: number, ...batches: readonly Buffer[]): Reading {
  const reading = new Reading({ topic: 't', partition }, 0, 0);
  add(reading, ...batches);
  return reading;
}

function add(reading: Reading, ...batches: readonly Buffer[]): void {
  const place = { topic: reading.topic, partition: reading.partition, error: 0, aborted: [] };
  const records = Buffer.concat(batches);
  reading.add(
    { ...place, highWatermark: 100, stableOffset: 90, records },
    { isolation: 'read-committed', checkCrc: true },
  );
}

function batch(baseOffset: number, count: number): Buffer {
  return batchBytes({ baseOffset, records: numbered(count, 10, baseOffset) });
}

function take(reading: Reading, count: number, bytesMax = Infinity): number[] {
  const into: Delivery[] = [];
  reading.take(into, count, bytesMax);
  return into.map(({ offset }) => offset);
}

/** Everything is wanted. */
const all = { deliveriesMax: 1000, bytesMax: Infinity, paused: (): boolean => false };

test('deliveries come in order through batches, and what waits is counted until its batch is handed out', () => {
  const [first, second] = [batch(0, 3), batch(3, 2)];
  const reading = readingOf(0, first, second);
  assert.equal(reading.bufferedBytes, first.length + second.length);
  assert.equal(reading.fetchFrom, 5);

  assert.deepEqual(take(reading, 2), [0, 1]);
  assert.equal(reading.bufferedBytes, first.length + second.length);
  assert.deepEqual(take(reading, 2), [2, 3]);
  assert.equal(reading.bufferedBytes, second.length);
  assert.deepEqual(take(reading, 2), [4]);

  assert.equal(reading.bufferedBytes, 0);
  assert.equal(reading.isReady, false);
});

test('the backlog counts to where the isolation lets read, from what was handed out', () => {
  const reading = readingOf(0, batch(0, 5));
  assert.equal(reading.backlog, 90);

  take(reading, 2);
  assert.equal(reading.backlog, 88);
  take(reading, 3);

  assert.equal(reading.backlog, 85);
});

test('a delivery larger than the limit comes alone', () => {
  assert.deepEqual(take(readingOf(0, batch(0, 5)), 5, 1), [0]);
});

test('what cannot be read stands still behind what can, and is told once with its place', () => {
  const damaged = batchBytes({ baseOffset: 3, records: numbered(1), codec: [7, (bytes) => bytes] });
  const reading = readingOf(0, batch(0, 3), damaged, batch(4, 2));
  assert.equal(reading.isStuck, false);

  assert.deepEqual(take(reading, 10), [0, 1, 2]);

  const fault = reading.takeFault();
  assert.equal(fault?.code, 'E_KAFKA_CODEC');
  assert.deepEqual(fault.details, { topic: 't', partition: 0, offset: 3, behind: 4 });
  assert.match(
    fault.message,
    /`faultline offsets reset --topic t --partition 0 --to 4` passes over all of it/,
  );
  assert.equal(reading.takeFault(), null);
  assert.ok(reading.isStuck);
  assert.deepEqual(take(reading, 10), []);
  assert.equal(reading.bufferedBytes, 0);
});

test('an old format stands still too', () => {
  const reading = readingOf(0, batch(0, 3), batchBytes({ baseOffset: 3, records: numbered(1), magic: 1 }));

  assert.ok(reading.isStuck);
  assert.equal(reading.takeFault()?.code, 'E_KAFKA_RECORDS');
  assert.deepEqual(take(reading, 10), [0, 1, 2]);
});

test('wherever in a damaged batch reading begins, the way behind all of it is told', () => {
  const damaged = batchBytes({ baseOffset: 1000, records: numbered(500), codec: [7, (bytes) => bytes] });

  for (const from of [1000, 1001, 1499]) {
    const reading = new Reading({ topic: 't', partition: 0 }, from, 0);
    add(reading, damaged);
    take(reading, 10);

    assert.match(reading.takeFault()?.message ?? '', /--to 1500`/);
  }
});

test('a flipped bit stands still, unless nobody wants to know', () => {
  const damaged = batch(0, 3);
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 2) ^ 1, damaged.length - 2);
  const trusting = new Reading({ topic: 't', partition: 0 }, 0, 0);
  const place = { topic: 't', partition: 0, error: 0, aborted: [], highWatermark: 9, stableOffset: 9 };

  trusting.add({ ...place, records: damaged }, { isolation: 'read-committed', checkCrc: false });

  assert.ok(readingOf(0, damaged).isStuck);
  assert.deepEqual(take(trusting, 10), [0, 1, 2]);
});

test('what an open batch holds unpacked is counted, until it is handed out or packed up again', () => {
  const packed = gzipped(0, 5);
  const reading = readingOf(0, packed);

  assert.deepEqual(take(reading, 2), [0, 1]);
  assert.ok(reading.unpackedBytes > packed.length);
  assert.equal(reading.bufferedBytes, packed.length + reading.unpackedBytes);
  reading.pack();

  assert.deepEqual([reading.unpackedBytes, reading.bufferedBytes], [0, packed.length]);
  assert.deepEqual(take(reading, 10), [2, 3, 4]);
  assert.equal(reading.bufferedBytes, 0);
});

test('offsets below the first one that is wanted are not handed out', () => {
  const reading = new Reading({ topic: 't', partition: 0 }, 2, 0);
  add(reading, batch(0, 5));

  assert.deepEqual(take(reading, 10), [2, 3, 4]);
});

test('partitions take turns with equal shares, side by side', () => {
  const readings = [0, 1, 2].map((partition) => readingOf(partition, batch(0, 50)));

  const taken = takeTurns(readings, { ...all, deliveriesMax: 30 }, { turn: 1, unpackedBytesMax: Infinity });

  assertSideBySide(taken);
  assert.deepEqual(
    [0, 1, 2].map((partition) => taken.filter((each) => each.partition === partition).length),
    [10, 10, 10],
  );
  assert.equal(taken[0]?.partition, 1);
});

test('what one does not have goes to the others', () => {
  const readings = [readingOf(0, batch(0, 2)), readingOf(1, batch(0, 50))];

  const taken = takeTurns(readings, { ...all, deliveriesMax: 30 }, { turn: 0, unpackedBytesMax: Infinity });

  assert.deepEqual(
    [0, 1].map((partition) => taken.filter((each) => each.partition === partition).length),
    [2, 28],
  );
});

test('a paused partition gives nothing and is marked', () => {
  const readings = [readingOf(0, batch(0, 2)), readingOf(1, batch(0, 2))];

  const taken = takeTurns(
    readings,
    { ...all, paused: (_, partition) => partition === 0 },
    { turn: 0, unpackedBytesMax: Infinity },
  );

  assert.ok(taken.every(({ partition }) => partition === 1));
  assert.deepEqual(
    readings.map(({ isPaused }) => isPaused),
    [true, false],
  );
});

test('few batches are unpacked at a time, and all partitions come to be read', () => {
  const readings = [0, 1, 2, 3].map((partition) => readingOf(partition, gzipped(0, 20), gzipped(20, 20)));
  const [of = 0] = readings.map((reading) => (take(reading, 1), reading.unpackedBytes));
  for (const reading of readings) reading.pack();
  const held: number[] = [];

  const places = new Set<number>();
  let taken: readonly Delivery[] = [];
  for (let turn = 0; turn < 100 && readings.some(({ isReady }) => isReady); turn += 1) {
    taken = takeTurns(readings, { ...all, deliveriesMax: 8 }, { turn, unpackedBytesMax: of * 1.5 });
    assert.ok(taken.length > 0);
    for (const { partition } of taken) places.add(partition);
    held.push(readings.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0));
  }

  assert.ok(Math.max(...held) <= of * 2.1 && Math.max(...held) > of, held.join());
  assert.equal(places.size, 4);
  assert.ok(readings.every(({ isReady }) => !isReady));
});

test('a paused partition does not keep others from being unpacked', () => {
  const readings = [readingOf(0, gzipped(0, 20)), readingOf(1, gzipped(0, 20))];
  const limit = { turn: 0, unpackedBytesMax: 1 };
  const first = takeTurns(readings, { ...all, deliveriesMax: 2 }, limit);

  const others = takeTurns(readings, { ...all, paused: (_, partition) => partition === 0 }, limit);
  const rest = takeTurns(readings, all, limit);

  assert.deepEqual([first.length, others.length, rest.length], [1, 20, 19]);
  assert.ok(others.every(({ partition }) => partition === 1));
});

function gzipped(baseOffset: number, count: number): Buffer {
  const value = Buffer.alloc(1000, 'at com.example.App.run');
  const records = numbered(count, 10, baseOffset).map((each) => ({ ...each, value }));
  return batchBytes({ baseOffset, records, codec: [1, gzipSync] });
}
