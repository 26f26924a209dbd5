import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, lowerOf, offenders, offenderText } from '../../../bench/gate/judge.ts';
import type { Limit } from '../../../bench/gate/limits.ts';
import { LIMITS } from '../../../bench/gate/limits.ts';

function limit(what: string, atMost: number): Limit {
  return { what, usual: atMost / 2, atMost, why: `of ${what}` };
}

test('the offender that is farthest over its limit is the worst, whatever its size', () => {
  const limits = [limit('held', 1), limit('large', 10), limit('small', 0.01)];
  const multiples = new Map([
    ['held', 1],
    ['large', 11],
    ['small', 0.02],
  ]);

  const [worst, ...rest] = offenders(judge(limits, multiples));

  assert.equal(worst?.what, 'small');
  assert.match(offenderText(worst), /"small": 0\.02 × JSON\.parse, at most 0\.01 \(of small\)/);
  assert.deepEqual(
    rest.map(({ what }) => what),
    ['large'],
  );
});

test('a figure that is gone, or is no number, is not held', () => {
  const verdicts = judge([limit('gone', 1), limit('odd', 1)], new Map([['odd', Number.NaN]]));

  assert.deepEqual(
    offenders(verdicts).map(({ what }) => what),
    ['gone', 'odd'],
  );
  assert.match(verdicts.map(offenderText).join(), /"gone", which is measured no longer/);
});

test('of two measurements each figure counts with its lower one', () => {
  const lower = lowerOf(
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
    new Map([
      ['b', 1],
      ['a', 3],
      ['c', 4],
    ]),
  );

  assert.deepEqual(Object.fromEntries(lower), { a: 1, b: 1, c: 4 });
});

test('each limit lies at 1.5 to 2.5 times what is usual', () => {
  const wrong = LIMITS.filter(({ usual, atMost }) => atMost / usual < 1.5 || atMost / usual > 2.5);

  assert.deepEqual(wrong, []);
});
