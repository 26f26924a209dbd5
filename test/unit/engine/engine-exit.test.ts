import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../src/model/errors.ts';
import { AGAIN, BAD, done, EngineBench, SILENT } from './engine-bench.ts';
import { deliveries, delivery, LIMITS, POLICY, settle, TASK } from './support.ts';

/** The steps that were left behind. */
function overdue(bench: EngineBench): string[] {
  return bench.toldOf('step-overdue').map(({ step }) => step);
}

const ALL_MS = LIMITS.intakeMs + LIMITS.drainMs + LIMITS.commitMs;

test('an exit in order is told step by step, and nothing is overdue', async () => {
  const bench = new EngineBench();
  await bench.feed(...deliveries(0, 3));

  bench.engine.drain('SIGTERM');
  const draining = bench.engine.status();
  await bench.answerAll();
  await bench.acknowledge();
  const { state, reason } = bench.engine.status();

  assert.deepEqual([draining.state, draining.reason], ['draining', 'SIGTERM']);
  assert.deepEqual([state, reason], ['ended', 'SIGTERM']);
  assert.deepEqual(overdue(bench), []);
  assert.deepEqual(await bench.ended, { reason: 'SIGTERM', unfinished: 0, stopped: [] });
  assert.equal(bench.source.offsetOf(), 3);
});

test('a pull that never resolves is left behind at its deadline, and the work in hand is still committed', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'));
  bench.source.pullsHang = true;
  await bench.clock.advance(LIMITS.pullWaitMs);

  bench.engine.drain('SIGTERM');
  await bench.answerAll();
  await bench.acknowledge();
  await bench.clock.advance(LIMITS.intakeMs);

  assert.deepEqual(bench.report, { reason: 'SIGTERM', unfinished: 0, stopped: [] });
  assert.deepEqual([overdue(bench), bench.source.offsetOf()], [['intake'], 1]);
});

test('what a pull brings after its deadline is not taken', async () => {
  const bench = new EngineBench();
  let bring = (_: ReturnType<typeof deliveries>): void => undefined;
  await bench.clock.advance(0);
  bench.source.pull = () => new Promise((resolve) => (bring = resolve));
  await bench.clock.advance(LIMITS.pullWaitMs);
  bench.engine.drain('SIGTERM');
  await bench.clock.advance(LIMITS.intakeMs);

  bring(deliveries(0, 3));
  await settle();

  assert.deepEqual([bench.engine.inFlight, bench.pool.running.length], [0, 0]);
  assert.deepEqual(overdue(bench), ['intake']);
});

test('a sink that never answers is left behind at its deadline, and what it has is not committed', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'), delivery(1, 'b'));
  await bench.answerAll((offset) => (offset === 0 ? SILENT : done(offset)));

  bench.engine.drain('SIGTERM');
  await bench.clock.advance(LIMITS.drainMs);

  assert.deepEqual(bench.report, { reason: 'SIGTERM', unfinished: 1, stopped: [] });
  assert.deepEqual([overdue(bench), bench.source.offsetOf()], [['drain'], 1]);
});

test('a commit that never answers is left behind at its deadline', async () => {
  const bench = new EngineBench();
  bench.source.commitsHang = true;
  await bench.feed(delivery(0, 'a'));
  await bench.answerAll(() => SILENT);

  bench.engine.drain('SIGTERM');
  await bench.clock.advance(LIMITS.commitMs - 1);
  const early = bench.report;
  await bench.clock.advance(1);

  assert.equal(early, null);
  assert.deepEqual(bench.report, { reason: 'SIGTERM', unfinished: 0, stopped: [] });
  assert.deepEqual([overdue(bench), bench.source.committed], [['commit'], []]);
});

test('all of it together: every step is left behind in its turn, and the run ends', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'), delivery(1, 'b'));
  await bench.answerAll((offset) => (offset === 0 ? SILENT : done(offset)));
  bench.source.pullsHang = true;
  bench.source.commitsHang = true;
  await bench.clock.advance(LIMITS.pullWaitMs);

  bench.engine.drain('SIGTERM');
  await bench.clock.advance(ALL_MS);

  assert.deepEqual(overdue(bench), ['intake', 'drain', 'commit']);
  assert.deepEqual([bench.report?.unfinished, bench.source.committed], [1, []]);
});

test('stop while it drains ends the wait at once', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'));
  bench.engine.drain('SIGTERM');
  await bench.clock.advance(10);
  const before = bench.report;

  bench.engine.drain('stop', 0);
  await settle();

  assert.equal(before, null);
  assert.deepEqual(bench.report, { reason: 'SIGTERM', unfinished: 1, stopped: [] });
  assert.deepEqual(bench.source.committed, []);
});

test('a second drain may shorten the wait, never lengthen it', async () => {
  const shortened = new EngineBench();
  const notLengthened = new EngineBench();
  for (const bench of [shortened, notLengthened]) {
    await bench.feed(delivery(0, 'a'));
    bench.engine.drain('SIGTERM');
  }

  shortened.engine.drain('again', 100);
  notLengthened.engine.drain('again', 1_000_000);
  // One more, since a timer may be early.
  await shortened.clock.advance(101);
  await notLengthened.clock.advance(LIMITS.drainMs);

  assert.equal(shortened.report?.unfinished, 1);
  assert.equal(notLengthened.report?.unfinished, 1);
});

test('draining, nothing lingers and nothing new is read', async () => {
  const bench = new EngineBench({ publish: { ...POLICY, lingerMs: 1_000_000 } });
  await bench.feed(delivery(0, 'a'));
  await bench.answerAll();

  bench.engine.drain('SIGTERM');
  await settle();
  bench.source.waiting.push(delivery(1, 'b'));
  const sent = bench.sink.requests.length;
  bench.sink.requests[0]?.answer([null]);
  await settle();

  assert.deepEqual([sent, bench.report?.unfinished, bench.source.waiting.length], [1, 0, 1]);
});

test('draining, retries that come in time are waited for', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'));
  await bench.answerAll(() => AGAIN);

  bench.engine.drain('SIGTERM');
  await bench.clock.advance(TASK.retry.backoffMs);
  await bench.answerAll(() => BAD);
  await bench.acknowledge();

  assert.deepEqual([bench.report?.unfinished, bench.source.offsetOf()], [0, 1]);
});

test('exactly once: a transaction that never answers is left behind at the drain deadline', async () => {
  const bench = new EngineBench({ exactlyOnce: true });
  await bench.feed(delivery(0, 'a'));
  await bench.answerAll();

  bench.engine.drain('SIGTERM');
  await bench.clock.advance(LIMITS.drainMs);

  assert.equal(bench.transactions.requests.length, 1);
  assert.deepEqual([bench.report?.unfinished, overdue(bench)], [1, ['drain']]);
});

test('a revoke under way when the engine ends lets go without committing', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'));
  let letGo = false;
  void bench.source.listener?.revoked([{ topic: 'app-crash', partition: 0 }]).then(() => (letGo = true));

  bench.engine.drain('stop', 0);
  await settle();

  assert.deepEqual([letGo, bench.source.committed], [true, []]);
});

test('a stop that waits for nothing tells no step as overdue by drainMs', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'));
  bench.engine.drain('stop', 0);
  await bench.clock.advance(1);
  assert.deepEqual(
    bench.toldOf('step-overdue').map(({ deadlineMs }) => deadlineMs),
    [0],
  );
});

for (const [when, commit] of [
  ['of the interval', (bench: EngineBench) => bench.clock.advance(LIMITS.commitIntervalMs)],
  [
    'of a revoke',
    (bench: EngineBench) => bench.source.listener?.revoked([{ topic: 'app-crash', partition: 0 }]),
  ],
] as const) {
  test(`what goes wrong within the engine in a commit ${when} ends the run, and is told`, async () => {
    const told: string[] = [];
    const bench = new EngineBench({
      probe: ({ type }) => {
        if (type === 'committed') throw new EngineError('E_ASSERT', 'planted');
        told.push(type);
      },
    });
    const ended = assert.rejects(bench.ended, { code: 'E_ASSERT' });
    await bench.feed(delivery(0));
    await bench.answer(SILENT);

    await commit(bench);
    await bench.clock.advance(LIMITS.commitIntervalMs);

    await ended;
    assert.ok(told.includes('failed'));
  });
}
