/** Sampled stacks merged: forms of stacks, of lists, limits, and what holds for any samples. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeSamples, type SampledStacks } from '../../../../src/analysis/lag/samples.ts';
import { LIMITS } from './helpers.ts';

const IN_QUERY =
  'at com.shop.Db.query(Db.java:20)\nat com.shop.Cart.open(Cart.java:7)\nat android.os.Looper.loop(Looper.java:1)';
const IN_CART = 'at com.shop.Cart.open(Cart.java:9)\nat android.os.Looper.loop(Looper.java:1)';

function merge(report: unknown, limits: Partial<typeof LIMITS> = {}): SampledStacks {
  const stacks = mergeSamples(report, { ...LIMITS, ...limits });
  assert.ok(stacks !== null);
  return stacks;
}

function pathOf(stacks: SampledStacks): string {
  return stacks.heaviestPath
    .map(({ name, totalMs, selfMs }) => `${name} ${String(totalMs)}/${String(selfMs)}`)
    .join(', ');
}

function codesOf({ problems }: SampledStacks): string[] {
  return problems.map(({ code }) => code);
}

test('samples merge by method, whatever the line, into one path outermost first', () => {
  const stacks = merge([
    { time: 0, stack: IN_QUERY },
    { time: 100, stack: IN_CART },
    { time: 130, stack: IN_QUERY.replace(':20', ':21') },
    { time: 200, stack: IN_CART },
  ]);

  assert.equal(
    pathOf(stacks),
    'android.os.Looper.loop 270/0, com.shop.Cart.open 270/100, com.shop.Db.query 170/170',
  );
  assert.deepEqual(
    stacks.heaviestPath.map(({ frame }) => frame.line),
    [1, undefined, undefined],
  );
  assert.deepEqual(codesOf(stacks), []);
});

test('a list of lines, a text of lines and a folded text of one stack are one path', () => {
  const stacks = merge([
    { time: 0, stack: IN_QUERY },
    { time: 10, stack: IN_QUERY.split('\n') },
    { time: 20, stack: 'android.os.Looper.loop;com.shop.Cart.open;com.shop.Db.query' },
    { time: 30, stack: 'android/os/Looper.loop;com/shop/Cart.open;com/shop/Db.query' },
  ]);

  assert.equal(
    pathOf(stacks),
    'android.os.Looper.loop 40/0, com.shop.Cart.open 40/0, com.shop.Db.query 40/40',
  );
});

test('JavaScript stacks merge too, and headings above frames are left out', () => {
  const stacks = merge([
    {
      time: 0,
      stack:
        'Error: sample\n    at heavy (https://shop.example/app.js:1:10)\n    at https://shop.example/app.js:9:1',
    },
    { time: 50, stack: 'heavy@https://shop.example/app.js:1:12\n@https://shop.example/app.js:9:1' },
  ]);

  assert.equal(pathOf(stacks), 'app.js 100/0, heavy (app.js) 100/100');
  assert.ok(stacks.heaviestPath.every(({ frame }) => frame.inApp));
});

test('an object with samples and its interval is read, the last sample weighs the interval', () => {
  const stacks = merge({
    interval_ms: 16,
    samples: [
      { time: '2026-11-20T08:15:30.000Z', stack: IN_CART },
      { time: '2026-11-20T08:15:30.100Z', stack: IN_CART },
    ],
  });

  assert.equal(stacks.totalMs, 116);
});

test('time spent waiting for messages is told apart', () => {
  const idle =
    'at android.os.MessageQueue.nativePollOnce(Native method)\nat android.os.Looper.loop(Looper.java:1)';

  const stacks = merge([
    { time: 0, stack: idle },
    { time: 30, stack: IN_CART },
    { time: 40, stack: idle },
  ]);

  assert.deepEqual([stacks.totalMs, stacks.idleMs, stacks.idle], [50, 40, true]);
});

test('a bad sample harms itself alone', () => {
  const stacks = merge([
    { time: 0, stack: IN_CART },
    { time: -5, stack: IN_CART },
    { time: 20, stack: 7 },
    null,
    { time: 40, stack: ['at a.B.c(B.java:1)', 3] },
    { stack: '' },
    { time: 60, stack: IN_CART },
  ]);

  assert.equal(stacks.samples, 7);
  assert.equal(stacks.heaviestPath.at(-1)?.name, 'com.shop.Cart.open');
  assert.deepEqual(stacks.problems, [
    { code: 'sample-time-invalid', at: 'profile_data.report[1].time' },
    { code: 'sample-stack-invalid', at: 'profile_data.report[2].stack' },
  ]);
});

test('an empty list is a finding’s problem, not an error', () => {
  const stacks = merge({ samples: [] });

  assert.deepEqual(stacks.heaviestPath, []);
  assert.deepEqual(stacks.problems, [{ code: 'samples-empty', at: 'profile_data.report.samples' }]);
});

test('what is no list of samples is not taken for one', () => {
  const none = [null, undefined, 1, 'at a.B.c(B.java:1)', {}, { samples: 'no' }, new Map()].map((report) =>
    mergeSamples(report, LIMITS),
  );

  assert.ok(none.every((stacks) => stacks === null));
});

test('samples past the limit are left out and a problem tells where', () => {
  const samples = Array.from({ length: 5 }, (_, i) => ({ time: i, stack: IN_CART }));

  const stacks = merge(samples, { samplesMax: 3 });

  assert.equal(stacks.samples, 3);
  assert.deepEqual(stacks.problems, [{ code: 'samples-over-limit', at: 'profile_data.report[3]' }]);
});

test('of a stack past the limit of frames the outermost and innermost are kept', () => {
  const deep = ['leaf', ...Array.from({ length: 50_000 }, (_, i) => `r${String(i)}`), 'root'].join('\n');

  const stacks = merge([{ time: 0, stack: deep }], { framesMax: 4 });

  assert.deepEqual(
    stacks.heaviestPath.map(({ name }) => name),
    ['root', 'r49999', 'r0', 'leaf'],
  );
  assert.deepEqual(codesOf(stacks), ['frames-over-limit']);
});

test('stacks past the report’s limit of bytes are left out', () => {
  const stacks = merge(
    [
      { time: 0, stack: IN_CART },
      { time: 10, stack: IN_QUERY },
    ],
    { reportBytesMax: IN_CART.length },
  );

  assert.equal(stacks.heaviestPath.at(-1)?.name, 'com.shop.Cart.open');
  assert.ok(codesOf(stacks).includes('report-over-limit'));
});

test('the order of samples of one time changes nothing', () => {
  const stack = fc.array(fc.constantFrom('a.B.c', 'a.B.d', 'at a.B.c(B.java:1)', 'at a.B.c(B.java:2)', 'e'), {
    maxLength: 5,
  });
  const samples = fc.array(fc.record({ time: fc.nat(5), stack }), { maxLength: 20 });
  fc.assert(
    fc.property(
      samples.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      ),
      ([list, shuffled]) => {
        const byTime = (all: typeof list): typeof list => all.toSorted((a, b) => a.time - b.time);

        const one = merge({ interval_ms: 10, samples: byTime(list) });
        const other = merge({ interval_ms: 10, samples: byTime(shuffled) });

        assert.deepEqual(other.heaviestPath, one.heaviestPath);
        assert.deepEqual([other.totalMs, other.idleMs], [one.totalMs, one.idleMs]);
      },
    ),
  );
});

test('anything at all is read or refused, never thrown at', () => {
  const sample = fc.oneof(fc.record({ time: fc.anything(), stack: fc.anything() }), fc.anything());
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.array(sample),
        fc.record({ interval_ms: fc.anything(), samples: fc.array(sample) }),
      ),
      (report) => {
        const stacks = mergeSamples(report, LIMITS);

        assert.ok(stacks === null || (Number.isFinite(stacks.totalMs) && stacks.totalMs >= stacks.idleMs));
      },
    ),
  );
});
