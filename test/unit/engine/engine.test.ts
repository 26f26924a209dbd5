import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryResult } from '../../../src/model/batch.ts';
import type { Delivery } from '../../../src/model/delivery.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import type { EngineOptions } from '../../../src/engine/options.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { done, HandSource } from './engine-bench.ts';
import { delivery, HandClock, HandPool, HandSink, LIMITS, POLICY, settle, TASK, text } from './support.ts';

async function setUp(more: Partial<EngineOptions> = {}) {
  const clock = new HandClock();
  const source = new HandSource(clock);
  const pool = new HandPool(1);
  const sink = new HandSink();
  const told: ProbeEvent[] = [];
  const engine = new Engine({
    groups: [{ name: 'group', source }],
    tasks: [TASK],
    sink,
    transactions: null,
    pool,
    clock,
    random: () => 0,
    probe: (event) => told.push(event),
    limits: LIMITS,
    publish: POLICY,
    untilIdle: false,
    ...more,
  });
  const ended = engine.run();
  ended.catch(() => undefined);
  await settle();
  const feed = async (...deliveries: Delivery[]): Promise<void> => {
    source.waiting.push(...deliveries);
    await clock.advance(LIMITS.pullWaitMs);
  };
  const answer = async (...results: DeliveryResult[]): Promise<void> => {
    pool.running.shift()?.answer(results);
    await settle();
  };
  const acknowledge = async (): Promise<void> => {
    await clock.advance(POLICY.lingerMs);
    for (const request of sink.requests.splice(0)) request.answer(request.publications.map(() => null));
    await settle();
  };
  return { clock, source, pool, sink, told, engine, ended, feed, answer, acknowledge };
}

test('an offset is committed only after its finding is acknowledged', async () => {
  const { clock, source, feed, answer, acknowledge } = await setUp();
  await feed(delivery(5, 'a'));
  await answer(done('x'));
  await clock.advance(LIMITS.commitIntervalMs * 3);
  const beforeAck = [...source.committed];

  await acknowledge();
  await clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(beforeAck, []);
  assert.deepEqual(source.committed, [{ topic: 'app-crash', partition: 0, offset: 6, metadata: '' }]);
});

test('a dead letter that is not acknowledged blocks the commit', async () => {
  const { clock, source, feed, answer, acknowledge } = await setUp();
  await feed(delivery(5, 'a'));
  await answer({ status: 'failed', fault: { code: 'E_EVENT_SCHEMA', message: 'm', retriable: false } });
  await clock.advance(LIMITS.commitIntervalMs * 3);
  const beforeAck = [...source.committed];

  await acknowledge();
  await clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(beforeAck, []);
  assert.equal(source.committed.at(-1)?.offset, 6);
});

test('while a delivery waits for its retry, its key waits and the other keys of the lane go on', async () => {
  const { clock, pool, sink, feed, answer, acknowledge } = await setUp({ tasks: [{ ...TASK, lanes: 1 }] });
  await feed(delivery(0, 'a'), delivery(1, 'b'), delivery(2, 'a'));
  await answer(
    { status: 'failed', fault: { code: 'E_EVENT_ANALYZE', message: 'm', retriable: true } },
    done('b'),
    {
      status: 'unprocessed',
    },
  );
  await clock.advance(POLICY.lingerMs);
  const published = sink.requests.flatMap(({ publications }) => publications.map(({ value }) => text(value)));
  await acknowledge();

  await clock.advance(TASK.retry.backoffMs);

  assert.deepEqual(published, ['finding b']);
  assert.deepEqual(
    pool.running[0]?.batch.items.map((item) => [item.delivery.offset, item.attempt]),
    [
      [0, 2],
      [2, 1],
    ],
  );
});

test('a suspect runs once more alone and is then dead-lettered; the rest of its batch runs in order', async () => {
  const { pool, sink, clock, feed, answer } = await setUp({ tasks: [{ ...TASK, lanes: 1 }] });
  const suspect: DeliveryResult = {
    status: 'suspect',
    fault: { code: 'E_EVENT_TIMEOUT', message: 'hung', retriable: true },
  };
  await feed(delivery(0, 'a'), delivery(1, 'a'), delivery(2, 'a'));
  const seen: number[][] = [];
  const look = (): void => {
    seen.push((pool.running[0]?.batch.items ?? []).map((item) => item.delivery.offset));
  };

  await answer({ status: 'unprocessed' }, suspect, { status: 'unprocessed' });
  look();
  await answer(done('0'));
  look();
  await answer(suspect);
  look();
  await answer(done('2'));
  await clock.advance(POLICY.lingerMs);

  const values = sink.requests.flatMap(({ publications }) => publications.map(({ value }) => text(value)));
  assert.deepEqual(seen, [[0], [1], [2]]);
  assert.deepEqual(values, ['finding 0', 'value 1', 'finding 2']);
});

test('a finding refused for good becomes a dead letter in its place', async () => {
  const { sink, clock, source, feed, answer, acknowledge } = await setUp();
  await feed(delivery(0, 'a'));
  await answer(done('x'));
  await clock.advance(POLICY.lingerMs);

  sink.requests.shift()?.answer([new EngineError('E_SINK_REJECTED')]);
  await clock.advance(POLICY.lingerMs);
  const topics = sink.requests.flatMap(({ publications }) => publications.map(({ topic }) => topic));
  await acknowledge();
  await clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(topics, ['dead-letters']);
  assert.equal(source.committed.at(-1)?.offset, 1);
});

test('a dead letter refused for good ends the engine without committing', async () => {
  const { sink, clock, source, ended, feed, answer } = await setUp();
  await feed(delivery(0, 'a'));
  await answer({ status: 'failed', fault: { code: 'E_EVENT_SCHEMA', message: 'm', retriable: false } });
  await clock.advance(POLICY.lingerMs);

  sink.requests.shift()?.answer([new EngineError('E_SINK_REJECTED', 'no such topic')]);
  await clock.advance(LIMITS.commitIntervalMs);

  await assert.rejects(ended, { code: 'E_SINK_REJECTED', message: 'no such topic' });
  assert.deepEqual(source.committed, []);
});

test('drain waits for work in hand, commits it and reports nothing unfinished', async () => {
  const { engine, ended, source, feed, answer, acknowledge } = await setUp();
  await feed(delivery(0, 'a'));

  engine.drain('SIGTERM');
  await answer(done('x'));
  await acknowledge();

  assert.deepEqual(await ended, { reason: 'SIGTERM', unfinished: 0, stopped: [] });
  assert.equal(source.committed.at(-1)?.offset, 1);
});

test('drain gives up at its deadline and commits only what is done', async () => {
  const { engine, ended, source, clock, feed } = await setUp();
  await feed(delivery(0, 'a'));

  engine.drain('SIGTERM');
  await clock.advance(LIMITS.drainMs);

  assert.deepEqual(await ended, { reason: 'SIGTERM', unfinished: 1, stopped: [] });
  assert.deepEqual(source.committed, []);
});

test('until idle, the run ends by itself when everything is read and finished', async () => {
  const { ended, clock, feed, answer, acknowledge } = await setUp({ untilIdle: true });
  await feed(delivery(0, 'a'));
  await answer(done('x'));
  await acknowledge();

  await clock.advance(LIMITS.pullWaitMs);

  assert.deepEqual(await ended, { reason: 'idle', unfinished: 0, stopped: [] });
});

test('intake stops when credit is spent and goes on when it is back', async () => {
  const limits = { ...LIMITS, creditDeliveries: 4, pullDeliveriesMax: 4 };
  const { source, told, feed, answer, acknowledge, clock } = await setUp({ limits });
  await feed(...[0, 1, 2, 3, 4, 5].map((offset) => delivery(offset, 'a')));
  const waiting = source.waiting.length;

  await answer(done('0'), done('1'), done('2'), done('3'));
  await acknowledge();
  await acknowledge();
  await clock.advance(LIMITS.pullWaitMs);

  assert.equal(waiting, 2);
  assert.ok(told.some((event) => event.type === 'waiting' && event.limit === 'credit.deliveries'));
  assert.equal(source.waiting.length, 0);
});

test('on a revoke what is in hand finishes and is committed before the partition is let go', async () => {
  const { source, sink, clock, feed, answer, acknowledge } = await setUp();
  await feed(delivery(0, 'a'));
  let letGo = false;

  const revoked = source.listener?.revoked([{ topic: 'app-crash', partition: 0 }]).then(() => (letGo = true));
  await answer(done('x'));
  const early = letGo;
  await acknowledge();
  await revoked;

  assert.equal(early, false);
  assert.equal(source.committed.at(-1)?.offset, 1);
  await clock.advance(10);
  assert.equal(sink.requests.length, 0);
});

test('a result that comes after the revoke deadline is dropped: no finding, no commit', async () => {
  const { source, sink, clock, engine, feed, answer } = await setUp();
  await feed(delivery(0, 'a'));

  const revoked = source.listener?.revoked([{ topic: 'app-crash', partition: 0 }]);
  await clock.advance(LIMITS.revokeMs);
  await revoked;
  await answer(done('x'));
  await clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual([sink.requests.length, source.committed.length, engine.inFlight], [0, 0, 0]);
});

test('a commit that fails is told and tried again', async () => {
  const { source, told, clock, feed, answer, acknowledge } = await setUp();
  source.commitError = new EngineError('E_COMMIT_FAILED');
  await feed(delivery(0, 'a'));
  await answer(done('x'));
  await acknowledge();
  await clock.advance(LIMITS.commitIntervalMs);

  source.commitError = null;
  await clock.advance(LIMITS.commitIntervalMs);

  assert.ok(told.some((event) => event.type === 'commit-failed'));
  assert.equal(source.committed.at(-1)?.offset, 1);
});

test('every delivery is told as finished once, with how it ended', async () => {
  const { told, feed, answer, acknowledge } = await setUp({ tasks: [{ ...TASK, lanes: 1 }] });
  await feed(delivery(0, 'a'), delivery(1, 'b'), delivery(2, 'c'));

  await answer(
    done('x'),
    { status: 'done', findings: [] },
    { status: 'failed', fault: { code: 'E_EVENT_SCHEMA', message: 'm', retriable: false } },
  );
  await acknowledge();

  const finished = told.filter((event) => event.type === 'finished');
  const sum = (pick: (event: (typeof finished)[number]) => number): number =>
    finished.reduce((total, event) => total + pick(event), 0);
  assert.deepEqual([sum((e) => e.withFindings), sum((e) => e.silent), sum((e) => e.deadLettered)], [1, 1, 1]);
  assert.equal(
    sum((e) => e.ages.reduce((total, [, count]) => total + count, 0)),
    3,
  );
});
