/** The group's identity. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldVariables } from '../../../../src/analysis/grouping/fold.ts';
import { groupOf } from '../../../../src/analysis/grouping/group.ts';
import { GROUP_FRAMES_MAX, selectKeys } from '../../../../src/analysis/grouping/select.ts';

test('a group stays what it is from release to release', () => {
  const group = groupOf(['type java.lang.Error', 'frame com.shop.Cart.add']);

  // Changing this value means raising GROUP_VERSION: stored groups would no longer match.
  assert.equal(group, 'd07293adafe99b507423ad1e024b7961');
});

test('different lists of parts never read the same', () => {
  assert.notEqual(groupOf(['ab', 'c']), groupOf(['a', 'bc']));
  assert.notEqual(groupOf(['a', '']), groupOf(['a']));
  assert.notEqual(groupOf(['1:a']), groupOf(['', 'a']));
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (one, other) => {
      assert.equal(groupOf(one) === groupOf(other), JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});

test('texts that differ in numbers, addresses and identifiers fold to one', () => {
  assert.equal(foldVariables('order 4711 at 0x7f3a of user 12', 99), 'order 0 at # of user 0');
  assert.equal(foldVariables('id 123e4567-e89b-12d3-a456-426614174000 gone', 99), 'id # gone');
  assert.equal(foldVariables('hash deadbeef01', 99), foldVariables('hash 01deadbeef', 99));
  assert.equal(foldVariables('a face in the crowd', 99), 'a face in the crowd');
});

test('the depth of a recursion does not matter', () => {
  const frames = (depth: number): { raw: string; module: string; function: string; inApp: boolean }[] =>
    ['top', ...Array.from({ length: depth }, () => ['a', 'b', 'c']).flat(), 'end'].map((name) => ({
      raw: '',
      module: 'M',
      function: name,
      inApp: true,
    }));

  assert.deepEqual(selectKeys(frames(2), null).keys, ['M.top', 'M.a', 'M.b', 'M.c', 'M.end']);
  assert.deepEqual(selectKeys(frames(300), null), selectKeys(frames(2), null));
});

test("the app's own frames go before all others, and no more than the limit count", () => {
  const frame = (name: string, inApp: boolean): { raw: string; function: string; inApp: boolean } => ({
    raw: '',
    function: name,
    inApp,
  });

  const own = selectKeys([frame('sys', false), frame('mine', true)], null);
  const none = selectKeys([frame('sys', false), frame('more', false)], null);
  const many = selectKeys(
    Array.from({ length: 99 }, (_, i) => frame(`f${String(i)}`, true)),
    null,
  );

  assert.deepEqual(own.keys, ['mine']);
  assert.deepEqual(none.keys, ['sys', 'more']);
  assert.equal(many.keys.length, GROUP_FRAMES_MAX);
});

test('each frame is told with its fate, also those of a cycle that was folded', () => {
  const frame = (name: string): { raw: string; module: string; function: string; inApp: boolean } => ({
    raw: '',
    module: 'M',
    function: name,
    inApp: name !== 'sys',
  });
  const steps: string[] = [];
  const others = Array.from({ length: 20 }, (_, i) => `f${String.fromCharCode(97 + i)}`);

  selectKeys(['sys', 'a', 'b', 'sys', 'a', 'b', 'c', ...others].map(frame), steps);

  assert.deepEqual(steps, [
    "left out, not the app's: #0, #3",
    'kept: #1-2, #6-19',
    'recursion: #4-5',
    'left out, behind 16 that count: #20-26',
  ]);
});
