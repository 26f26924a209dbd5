import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Progress, progressBar, progressLine } from '../../../src/cli/progress.ts';
import { fakeTerminal } from '../../helpers/terminal.ts';

const state = { label: 'events written', elapsedMs: 1000, remark: '' };

test('a known total gives the time left', () => {
  const line = progressLine({ ...state, done: 250_000, total: 1_000_000, perSecond: 50_000 });

  assert.equal(line, '250,000 of 1,000,000 events written  50,000/s  15.0 s left');
});

test('without a total or a rate no time is promised', () => {
  assert.equal(progressLine({ ...state, done: 7, total: null, perSecond: 3.5 }), '7 events written  3.5/s');
  assert.equal(progressLine({ ...state, done: 0, total: 9, perSecond: 0 }), '0 of 9 events written  0/s');
});

test('the bar is as wide when empty, half full and overfull', () => {
  const bars = [0, 0.5, 1, 1.7].map(progressBar);

  assert.deepEqual(
    bars.map((bar) => bar.length),
    [24, 24, 24, 24],
  );
  assert.equal(bars[1], `${'█'.repeat(12)}${' '.repeat(12)}`);
  assert.equal(bars[3], '█'.repeat(24));
});

test('a terminal gets one line that is drawn over, anything else a plain line now and then', () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const screen = fakeTerminal({ statusIsTTY: true });
  const file = fakeTerminal();
  const shown = [new Progress(screen, 'events written', 10), new Progress(file, 'events written', 10)];

  for (const progress of shown) progress.update(5, '1 skipped');
  mock.timers.tick(5_000);
  for (const progress of shown) progress.close();
  mock.timers.tick(60_000);
  mock.timers.reset();

  assert.equal(screen.statuses().length, 51);
  assert.match(screen.statuses()[0] ?? '', /5 of 10 events written .* 1 skipped$/);
  assert.equal(screen.statuses().at(-1), '');
  assert.match(file.err(), /^[^\n]*: 5 of 10 events written [^\n]*\n$/);
});

test('the time before the first is done does not count for the rate', () => {
  mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 0;
  const clock = mock.method(performance, 'now', () => nowMs);

  const screen = fakeTerminal({ statusIsTTY: true });
  const progress = new Progress(screen, 'events written', 1000);

  nowMs = 9_000;
  mock.timers.tick(100);
  nowMs = 9_900;
  mock.timers.tick(100);
  nowMs = 10_000;
  progress.update(100);
  mock.timers.tick(100);
  progress.close();
  clock.mock.restore();
  mock.timers.reset();

  assert.match(screen.statuses().at(-2) ?? '', / 1,000\/s {2}900 ms left$/);
});
