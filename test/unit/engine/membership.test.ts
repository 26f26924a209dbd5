import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../src/model/errors.ts';
import { done, EngineBench, SILENT } from './engine-bench.ts';
import { deliveries, delivery, LIMITS, POLICY, settle, TASK, text } from './support.ts';

const PLACE = { topic: 'app-crash', partition: 0 };

test('a revoke gives up after its deadline what is in hand, and commits what is done', async () => {
  const bench = new EngineBench({ tasks: [{ ...TASK, lanes: 1 }] });
  await bench.feed(...deliveries(0, 8));
  await bench.answer(SILENT, SILENT, SILENT, SILENT);
  let letGo = false;
  void bench.source.listener?.revoked([PLACE]).then(() => (letGo = true));
  await bench.clock.advance(LIMITS.revokeMs - 1);
  const early = letGo;

  await bench.clock.advance(1);

  assert.deepEqual([early, letGo], [false, true]);
  assert.deepEqual(
    bench.toldOf('revoked').map(({ dropped }) => dropped),
    [4],
  );
  assert.equal(bench.source.offsetOf(), 4);
});

test('a commit of a revoke that fails is tried again within its deadline', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'));
  await bench.answerAll(() => SILENT);
  bench.source.commitError = new EngineError('E_COMMIT_FAILED');
  let letGo = false;
  void bench.source.listener?.revoked([PLACE]).then(() => (letGo = true));
  await bench.clock.advance(100);
  bench.source.commitError = null;

  await bench.clock.advance(100);

  assert.deepEqual([letGo, bench.source.offsetOf()], [true, 1]);
});

test('a partition that comes back begins a new epoch: results of the old one change nothing', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'));
  const revoked = bench.source.listener?.revoked([PLACE]);
  await bench.clock.advance(LIMITS.revokeMs);
  await revoked;
  bench.source.listener?.assigned([{ ...PLACE, committed: null }]);
  bench.source.waiting.push(delivery(0, 'a'));
  await bench.clock.advance(LIMITS.pullWaitMs);

  await bench.answer(done('old'));
  await bench.acknowledge();
  await bench.clock.advance(LIMITS.commitIntervalMs);
  const afterOld = [bench.source.committed.length, bench.toldOf('published').length];
  await bench.answer(done('new'));
  await bench.acknowledge();
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(afterOld, [0, 0]);
  assert.deepEqual([bench.source.offsetOf(), bench.engine.inFlight], [1, 0]);
});

test('exactly once: assigned anew without a revoke, what was held of the former epoch is given back, not released', async () => {
  const bench = new EngineBench({ exactlyOnce: true });
  await bench.feed(delivery(0, 'a'));
  await bench.answer(done('former'));
  bench.source.listener?.assigned([{ ...PLACE, committed: null }]);
  await bench.feed(delivery(0, 'a'));
  await bench.answer(done('anew'));
  await bench.clock.advance(POLICY.lingerMs);

  const [request] = bench.transactions.requests;
  assert.deepEqual(
    request?.transaction.publications.map(({ value }) => text(value)),
    ['finding anew'],
  );
  assert.deepEqual([request?.transaction.positions.length, bench.engine.inFlight], [1, 1]);
});

test('a revoke that comes to itself after its deadline asks for no wait below nothing', async () => {
  const bench = new EngineBench();
  await bench.feed(delivery(0, 'a'));
  await bench.answerAll(() => SILENT);
  const waits: number[] = [];
  const schedule = bench.clock.schedule.bind(bench.clock);
  bench.clock.schedule = (delayMs, callback) => {
    waits.push(delayMs);
    return schedule(delayMs, callback);
  };
  const started = bench.clock.monotonic();

  const revoked = bench.source.listener?.revoked([PLACE]);
  bench.clock.monotonic = () => started + 10 * LIMITS.revokeMs;
  await bench.clock.advance(1);
  await revoked;

  assert.ok(waits.length > 0 && waits.every((ms) => ms >= 0), String(waits));
});

test('exactly once: a revoke waits for the release of what is done, and drops what is held back behind the rest', async () => {
  const bench = new EngineBench({ exactlyOnce: true, tasks: [{ ...TASK, lanes: 8 }], slots: 8 });
  await bench.feed(...deliveries(0, 12));
  await bench.answerAll((offset) => (offset === 3 ? { status: 'requeue', delayMs: 100_000 } : done(offset)));
  const revoked = bench.source.listener?.revoked([PLACE]);
  await bench.acknowledge();
  await revoked;

  assert.equal(bench.toldOf('revoked')[0]?.dropped, 9);
  assert.equal(
    bench.toldOf('committed').reduce((sum, { deliveries: count }) => sum + count, 0),
    3,
  );
  // The one that waits for its retry is dropped at its time.
  assert.equal(bench.engine.inFlight, 1);
  await bench.clock.advance(100_000);
  assert.equal(bench.engine.inFlight, 0);
});

test('what no task takes, and what two take, is told and passed over', async () => {
  const topics = ['other', 'both-crash'];
  const partitions = topics.map((topic) => ({ topic, partition: 0, committed: null }));
  const bench = new EngineBench({ partitions, tasks: [TASK, { ...TASK, name: 'second', topics: [/both/] }] });
  await bench.feed(...topics.map((topic) => ({ ...delivery(0, 'a'), topic })));
  await settle();

  assert.deepEqual(
    bench.toldOf('unrouted').map(({ topic, tasks }) => [topic, tasks]),
    [
      ['other', []],
      ['both-crash', ['crash', 'second']],
    ],
  );
  assert.deepEqual([bench.engine.inFlight, bench.pool.running.length], [0, 0]);
});

test('deliveries without the field of shardBy are counted, per pull', async () => {
  const shardBy = { field: 'dimensions.device_id', rule: 'hash', scanBytesMax: 1000 } as const;
  const bench = new EngineBench({ tasks: [{ ...TASK, shardBy }] });
  const value = '{"dimensions":{"device_id":"d"}}';

  await bench.feed(delivery(0, 'a'), delivery(1, 'a', { value }), delivery(2, 'a'));

  assert.deepEqual(bench.toldOf('unsharded'), [{ type: 'unsharded', task: 'crash', deliveries: 2 }]);
});

test('a revoke whose work in hand misses the deadline still waits for its commit', async () => {
  const bench = new EngineBench({ tasks: [{ ...TASK, lanes: 1 }] });
  await bench.feed(...deliveries(0, 8));
  bench.source.commit = (positions) =>
    new Promise((resolve) =>
      bench.clock.schedule(5, () => {
        bench.source.committed.push(...positions);
        resolve();
      }),
    );
  await bench.answerAll((offset) => (offset < 4 ? { status: 'done', findings: [] } : done(offset)));
  await bench.clock.advance(0);
  let committedAtLetGo: number | undefined = -1;
  void bench.source.listener?.revoked([PLACE]).then(() => (committedAtLetGo = bench.source.offsetOf()));
  await bench.clock.advance(LIMITS.revokeMs + 100);
  assert.equal(committedAtLetGo, 4);
});

test('of partitions that are lost nothing is waited for, committed or published any more', async () => {
  const bench = new EngineBench();
  await bench.feed(...deliveries(0, 2));
  await bench.answerAll(done);

  await bench.source.listener?.revoked([PLACE], 'lost');
  await bench.acknowledge();
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual(
    bench.toldOf('revoked').map(({ dropped }) => dropped),
    [2],
  );
  assert.deepEqual([bench.toldOf('published'), bench.source.committed], [[], []]);
  assert.equal(bench.engine.inFlight, 0);
});

test('exactly once: a partition that another has taken over goes back to its source, is shown as fenced, and is read on when it is assigned anew', async () => {
  const bench = new EngineBench({ exactlyOnce: true });
  await bench.feed(delivery(0, 'a'));
  await bench.answer(done('fenced'));
  await bench.clock.advance(POLICY.lingerMs);
  bench.transactions.requests.shift()?.reject(new EngineError('E_FENCED'));
  await settle();
  const [told, shown] = [[...bench.source.fencedOff], bench.engine.status().partitions[0]?.phase];

  await bench.source.listener?.revoked([PLACE], 'lost');
  bench.source.listener?.assigned([{ ...PLACE, committed: null }]);
  await bench.feed(delivery(0, 'a'));
  await bench.answer(done('anew'));
  await bench.acknowledge();

  assert.deepEqual([told, shown], [[PLACE], 'fenced']);
  assert.equal(bench.toldOf('published').length, 1);
  assert.deepEqual([bench.engine.inFlight, bench.source.fencedOff.length], [0, 1]);
});

test('exactly once: a transaction of an earlier epoch that is shut out is nothing to the partition as it is now', async () => {
  const bench = new EngineBench({ exactlyOnce: true });
  await bench.feed(delivery(0, 'a'));
  await bench.answer(done('early'));
  await bench.clock.advance(POLICY.lingerMs);
  await bench.source.listener?.revoked([PLACE], 'lost');
  bench.source.listener?.assigned([{ ...PLACE, committed: null }]);

  bench.transactions.requests.shift()?.reject(new EngineError('E_FENCED'));
  await settle();

  assert.deepEqual(bench.source.fencedOff, []);
  assert.equal(bench.engine.status().partitions[0]?.phase, 'active');
});
