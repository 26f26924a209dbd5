import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../src/model/errors.ts';
import type { WaitCause } from '../../../src/model/status.ts';
import { AGAIN, done, EngineBench, SILENT } from './engine-bench.ts';
import { deliveries, delivery, LIMITS, POLICY, TASK } from './support.ts';

const SMALL = { ...LIMITS, creditDeliveries: 8, pullDeliveriesMax: 4 };

/** What intake waits for, as status tells. */
function waitsFor({ engine }: EngineBench): string | null {
  const waiting = engine.status().intake[0]?.waiting ?? null;
  return waiting === null ? null : `${waiting.limit} ${waiting.cause}`;
}

/** Milliseconds waited, by cause. */
function waitedMs(bench: EngineBench): Partial<Record<WaitCause, number>> {
  const sums: Partial<Record<WaitCause, number>> = {};
  for (const { cause, elapsedMs } of bench.toldOf('waited')) sums[cause] = (sums[cause] ?? 0) + elapsedMs;
  return sums;
}

test('while the pool is busy intake waits for it', async () => {
  const bench = new EngineBench({ limits: SMALL });
  await bench.feed(...deliveries(0, 20));
  await bench.clock.advance(1000);

  const whileBusy = [waitsFor(bench), bench.source.waiting.length];
  await bench.answerAll(() => SILENT);
  await bench.clock.advance(LIMITS.pullWaitMs);

  assert.deepEqual(whileBusy, ['credit.deliveries pool', 12]);
  assert.deepEqual([waitsFor(bench), bench.source.waiting.length], [null, 0]);
  assert.ok((waitedMs(bench).pool ?? 0) >= 1000);
});

test('while the sink does not answer intake waits for it, in flight stays as it is, and it goes on by itself', async () => {
  const bench = new EngineBench({ limits: SMALL });
  await bench.feed(...deliveries(0, 4));
  await bench.answerAll();
  await bench.feed(...deliveries(4, 40));
  await bench.answerAll();
  const before = [bench.engine.inFlight, bench.source.waiting.length];
  await bench.clock.advance(60_000);

  const after = [bench.engine.inFlight, bench.source.waiting.length];
  const cause = waitsFor(bench);
  for (let i = 0; i < 20; i++) {
    await bench.acknowledge();
    await bench.answerAll();
  }
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(
    [before, after],
    [
      [8, 32],
      [8, 32],
    ],
  );
  assert.equal(cause, 'credit.deliveries sink');
  assert.deepEqual([bench.source.waiting.length, bench.source.offsetOf()], [0, 40]);
});

test('while keys wait for retries intake waits for them', async () => {
  const tasks = [
    { ...TASK, heldKeysMax: 100, retry: { ...TASK.retry, backoffMs: 5000, backoffMaxMs: 5000 } },
  ];
  const bench = new EngineBench({ limits: SMALL, tasks });
  await bench.feed(...deliveries(0, 4));
  await bench.answerAll(() => AGAIN);
  await bench.feed(...deliveries(4, 20));
  await bench.answerAll(() => AGAIN);

  const whileHeld = [waitsFor(bench), bench.engine.status().tasks[0]?.heldKeys];
  await bench.clock.advance(5000);
  await bench.answerAll(() => SILENT);
  await bench.clock.advance(LIMITS.pullWaitMs);

  assert.deepEqual(whileHeld, ['credit.deliveries retry', 8]);
  assert.equal(bench.source.waiting.length, 0);
});

test('a full lane holds intake, and it goes on below three quarters', async () => {
  const bench = new EngineBench({ tasks: [{ ...TASK, lanes: 1, laneLengthMax: 10 }] });
  await bench.feed(...deliveries(0, 30, 'a'));
  await bench.clock.advance(1000);
  const full = [waitsFor(bench), bench.source.waiting.length, bench.engine.status().tasks[0]?.longestLane];

  await bench.answer(SILENT, SILENT, SILENT, SILENT);
  await bench.clock.advance(LIMITS.pullWaitMs);

  assert.deepEqual(full, ['laneLengthMax pool', 16, 10]);
  assert.equal(bench.source.waiting.length, 12);
});

test('what it waits for is what stands still now, not what stood still when it began', async () => {
  const bench = new EngineBench({ limits: { ...SMALL, pullDeliveriesMax: 8 } });
  await bench.feed(...deliveries(0, 20));
  const atFirst = waitsFor(bench);

  await bench.answerAll();

  assert.deepEqual([atFirst, waitsFor(bench)], ['credit.deliveries pool', 'credit.deliveries sink']);
});

test('while commits fail no more than aheadMax is read on, status says so, and it goes on when they work again', async () => {
  const bench = new EngineBench({ limits: { ...LIMITS, aheadMax: 10, pullDeliveriesMax: 5 } });
  bench.source.commitError = new EngineError('E_COMMIT_FAILED');
  await bench.feed(...deliveries(0, 30));
  for (let i = 0; i < 20; i++) {
    await bench.answerAll(() => SILENT);
    await bench.clock.advance(LIMITS.pullWaitMs);
  }
  const stuck = [waitsFor(bench), bench.engine.inFlight, bench.source.waiting.length];

  bench.source.commitError = null;
  for (let i = 0; i < 20; i++) {
    await bench.answerAll(() => SILENT);
    await bench.clock.advance(LIMITS.pullWaitMs);
  }

  assert.deepEqual(stuck, ['aheadMax commit', 0, 20]);
  assert.deepEqual([bench.source.waiting.length, bench.source.offsetOf(), waitsFor(bench)], [0, 30, null]);
  assert.ok((waitedMs(bench).commit ?? 0) > 0);
});

test('a partition far ahead of an unfinished delivery is passed over, the others are read on', async () => {
  const partitions = [0, 1].map((partition) => ({ topic: 'app-crash', partition, committed: null }));
  const limits = { ...LIMITS, aheadMax: 6, pullDeliveriesMax: 4 };
  const bench = new EngineBench({ partitions, limits });
  const answer = (): Promise<void> => bench.answerAll((offset) => (offset === 0 ? AGAIN : SILENT));
  await bench.feed(...deliveries(0, 20));
  for (let i = 0; i < 3; i++) {
    await answer();
    await bench.clock.advance(10);
  }
  const ahead = [waitsFor(bench), bench.engine.status().partitions[0]?.ahead];

  const others = deliveries(100, 104).map((one) => ({ ...one, partition: 1 }));
  await bench.feed(...others);
  await answer();
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(ahead, ['aheadMax retry', 8]);
  assert.equal(bench.source.offsetOf('app-crash', 1), 104);
});

test('a pull that waits ends as soon as a partition has caught up', async () => {
  const bench = new EngineBench({
    limits: { ...LIMITS, aheadMax: 4, pullWaitMs: 1_000_000, pullDeliveriesMax: 4 },
  });
  bench.source.waiting.push(...deliveries(0, 8));
  await bench.clock.advance(0);
  const first = bench.inHand.flat();

  await bench.answerAll(() => SILENT);
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.equal(bench.clock.now() < 1_000_000, true);
  assert.ok(first.length <= 4);
  assert.equal(bench.source.waiting.length, 0);
});

test('from half of aheadMax on a commit is asked for early', async () => {
  const limits = { ...LIMITS, aheadMax: 10, pullDeliveriesMax: 5, commitIntervalMs: 1_000_000 };
  const bench = new EngineBench({ limits });
  await bench.feed(...deliveries(0, 5));
  await bench.answerAll(() => SILENT);
  const before = bench.source.offsetOf();

  await bench.clock.advance(2 * LIMITS.pullWaitMs);

  assert.deepEqual([before, bench.source.offsetOf()], [undefined, 5]);
});

test('credit for bytes holds intake as that for deliveries does', async () => {
  const bench = new EngineBench({ limits: { ...LIMITS, creditBytes: 100, pullDeliveriesMax: 1 } });
  await bench.feed(delivery(0, null, { value: 'x'.repeat(500) }), delivery(1, null));

  const waiting = [waitsFor(bench), bench.source.waiting.length];
  await bench.answer(done(0));
  await bench.acknowledge();
  await bench.clock.advance(POLICY.lingerMs);

  assert.deepEqual(waiting, ['credit.bytes pool', 1]);
  assert.equal(bench.source.waiting.length, 0);
});

test('a lane that waits whole for two of its deliveries waits for the longer time', async () => {
  const bench = new EngineBench({ tasks: [{ ...TASK, lanes: 1, heldKeysMax: 0 }] });
  await bench.feed(delivery(0, 'a'), delivery(1, 'b'));
  await bench.answer({ status: 'requeue', delayMs: 1000 }, { status: 'requeue', delayMs: 10 });
  await bench.clock.advance(10);
  assert.deepEqual(bench.inHand, []);
});

test('waited tells the cause of the time waited, not of its first moment', async () => {
  const limits = { ...LIMITS, creditDeliveries: 8, pullDeliveriesMax: 8 };
  const bench = new EngineBench({ limits });
  await bench.feed(...deliveries(0, 20));
  await bench.answerAll();
  await bench.clock.advance(60_000);
  await bench.acknowledge();
  assert.equal(bench.toldOf('waited')[0]?.cause, 'sink');
});
