import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fault } from '../../../src/model/errors.ts';
import { backoffMs, decide, Retry } from '../../../src/engine/retry.ts';
import { bytes, delivery, HandClock, laneOf, makeLanes, TASK } from './support.ts';

const THROWN: Fault = { code: 'E_EVENT_ANALYZE', message: 'no', retriable: true };
const none = (): number => 0;

test('retries are spent after their number, and the task says what then', () => {
  const { work } = makeLanes({ ...TASK, retry: { ...TASK.retry, retriesMax: 1, onExhausted: 'stop' } });
  const failing = work(0, delivery(0, 'a'));

  const first = decide(failing, THROWN, none);
  failing.attempt = 2;
  const second = decide(failing, THROWN, none);

  assert.deepEqual(
    [first, second],
    [
      { type: 'again', delayMs: 100 },
      { type: 'give-up', how: 'stop' },
    ],
  );
});

test('what cannot be helped by trying again is a dead letter at once, whatever onExhausted says', () => {
  const { work } = makeLanes({ ...TASK, retry: { ...TASK.retry, onExhausted: 'stop' } });

  const decision = decide(work(0, delivery(0, 'a')), { ...THROWN, retriable: false }, none);

  assert.deepEqual(decision, { type: 'give-up', how: 'dead-letter' });
});

test('a record may set its own number of retries, within a bound; nonsense is not believed', () => {
  const { work } = makeLanes();
  let offset = 0;
  const tries = (header: string, attempt: number): string => {
    const failing = work(0, delivery(offset++, 'a', { headers: [['faultline-retry-max', bytes(header)]] }));
    failing.attempt = attempt;
    return decide(failing, THROWN, none).type;
  };

  assert.deepEqual(
    [tries('0', 1), tries('77', 77), tries('-5', 3), tries('9999999', 101)],
    ['give-up', 'again', 'again', 'give-up'],
  );
});

test('the wait doubles up to its maximum and jitter takes at most half', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, chance) => {
        const full = Math.min(1000, 100 * 2 ** (attempt - 1));

        const waitMs = backoffMs(TASK.retry, attempt, () => chance);

        assert.ok(waitMs <= full && waitMs >= full / 2);
      },
    ),
  );
});

test('keys held apart are bounded by the task; past the bound the lane waits', async () => {
  const clock = new HandClock();
  const { owner, work } = makeLanes();
  const lane = laneOf(owner, 0);
  const ready: unknown[] = [];
  const retry = new Retry(clock, (of) => ready.push(of));
  retry.holdKey(work(0, delivery(0, 'a')), 50);
  retry.holdKey(work(0, delivery(1, 'b')), 60);

  const room = retry.hasRoom(lane);
  retry.holdLane(lane, 10);
  const blocked = lane.blocked;
  await clock.advance(100);

  assert.deepEqual([room, blocked, lane.blocked], [false, true, false]);
  assert.equal(ready.length, 3);
  assert.equal(lane.queue.length, 2);
});
