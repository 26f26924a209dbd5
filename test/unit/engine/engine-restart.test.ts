import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAckMap } from '../../../src/engine/ack-map.ts';
import { AGAIN, EngineBench, SILENT } from './engine-bench.ts';
import { deliveries, LIMITS, TASK } from './support.ts';

const PLACE = { topic: 'app-crash', partition: 0 };

/** A retry that does not come within the test. */
const SLOW = { ...TASK, retry: { ...TASK.retry, backoffMs: 10_000, backoffMaxMs: 10_000 } };

test('what is finished above the watermark is noted in the commit, and passed over after a restart', async () => {
  const before = new EngineBench({ tasks: [SLOW] });
  await before.feed(...deliveries(10, 20));
  await before.answerAll((offset) => (offset === 12 || offset === 15 ? AGAIN : SILENT));
  await before.clock.advance(LIMITS.commitIntervalMs);
  const committed = before.source.committed.at(-1);
  assert.ok(committed !== undefined);

  const after = new EngineBench({ partitions: [{ ...PLACE, committed }] });
  await after.feed(...deliveries(12, 22));
  const done: number[] = [];
  await after.answerAll((offset) => {
    done.push(offset);
    return SILENT;
  });
  await after.clock.advance(LIMITS.commitIntervalMs);

  assert.equal(committed.offset, 12);
  assert.deepEqual(
    done.toSorted((a, b) => a - b),
    [12, 15, 20, 21],
  );
  assert.deepEqual(after.toldOf('skipped'), [{ type: 'skipped', group: 'group', deliveries: 6 }]);
  assert.deepEqual(after.source.committed.at(-1), { ...PLACE, offset: 22, metadata: '' });
});

test('what was noted stays noted while it is not read yet', async () => {
  const metadata = encodeAckMap(5, [
    [7, 8],
    [100, 110],
  ]);
  const bench = new EngineBench({
    tasks: [SLOW],
    partitions: [{ ...PLACE, committed: { offset: 5, metadata } }],
  });
  await bench.feed(...deliveries(5, 10));

  await bench.answerAll((offset) => (offset === 6 ? AGAIN : SILENT));
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(bench.source.committed.at(-1), {
    ...PLACE,
    offset: 6,
    metadata: encodeAckMap(6, [
      [7, 10],
      [100, 110],
    ]),
  });
});

test('a map that cannot be read is told, and everything from the position on is done again', async () => {
  const committed = { offset: 5, metadata: 'a note of another tool' };
  const bench = new EngineBench({ partitions: [{ ...PLACE, committed }] });
  await bench.feed(...deliveries(5, 9));
  const done: number[] = [];

  await bench.answerAll((offset) => {
    done.push(offset);
    return SILENT;
  });
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(bench.toldOf('ack-map-unreadable'), [
    { type: 'ack-map-unreadable', group: 'group', ...PLACE },
  ]);
  assert.deepEqual([done.length, bench.source.committed.at(-1)?.offset], [4, 9]);
});

test('what is finished above a watermark that stands is noted too', async () => {
  const bench = new EngineBench({ tasks: [SLOW] });
  await bench.feed(...deliveries(0, 2));
  await bench.answerAll((offset) => (offset === 0 ? AGAIN : SILENT));
  await bench.clock.advance(LIMITS.commitIntervalMs);
  await bench.feed(...deliveries(2, 4));
  await bench.answerAll(() => SILENT);

  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(
    bench.source.committed.map(({ offset, metadata }) => [offset, metadata]),
    [
      [0, encodeAckMap(0, [[1, 2]])],
      [0, encodeAckMap(0, [[1, 4]])],
    ],
  );
});

test('nothing is committed again while nothing has changed', async () => {
  const bench = new EngineBench({ tasks: [SLOW] });
  await bench.feed(...deliveries(0, 4));
  await bench.answerAll((offset) => (offset === 1 ? AGAIN : SILENT));
  await bench.clock.advance(LIMITS.commitIntervalMs);
  const once = bench.source.committed.length;

  await bench.clock.advance(10 * LIMITS.commitIntervalMs);

  assert.deepEqual([once, bench.source.committed.length], [1, 1]);
});

test('exactly once: what another mode noted as done is passed over, and everything else is released', async () => {
  const metadata = encodeAckMap(0, [[1, 3]]);
  const bench = new EngineBench({
    exactlyOnce: true,
    partitions: [{ ...PLACE, committed: { offset: 0, metadata } }],
  });
  await bench.feed(...deliveries(0, 5));
  await bench.answerAll();
  await bench.clock.advance(5);

  const [request] = bench.transactions.requests;
  await bench.acknowledge();

  assert.deepEqual(
    request?.transaction.positions.map(({ offset }) => offset),
    [5],
  );
  assert.equal(request?.transaction.publications.length, 3);
  assert.equal(bench.engine.inFlight, 0);
  assert.equal(bench.source.committed.length, 0);
});

test('exactly once: more noted deliveries than aheadMax do not stop the partition', async () => {
  const metadata = encodeAckMap(0, [[5, 25]]);
  const limits = { ...LIMITS, aheadMax: 10, pullDeliveriesMax: 5 };
  const bench = new EngineBench({
    exactlyOnce: true,
    limits,
    partitions: [{ ...PLACE, committed: { offset: 0, metadata } }],
  });
  bench.source.waiting.push(...deliveries(5, 30)); // 0 to 4 have aged out
  for (let i = 0; i < 30; i++) {
    await bench.clock.advance(100);
    await bench.answerAll();
    await bench.acknowledge();
  }
  assert.equal(bench.source.waiting.length, 0);
});
