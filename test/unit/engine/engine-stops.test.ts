import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Delivery } from '../../../src/model/delivery.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { CircuitPolicy } from '../../../src/model/task.ts';
import type { BenchOptions } from './engine-bench.ts';
import { AGAIN, BAD, EngineBench, SILENT } from './engine-bench.ts';
import { deliveries, delivery, LIMITS, TASK } from './support.ts';

const RUN: CircuitPolicy = { deadLetterPercentMax: 0, window: 10, consecutiveMax: 2 };
const REASON = '3 deliveries in a row were given up, circuit.consecutiveMax is 2';

/** Two tasks, the first of which stops when it gives up too much. */
function twoTasks(circuit: CircuitPolicy, more: BenchOptions = {}): EngineBench {
  const partitions = ['app-crash', 'app-lag'].map((topic) => ({ topic, partition: 0, committed: null }));
  const lag = { ...TASK, name: 'lag', topics: [/lag/] };
  return new EngineBench({ partitions, tasks: [{ ...TASK, circuit }, lag], ...more });
}

function lags(from: number, to: number): Delivery[] {
  return deliveries(from, to).map((one) => ({ ...one, topic: 'app-lag' }));
}

test('a task that gives up too many in a row is stopped, told with why, and reads no more', async () => {
  const bench = twoTasks(RUN);
  await bench.feed(...deliveries(0, 3));
  await bench.answerAll(() => BAD);
  await bench.acknowledge();

  await bench.feed(...deliveries(3, 6), ...lags(0, 3));
  await bench.answerAll(() => SILENT);
  await bench.clock.advance(LIMITS.commitIntervalMs);

  const { tasks, partitions } = bench.engine.status();
  assert.deepEqual(bench.toldOf('task-stopped'), [{ type: 'task-stopped', task: 'crash', reason: REASON }]);
  assert.deepEqual(
    tasks.map(({ stopped }) => stopped),
    [REASON, null],
  );
  assert.deepEqual(
    partitions.map(({ phase }) => phase),
    ['stopped', 'active'],
  );
  assert.equal(bench.source.waiting.length, 3);
  assert.deepEqual([bench.source.offsetOf('app-crash'), bench.source.offsetOf('app-lag')], [3, 3]);
});

test('when its circuit opens nothing more is given up, and what was in hand comes again', async () => {
  const bench = new EngineBench({ tasks: [{ ...TASK, circuit: RUN }] });
  await bench.feed(...deliveries(0, 30));

  await bench.answerAll(() => BAD);
  await bench.acknowledge();
  await bench.clock.advance(LIMITS.drainMs);

  const givenUp = bench.toldOf('dead-letter').map(({ source }) => source.offset);
  const lowestLeft = Array.from({ length: 30 }, (_, offset) => offset).find((one) => !givenUp.includes(one));
  assert.deepEqual([givenUp.length, bench.report?.unfinished], [3, 27]);
  assert.equal(bench.source.offsetOf(), lowestLeft);
});

test('a share of the last so many stops it too', async () => {
  const bench = twoTasks({ deadLetterPercentMax: 40, window: 4, consecutiveMax: 0 });
  await bench.feed(...deliveries(0, 4));

  await bench.answerAll((offset) => (offset % 2 === 0 ? SILENT : BAD));
  await bench.acknowledge();

  assert.match(bench.toldOf('task-stopped')[0]?.reason ?? '', /^2 of the last 4 /);
});

test('what a stopped task has in its lanes is dropped, not finished and not committed; credit comes back', async () => {
  const bench = twoTasks(RUN);
  await bench.feed(...deliveries(0, 30));
  await bench.answer(BAD, BAD, BAD, BAD);
  await bench.acknowledge();
  await bench.answerAll(() => BAD);
  await bench.acknowledge();
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.equal(bench.engine.inFlight, 0);
  const finished = bench.toldOf('finished').reduce((sum, { deadLettered }) => sum + deadLettered, 0);
  assert.equal(finished, 3);
  assert.ok((bench.source.offsetOf() ?? 0) <= finished);
});

test('with a task stopped, until idle ends when the others have read everything', async () => {
  const bench = twoTasks(RUN, { untilIdle: true });
  await bench.feed(...deliveries(0, 3), ...lags(0, 1));
  await bench.answerAll(() => BAD);
  await bench.acknowledge();
  await bench.feed(...deliveries(3, 10), ...lags(1, 5));
  await bench.answerAll(() => SILENT);
  await bench.acknowledge();

  await bench.clock.advance(2 * LIMITS.pullWaitMs);

  assert.deepEqual(bench.report, {
    reason: 'idle',
    unfinished: 0,
    stopped: [{ task: 'crash', reason: REASON }],
  });
  assert.deepEqual([bench.source.offsetOf('app-crash'), bench.source.offsetOf('app-lag')], [3, 5]);
});

test('when every task is stopped the engine ends in order', async () => {
  const bench = new EngineBench({ tasks: [{ ...TASK, circuit: RUN }] });
  await bench.feed(...deliveries(0, 5));

  await bench.answerAll(() => BAD);
  await bench.acknowledge();
  await bench.clock.advance(LIMITS.pullWaitMs);

  assert.match(bench.report?.reason ?? '', /^every task is stopped, the last was crash/);
  assert.deepEqual(bench.report?.stopped, [{ task: 'crash', reason: REASON }]);
  assert.deepEqual(bench.toldOf('step-overdue'), []);
});

test('a key that waits for its retry when its task stops is dropped at its time', async () => {
  const bench = twoTasks(RUN);
  await bench.feed(...deliveries(0, 4));
  await bench.answerAll((offset) => (offset === 0 ? AGAIN : BAD));
  await bench.acknowledge();
  const waiting = bench.engine.inFlight;

  await bench.clock.advance(TASK.retry.backoffMs);
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual([waiting, bench.engine.inFlight], [1, 0]);
  assert.equal(bench.source.offsetOf() ?? 0, 0);
  assert.deepEqual(bench.pool.running, []);
});

test('a partition that comes back after its task stopped stays stopped', async () => {
  const bench = twoTasks(RUN);
  await bench.feed(...deliveries(0, 3));
  await bench.answerAll(() => BAD);
  await bench.acknowledge();
  const place = { topic: 'app-crash', partition: 0 };

  await bench.source.listener?.revoked([place]);
  bench.source.listener?.assigned([{ ...place, committed: { offset: 3, metadata: '' } }]);
  await bench.feed(...deliveries(3, 6));

  assert.equal(bench.engine.why('app-crash', 0)[0]?.partition.phase, 'stopped');
  assert.deepEqual([bench.source.waiting.length, bench.source.offsetOf()], [3, 3]);
});

test('exactly once: what a stopped task holds back behind a dropped delivery gives its credit back', async () => {
  const bench = twoTasks(RUN, { exactlyOnce: true, untilIdle: true });
  await bench.feed(...deliveries(0, 8), ...lags(1, 2));
  await bench.answerAll((offset) => (offset === 0 ? AGAIN : BAD));
  await bench.acknowledge();
  const heldBack = bench.engine.status().inFlight.release;

  await bench.clock.advance(TASK.retry.backoffMs);
  await bench.acknowledge();
  await bench.clock.advance(2 * LIMITS.pullWaitMs);

  assert.ok(heldBack > 0);
  assert.equal(bench.engine.inFlight, 0);
  assert.equal(bench.report?.reason, 'idle');
});

test('a sink that refuses every finding opens the circuit by its consecutive run', async () => {
  const circuit = { deadLetterPercentMax: 0, window: 10, consecutiveMax: 3 };
  const bench = new EngineBench({ tasks: [{ ...TASK, circuit }] });
  for (let i = 0; i < 10; i++) {
    await bench.feed(delivery(i, 'a'));
    await bench.answerAll();
    await bench.clock.advance(5);
    for (const { publications, answer } of bench.sink.requests.splice(0))
      answer(
        publications.map(({ topic }) => (topic === 'findings' ? new EngineError('E_SINK_REJECTED') : null)),
      );
    await bench.acknowledge();
  }
  assert.equal(bench.toldOf('task-stopped').length, 1);
});
