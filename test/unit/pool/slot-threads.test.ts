import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeProgress } from '../../../src/pool/worker/progress.ts';
import { batchOf, codeOf, statuses } from '../../helpers/batches.ts';
import { doneOutcome, FakeThread, slotOn, START_MS, tickFor, TIMEOUT_MS } from './fake-thread.ts';

const ONE = ['{}'];

/** Lets what was settled be seen. */
function settle(): Promise<void> {
  return new Promise((seen) => setImmediate(seen));
}

function alone() {
  return batchOf(ONE, { alone: true });
}

describe('the threads of a slot', () => {
  it('what runs alone waits for the batch before it, and for a thread that has run nothing', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const before = slot.run(batchOf(ONE));
    const running = slot.run(alone());
    assert.deepEqual([thread.posted, thread.ended], [1, 0]);

    thread.answer(doneOutcome(1));
    await before;
    assert.deepEqual([thread.posted, thread.ended], [0, 1]);
    thread.die('terminated');
    await settle();

    thread.answer(doneOutcome(1));
    assert.deepEqual(statuses(await running), ['done']);
    assert.equal(thread.ended, 1);
  });

  it('what is behind it waits too, and then has the same thread', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const before = slot.run(batchOf(ONE));
    thread.answer(doneOutcome(1));
    await before;

    const running = [slot.run(alone()), slot.run(batchOf(ONE))];
    const postedBefore = thread.posted;
    thread.die('terminated');
    await settle();

    assert.deepEqual([postedBefore, thread.posted], [0, 2]);
    thread.answer(doneOutcome(1));
    thread.answer(doneOutcome(1));
    assert.deepEqual((await Promise.all(running)).map(statuses), [['done'], ['done']]);
  });

  it('what runs alone has a new thread as it is', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);

    const running = slot.run(alone());
    thread.answer(doneOutcome(1));

    assert.deepEqual(statuses(await running), ['done']);
    assert.equal(thread.ended, 0);
  });

  it('an idle thread that ends by itself leaves a new one', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const before = slot.run(batchOf(ONE));
    thread.answer(doneOutcome(1));
    await before;

    thread.die('exit 7');
    const running = slot.run(alone());

    assert.deepEqual([thread.posted, thread.ended], [1, 0]);
    thread.answer(doneOutcome(1));
    assert.deepEqual(statuses(await running), ['done']);
  });

  it('threads that are ended for new ones do not count as deaths', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);

    for (let time = 0; time < 5; time += 1) {
      const before = slot.run(batchOf(ONE));
      thread.answer(doneOutcome(1));
      await before;
      const running = slot.run(alone());
      thread.die('terminated');
      await settle();
      thread.answer(doneOutcome(1));

      assert.deepEqual(statuses(await running), ['done']);
    }
  });

  it('gives up when the thread that is to be replaced does not end', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const before = slot.run(batchOf(ONE));
    thread.answer(doneOutcome(1));
    await before;
    const running = slot.run(alone());

    tickFor(slot, START_MS + 1_000);

    await assert.rejects(running, { code: 'E_POOL_FAILED', message: /did not end/ });
  });

  it('a thread that has worked and does not begin the next batch is ended, and nobody blamed', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const first = batchOf(ONE);
    const before = slot.run(first);
    storeProgress(thread.progress, first.id, 0);
    thread.answer(doneOutcome(1));
    await before;

    const blocked = slot.run(batchOf(ONE));
    tickFor(slot, 2 * TIMEOUT_MS);
    const ended = thread.ended;
    thread.die('terminated');

    assert.equal(ended, 1);
    assert.deepEqual(statuses(await blocked), ['unprocessed']);
  });

  it('a thread that is being ended is given nothing more', async () => {
    const thread = new FakeThread();
    const slot = slotOn(thread);
    const hanging = batchOf(ONE);
    const running = slot.run(hanging);
    storeProgress(thread.progress, hanging.id, 0);
    tickFor(slot, 2 * TIMEOUT_MS);

    const next = slot.run(batchOf(ONE));
    const posted = thread.posted;
    thread.die('terminated');
    const outcome = await running;
    await settle();
    thread.answer(doneOutcome(1));

    assert.equal(posted, 1);
    assert.equal(codeOf(outcome.results[0]), 'E_EVENT_TIMEOUT');
    assert.deepEqual(statuses(await next), ['done']);
  });
});
