import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { Wake } from '../../../src/transport/wake.ts';

const LONG_MS = 60_000;

test('a wait ends at news', async () => {
  const wake = new Wake();

  const waiting = wake.wait(LONG_MS, new AbortController().signal);
  wake.notify();

  await assert.doesNotReject(waiting);
});

test('news that came before the wait is not missed, and counts once', async () => {
  const wake = new Wake();
  wake.notify();
  await wake.wait(LONG_MS, new AbortController().signal);
  const controller = new AbortController();

  const waiting = wake.wait(LONG_MS, controller.signal);
  const first = await Promise.race([
    waiting.then(() => 'ended'),
    new Promise((resolve) => setImmediate(resolve, 'waits')),
  ]);
  controller.abort();
  await waiting;

  assert.equal(first, 'waits');
});

test('a wait ends with its time or its signal, and leaves no listener behind', async () => {
  const wake = new Wake();
  const controller = new AbortController();

  await wake.wait(1, controller.signal);
  const afterTime = getEventListeners(controller.signal, 'abort').length;
  const waiting = wake.wait(LONG_MS, controller.signal);
  controller.abort();
  await waiting;
  await wake.wait(LONG_MS, controller.signal);

  assert.equal(afterTime, 0);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});
