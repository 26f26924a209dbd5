import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fault } from '../../../src/model/errors.ts';
import type { Headers } from '../../../src/model/delivery.ts';
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

test('a schedule: each wait is twice the one before, less its jitter, until the cap; then retries are spent', () => {
  const policy = fc.record({
    retriesMax: fc.nat(12),
    perRecordMax: fc.integer({ min: 0, max: 100 }),
    requeuesMax: fc.constant(0),
    backoffMs: fc.integer({ min: 1, max: 1000 }),
    backoffMaxMs: fc.integer({ min: 1, max: 20_000 }),
    onExhausted: fc.constantFrom('dead-letter' as const, 'finish' as const, 'stop' as const),
  });
  fc.assert(
    fc.property(
      policy,
      fc.option(fc.nat(200)),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (retry, header, chance) => {
        const { work } = makeLanes({ ...TASK, retry });
        const headers: Headers = header === null ? [] : [['faultline-retry-max', bytes(String(header))]];
        const failing = work(0, delivery(0, 'a', { headers }));
        const retries = header === null ? retry.retriesMax : Math.min(header, retry.perRecordMax);
        let fullMs = Math.min(retry.backoffMs, retry.backoffMaxMs);
        for (; failing.attempt <= retries; failing.attempt++) {
          const decision = decide(failing, THROWN, () => chance);

          assert.ok(decision.type === 'again');
          assert.ok(Math.abs(decision.delayMs - fullMs * (1 - chance / 2)) < 1e-6);
          fullMs = Math.min(fullMs * 2, retry.backoffMaxMs);
        }
        assert.deepEqual(decide(failing, THROWN, none), { type: 'give-up', how: retry.onExhausted });
      },
    ),
  );
});

test('of several headers the last counts; one that is no plain number is not believed', () => {
  const { work } = makeLanes();
  const typeWith = (...values: string[]): string => {
    const headers = values.map((value) => ['faultline-retry-max', bytes(value)] as const);
    return decide(work(0, delivery(offset++, 'a', { headers })), THROWN, none).type;
  };
  let offset = 0;

  assert.deepEqual([typeWith('5', '0'), typeWith('0', '5')], ['give-up', 'again']);
  for (const nonsense of ['', ' 0', '0x0', '1e9', '0.0', '-0', '00000000000'])
    assert.equal(typeWith(nonsense), 'again', nonsense);
});
