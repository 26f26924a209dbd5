import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wishOf } from '../../../bench/compare/wish.ts';

test('what follows -- is for the bench, after what is usual there', () => {
  const wish = wishOf(['main', '.', '--pairs', '3', '--', '--threads', '2', '--pairs', '9']);

  assert.deepEqual([wish.a, wish.b, wish.pairs], ['main', '.', 3]);
  assert.deepEqual(wish.flags.slice(0, 2), ['--only', 'engine']);
  assert.deepEqual(wish.flags.slice(-4), ['--threads', '2', '--pairs', '9']);
});

test('both runs of a pair are at the same time unless that is not wanted', () => {
  assert.equal(wishOf(['a', 'b']).areConcurrent, true);
  assert.equal(wishOf(['a', 'b', '--concurrent']).areConcurrent, true);
  assert.equal(wishOf(['a', 'b', '--no-concurrent']).areConcurrent, false);
});

for (const args of [[], ['a'], ['a', 'b', 'c'], ['a', 'b', '--pairs', '1'], ['a', 'b', '--what']]) {
  test(`refuses ${JSON.stringify(args)}`, () => {
    assert.throws(() => wishOf(args), TypeError);
  });
}
