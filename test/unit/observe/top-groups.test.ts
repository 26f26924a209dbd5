import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NamedCounts } from '../../../src/observe/names.ts';
import { TopGroups } from '../../../src/observe/top-groups.ts';

const GROUPS_MAX = 4;

function tally(group: number, count: number): { group: string; title: string; kind: 'lag'; count: number } {
  return { group: String(group), title: `title ${group}`, kind: 'lag', count };
}

const stream = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.integer({ min: 1, max: 20 })), { maxLength: 300 });

/** The counts without any bound. */
function truth(pairs: readonly (readonly [number, number])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [group, count] of pairs) counts.set(String(group), (counts.get(String(group)) ?? 0) + count);
  return counts;
}

test('memory is bounded whatever comes', () => {
  const property = fc.property(stream, (pairs) => {
    const groups = new TopGroups(GROUPS_MAX);
    for (const [group, count] of pairs) {
      groups.add([tally(group, count)]);
      assert.ok(groups.size <= 2 * GROUPS_MAX);
    }
  });

  fc.assert(property);
});

test('counts are never too high, and too low by at most total / (limit + 1)', () => {
  const property = fc.property(stream, (pairs) => {
    const groups = new TopGroups(GROUPS_MAX);
    groups.add(pairs.map(([group, count]) => tally(group, count)));
    const shown = new Map(groups.top(100).map(({ group, count }) => [group, count]));
    const total = pairs.reduce((sum, [, count]) => sum + count, 0);

    for (const [group, count] of truth(pairs)) {
      const estimate = shown.get(group) ?? 0;
      assert.ok(estimate <= count, `${estimate} of ${count}`);
      assert.ok(count - estimate <= groups.shortfallMax, `${estimate} of ${count}`);
    }
    assert.ok(groups.shortfallMax <= total / (GROUPS_MAX + 1));
  });

  fc.assert(property);
});

test('the bound holds against a stream made to break it', () => {
  const groups = new TopGroups(GROUPS_MAX);
  let total = 0;
  let name = 0;
  const add = (count: number): void => {
    groups.add([tally((name += 1), count)]);
    total += count;
  };
  for (let i = 0; i < GROUPS_MAX; i += 1) add(1000);

  for (let round = 0; round < 50; round += 1) {
    add(500);
    for (let i = 0; i < GROUPS_MAX; i += 1) add(1);
  }

  assert.ok(groups.shortfallMax > 0);
  assert.ok(groups.shortfallMax <= total / (GROUPS_MAX + 1), `${groups.shortfallMax} of ${total}`);
});

test('counts are exact as long as the groups fit', () => {
  const property = fc.property(
    fc.array(fc.tuple(fc.nat({ max: 2 * GROUPS_MAX - 1 }), fc.integer({ min: 1, max: 20 }))),
    (pairs) => {
      const groups = new TopGroups(GROUPS_MAX);
      groups.add(pairs.map(([group, count]) => tally(group, count)));

      assert.deepEqual(new Map(groups.top(100).map(({ group, count }) => [group, count])), truth(pairs));
      assert.equal(groups.shortfallMax, 0);
    },
  );

  fc.assert(property);
});

test('named counts keep so many names, the rest is other, nothing is lost', () => {
  const counts = new NamedCounts(2);

  counts.addAll({ a: 1, b: 2, c: 3 });
  counts.addAll({ d: 4, a: 5 });

  assert.deepEqual(Object.entries(counts.toObject()), [
    ['other', 7],
    ['a', 6],
    ['b', 2],
  ]);
});
