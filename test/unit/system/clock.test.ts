import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/system/clock.ts';
import { systemRandom } from '../../../src/system/random.ts';
import { runChild } from './child.ts';

const DAY_MS = 86_400_000;
/** What one timer of Node can wait. */
const TIMER_MS_MAX = 2_147_483_647;

test('a callback runs once, after its delay', (t) => {
  t.mock.timers.enable();
  let calls = 0;
  systemClock().schedule(100, () => (calls += 1));

  t.mock.timers.tick(99);
  const early = calls;
  t.mock.timers.tick(1000);

  assert.deepEqual([early, calls], [0, 1]);
});

test('a delay beyond Node’s longest timer is waited for to its end', (t) => {
  t.mock.timers.enable();
  let calls = 0;
  systemClock().schedule(2 * TIMER_MS_MAX + 5, () => (calls += 1));

  for (const ms of [TIMER_MS_MAX, TIMER_MS_MAX, 4]) t.mock.timers.tick(ms);
  const early = calls;
  t.mock.timers.tick(1);

  assert.deepEqual([early, calls], [0, 1]);
});

test('what is cancelled never runs, also late in a long wait, and cancelling again does nothing', (t) => {
  t.mock.timers.enable();
  let calls = 0;
  const cancel = systemClock().schedule(60 * DAY_MS, () => (calls += 1));

  for (let day = 1; day < 50; day += 1) t.mock.timers.tick(DAY_MS);
  cancel();
  cancel();
  for (let day = 1; day < 50; day += 1) t.mock.timers.tick(DAY_MS);

  assert.equal(calls, 0);
});

test('monotonic time does not go back, and now is the time of day', () => {
  const clock = systemClock();

  const readings = Array.from({ length: 1000 }, () => clock.monotonic());

  assert.deepEqual(
    readings,
    readings.toSorted((a, b) => a - b),
  );
  assert.ok(clock.now() >= Date.UTC(2024, 0));
});

test('a scheduled callback keeps the process alive', async () => {
  const child = runChild(
    'src/system/clock.ts',
    'systemClock',
    `systemClock().schedule(20, () => console.log('ran'));`,
  );

  assert.equal(await child.line(), 'ran');
  assert.deepEqual(await child.ended, { code: 0, signal: null });
});

test('chance is in [0, 1) and not always the same', () => {
  const values = Array.from({ length: 100 }, () => systemRandom());

  assert.ok(values.every((value) => value >= 0 && value < 1));
  assert.ok(new Set(values).size > 90);
});
