import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeProgress } from '../../../src/pool/worker/progress.ts';
import { batchOf, codeOf, statuses } from '../../helpers/batches.ts';
import { doneOutcome, FakeThread, slotOn, START_MS, TICK_MS, tickFor, TIMEOUT_MS } from './fake-thread.ts';

const THREE = ['{}', '{}', '{}'];

describe('a slot', () => {
  it('gives back what its thread answers', async () => {
    const thread = new FakeThread();
    const running = slotOn(thread).run(batchOf(THREE));

    thread.answer(doneOutcome(3));

    const { release, ...outcome } = await running;
    assert.equal(typeof release, 'function');
    assert.deepEqual(outcome, doneOutcome(3));
  });

  it('ends its thread once when the word stands still, and blames the delivery that it names', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const batch = batchOf(THREE);
    const running = slot.run(batch);
    const waiting = slot.run(batchOf(THREE));

    storeProgress(thread.progress, batch.id, 1);
    tickFor(slot, 3 * TIMEOUT_MS);
    thread.die('terminated');

    const outcome = await running;
    assert.equal(thread.ended, 1);
    assert.deepEqual(statuses(outcome), ['unprocessed', 'suspect', 'unprocessed']);
    assert.equal(codeOf(outcome.results[1]), 'E_EVENT_TIMEOUT');
    assert.deepEqual(statuses(await waiting), ['unprocessed', 'unprocessed', 'unprocessed']);
  });

  it('blames nobody while the word moves, however long the batch takes', () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const batch = batchOf(THREE);
    void slot.run(batch);

    for (const index of [0, 1, 2]) {
      storeProgress(thread.progress, batch.id, index);
      tickFor(slot, TIMEOUT_MS);
    }

    assert.equal(thread.ended, 0);
  });

  it('a stalled main thread counts for two ticks, not for the time that it stood', () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const batch = batchOf(THREE);
    void slot.run(batch);

    storeProgress(thread.progress, batch.id, 0);
    slot.tick(TICK_MS);
    slot.tick(3_600_000);
    slot.tick(TICK_MS);

    assert.equal(thread.ended, 0);
  });

  it('each delivery has the timeout of its own task', () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const batch = batchOf(THREE, { task: 1 });
    void slot.run(batch);

    storeProgress(thread.progress, batch.id, 0);
    tickFor(slot, 4 * TIMEOUT_MS);
    assert.equal(thread.ended, 0);
    tickFor(slot, 2 * TIMEOUT_MS);

    assert.equal(thread.ended, 1);
  });

  it('blames the delivery that was noted, even if the thread went on before it ended', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const batch = batchOf(THREE);
    const running = slot.run(batch);

    storeProgress(thread.progress, batch.id, 0);
    tickFor(slot, 2 * TIMEOUT_MS);
    storeProgress(thread.progress, batch.id, 2);
    thread.die('terminated');

    assert.deepEqual(statuses(await running), ['suspect', 'unprocessed', 'unprocessed']);
  });

  it('a result that comes before the thread ends counts', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const batch = batchOf(THREE);
    const running = slot.run(batch);
    const waiting = slot.run(batchOf(['{}']));

    storeProgress(thread.progress, batch.id, 2);
    tickFor(slot, 2 * TIMEOUT_MS);
    thread.answer(doneOutcome(3));
    thread.die('terminated');

    assert.deepEqual(statuses(await running), ['done', 'done', 'done']);
    assert.deepEqual(statuses(await waiting), ['unprocessed']);
  });

  it('when the second batch is in hand already, the first is not blamed', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const first = slot.run(batchOf(THREE));
    const second = batchOf(THREE);
    const running = slot.run(second);

    storeProgress(thread.progress, second.id, 0);
    thread.die('exit 1');

    assert.deepEqual(statuses(await first), ['unprocessed', 'unprocessed', 'unprocessed']);
    const outcome = await running;
    assert.deepEqual(statuses(outcome), ['suspect', 'unprocessed', 'unprocessed']);
    assert.equal(codeOf(outcome.results[0]), 'E_EVENT_WORKER_DIED');
  });

  it('the word of a thread that is gone blames nobody of the next batch', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const first = batchOf(THREE);
    const running = slot.run(first);
    storeProgress(thread.progress, first.id, 0);
    thread.die('exit 1');
    await running;

    const next = slot.run({ ...batchOf(THREE), id: first.id + 2_048 });
    thread.die('exit 1');

    assert.deepEqual(statuses(await next), ['unprocessed', 'unprocessed', 'unprocessed']);
  });

  it('gives up when threads die again and again before they begin', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    for (let death = 0; death < 2; death += 1) {
      const running = slot.run(batchOf(['{}']));
      thread.die('exit 1');
      assert.deepEqual(statuses(await running), ['unprocessed']);
    }

    const third = slot.run(batchOf(['{}']));
    thread.die('exit 1');

    await assert.rejects(third, { code: 'E_POOL_FAILED' });
    await assert.rejects(slot.run(batchOf(['{}'])), { code: 'E_POOL_FAILED' });
    assert.equal(thread.closed, 1);
  });

  it('gives up when a thread does not start', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const starting = slot.start();

    tickFor(slot, START_MS + 1_000);

    await assert.rejects(starting, { code: 'E_POOL_FAILED' });
  });

  it('gives up when a thread does not end', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const batch = batchOf(THREE);
    const running = slot.run(batch);

    storeProgress(thread.progress, batch.id, 0);
    tickFor(slot, START_MS + 10_000);

    await assert.rejects(running, { code: 'E_POOL_FAILED' });
    assert.equal(thread.ended, 1);
  });

  it('a fault of the thread itself discards the slot, with its code', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const running = [slot.run(batchOf(['{}'])), slot.run(batchOf(['{}']))];

    thread.reply({ type: 'failed', fault: { code: 'E_ANALYZER_LOAD', message: 'gone', retriable: false } });

    const settled = await Promise.allSettled(running);
    assert.deepEqual(
      settled.map((one) => one.status === 'rejected' && (one.reason as { code?: string }).code),
      ['E_ANALYZER_LOAD', 'E_ANALYZER_LOAD'],
    );
    await assert.rejects(slot.run(batchOf(['{}'])), { code: 'E_ANALYZER_LOAD' });
  });

  it('takes no third batch', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const running = [slot.run(batchOf(['{}'])), slot.run(batchOf(['{}']))];

    assert.throws(() => slot.run(batchOf(['{}'])), { code: 'E_ASSERT' });

    await slot.close();
    assert.deepEqual((await Promise.all(running)).map(statuses), [['unprocessed'], ['unprocessed']]);
  });
});
