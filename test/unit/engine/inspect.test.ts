import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOf, whereabouts } from '../../../src/engine/inspect.ts';
import type { WhyPartition } from '../../../src/model/status.ts';
import { AGAIN, BAD, done, EngineBench, SILENT } from './engine-bench.ts';
import { delivery, LIMITS, POLICY, settle, TASK } from './support.ts';

const ONE_LANE = { ...TASK, lanes: 1 };
function why({ engine }: EngineBench): WhyPartition {
  const [answer] = engine.why('app-crash', 0);
  assert.ok(answer !== undefined);
  return answer;
}

/** Offset, where, key, lane, slot, attempts, code of the last error, age. */
function holder(bench: EngineBench): unknown[] {
  const { holder: held } = why(bench);
  if (held === null) return [];
  const { offset, where, key, lane, slot, attempts, lastError, ageMs } = held;
  return [offset, where, key, lane, slot, attempts, lastError?.code ?? null, ageMs];
}

test('why names the delivery in a thread: offset, key, lane, thread, age, tries', async () => {
  const bench = new EngineBench({ tasks: [ONE_LANE] });
  await bench.feed(delivery(7, 'device 1'));
  await bench.clock.advance(300);

  assert.deepEqual(holder(bench), [7, 'pool', 'device 1', 0, 0, 1, null, 400]);
  assert.equal(why(bench).sentence, 'Offset 7 is in thread 0, at its first try.');
  assert.equal(why(bench).holder?.task, 'crash');
});

test('why names the delivery that waits in a lane for a thread', async () => {
  const bench = new EngineBench({ tasks: [ONE_LANE] });
  await bench.feed(delivery(7, 'a'));
  await bench.answer(AGAIN);
  await bench.feed(delivery(8, 'b'));
  await bench.clock.advance(TASK.retry.backoffMs);

  assert.deepEqual(holder(bench).slice(0, 6), [7, 'lane', 'a', 0, null, 2]);
  assert.match(why(bench).sentence, /^Offset 7 waits in lane 0 for a thread, at try 2/);
});

test('why names the delivery whose key waits for its retry, with its last error', async () => {
  const bench = new EngineBench({ tasks: [ONE_LANE] });
  await bench.feed(delivery(7, 'a'), delivery(8, 'b'));
  await bench.answer(AGAIN, SILENT);

  assert.deepEqual(holder(bench), [7, 'retry', 'a', 0, null, 2, 'E_EVENT_ANALYZE', 100]);
  assert.equal(
    why(bench).sentence,
    'Offset 7 waits for a retry of its key, at try 2; before: E_EVENT_ANALYZE m.',
  );
});

test('why names the delivery of a lane that waits whole, and that of a requeue', async () => {
  const whole = new EngineBench({ tasks: [{ ...ONE_LANE, heldKeysMax: 0 }] });
  await whole.feed(delivery(7, 'a'), delivery(8, 'b'));
  await whole.answer(AGAIN, SILENT);
  const requeued = new EngineBench({ tasks: [ONE_LANE] });
  await requeued.feed(delivery(7, null));
  await requeued.answer({ status: 'requeue', delayMs: 50 });

  assert.deepEqual(holder(whole), [7, 'retry', 'a', 0, null, 2, 'E_EVENT_ANALYZE', 100]);
  assert.deepEqual(holder(requeued), [7, 'retry', null, 0, null, 1, null, 100]);
});

test('why names the delivery that the sink has not acknowledged, a dead letter included', async () => {
  const bench = new EngineBench({ tasks: [ONE_LANE] });
  await bench.feed(delivery(7, 'a'));
  await bench.answer(BAD);

  assert.deepEqual(holder(bench), [7, 'sink', 'a', 0, null, 1, null, 100]);
  assert.match(why(bench).sentence, /^Offset 7 is done and waits for the sink’s acknowledgement/);
});

test('exactly once: what waits for its transaction is at the sink, what is held back is not the holder', async () => {
  const bench = new EngineBench({ tasks: [ONE_LANE], exactlyOnce: true });
  await bench.feed(delivery(7, 'a'), delivery(8, 'b'), delivery(9, 'c'));
  await bench.answer(AGAIN, done(8), done(9));
  const whileHeld = [holder(bench)[1], bench.engine.status().inFlight.release];

  await bench.clock.advance(TASK.retry.backoffMs);
  await bench.answer(done(7));
  await bench.clock.advance(POLICY.lingerMs);

  assert.deepEqual(whileHeld, ['retry', 2]);
  assert.equal(holder(bench)[1], 'sink');
  assert.deepEqual(bench.engine.status().inFlight, { lane: 0, pool: 0, retry: 0, sink: 3, release: 0 });
});

test('without a holder why says whether there is something to commit', async () => {
  const bench = new EngineBench();
  const unread = why(bench).sentence;
  await bench.feed(delivery(7, 'a'));
  await bench.answer(SILENT);
  const uncommitted = why(bench).sentence;

  await bench.clock.advance(LIMITS.commitIntervalMs);
  const { partition, sentence } = why(bench);

  assert.equal(unread, 'Nothing of it was read yet.');
  assert.equal(uncommitted, 'All that was read is finished; 1 delivery waits for the next commit.');
  assert.equal(sentence, 'All that was read is finished and committed.');
  assert.deepEqual([partition.watermark, partition.committed, partition.ahead], [8, 8, 0]);
});

test('a partition that is being taken away, or that no task takes, is told as that; an unknown one is not there', async () => {
  const place = { topic: 'other', partition: 0, committed: null };
  const bench = new EngineBench({ partitions: [{ ...place, topic: 'app-crash' }, place] });
  await bench.feed(delivery(0, 'a'));
  void bench.source.listener?.revoked([{ topic: 'app-crash', partition: 0 }]);
  await settle();

  assert.match(why(bench).sentence, /The partition is being taken away\.$/);
  assert.match(bench.engine.why('other', 0)[0]?.sentence ?? '', /^No task takes this topic/);
  assert.deepEqual(bench.engine.why('app-crash', 9), []);
});

test('a key is told as text where it is printable, else in hexadecimal, and never longer than 200 characters', async () => {
  const keyOf = async (key: Uint8Array): Promise<string | null> => {
    const bench = new EngineBench();
    await bench.feed({ ...delivery(0), key });
    return why(bench).holder?.key ?? null;
  };
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

  assert.equal(await keyOf(encode('Gerät 7 ✓')), 'Gerät 7 ✓');
  assert.equal(await keyOf(encode('')), '');
  assert.equal(await keyOf(Uint8Array.of(0, 255, 16)), '0x00ff10');
  assert.equal(await keyOf(encode('a\nb')), '0x610a62');
  assert.equal((await keyOf(encode('x'.repeat(1000))))?.length, 200);
  assert.equal((await keyOf(new Uint8Array(1000)))?.length, 200);
});

test('status counts every delivery in flight in exactly one place', async () => {
  const bench = new EngineBench({ tasks: [{ ...TASK, lanes: 8, heldKeysMax: 1 }] });
  await bench.feed(...Array.from({ length: 40 }, (_, i) => delivery(i, `key ${i % 12}`)));
  let round = 0;
  for (let i = 0; i < 20; i++) {
    const { inFlight, credit } = bench.engine.status();
    const sum = Object.values(inFlight).reduce((total, count) => total + count, 0);
    assert.equal(sum, bench.engine.inFlight);
    assert.equal(credit.deliveries, bench.engine.inFlight);

    const run = bench.pool.running.shift();
    run?.answer(
      run.batch.items.map(
        ({ delivery: { offset } }) => [done(offset), SILENT, done(offset)][round++ % 3] ?? SILENT,
      ),
    );
    await bench.clock.advance(3);
  }
});

test('what waits behind a retry counts as that: held keys, and lanes that wait whole', async () => {
  const held = new EngineBench({ tasks: [ONE_LANE] });
  const whole = new EngineBench({ tasks: [{ ...ONE_LANE, heldKeysMax: 0 }] });
  for (const bench of [held, whole]) {
    await bench.feed(delivery(0, 'a'), delivery(1, 'a'), delivery(2, 'a'));
    await bench.answer(AGAIN, { status: 'unprocessed' }, { status: 'unprocessed' });
  }

  assert.deepEqual(
    [held, whole].map(({ engine }) => engine.status().inFlight.retry),
    [3, 3],
  );
});

test('the cause is what most deliveries wait for', () => {
  const none = { lane: 0, pool: 0, retry: 0, sink: 0, release: 0 };

  assert.equal(causeOf({ ...none, lane: 3, pool: 3, sink: 5 }), 'pool');
  assert.equal(causeOf({ ...none, lane: 3, sink: 5 }), 'sink');
  assert.equal(causeOf({ ...none, pool: 1, retry: 2 }), 'retry');
  assert.equal(causeOf({ ...none, pool: 1, release: 9 }), 'pool');
  assert.deepEqual(whereabouts([], { inFlight: 5, pool: 2, release: 1 }), {
    ...none,
    pool: 2,
    sink: 2,
    release: 1,
  });
});
