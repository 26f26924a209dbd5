/** Neighbours that take much: which keys they have, and how it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEIGHBOURS, OTHERS_LOAD, planOf } from '../../../bench/hot/neighbours.ts';
import { hot } from '../../../bench/hot.ts';
import type { HotFigures } from '../../../bench/hot.ts';
import type { Latencies } from '../../../bench/feed/recorder.ts';
import { partitionOf } from '../../../src/wire/partitioner.ts';

const CONTEXT = { seed: 5, chunkUs: 5, partitions: 8 };

function named(name: string): (typeof NEIGHBOURS)[number] {
  const found = NEIGHBOURS.find((each) => each.name === name);
  assert.ok(found !== undefined);
  return found;
}

test('a hot partition has keys of one partition only, and the others none of it', () => {
  const { itself, others } = named('hot-partition');
  const partitions = (keys: readonly string[]): Set<number> =>
    new Set(keys.map((key) => partitionOf(Buffer.from(key), CONTEXT.partitions)));

  const hotOnes = partitions(planOf(itself, 'n', CONTEXT).keys);
  const otherOnes = partitions(planOf(others, 'o', CONTEXT).keys);

  assert.deepEqual([...hotOnes], [0]);
  assert.equal(otherOnes.has(0), false);
  assert.equal(otherOnes.size, CONTEXT.partitions - 1);
});

test('a hot key is one key with half of all events', () => {
  const { itself, load } = named('hot-key');

  const plan = planOf(itself, 'n', CONTEXT);

  assert.equal(plan.keys.length, 1);
  assert.equal(load(10_000).ratePerSecond, 10_000 * OTHERS_LOAD);
});

test('a slow task takes 50 ms an event beside one that takes nothing', () => {
  const { itself, others, hasTask } = named('slow-task');

  assert.equal(planOf(itself, 'n', CONTEXT).chunks, 10_000);
  assert.equal(planOf(others, 'o', CONTEXT).chunks, 0);
  assert.equal(hasTask, true);
});

test('ids and keys begin with the mark, by which the parties are told apart', () => {
  for (const { itself, others } of NEIGHBOURS)
    for (const [party, mark] of [
      [itself, 'n'],
      [others, 'o'],
    ] as const) {
      const plan = planOf(party, mark, CONTEXT);
      assert.equal(plan.mark, mark);
      assert.ok(plan.keys.every((key) => key.startsWith(mark)));
    }
});

test('a neighbour is told by the medians of its turns, without it and with it side by side', () => {
  const latencies = (p99Ms: number): Latencies => ({
    events: 1,
    p50Ms: 1,
    p99Ms,
    p999Ms: 1,
    maxMs: 1,
    gapMs: 1,
  });
  const turns = [5, 100, 6].map((p99Ms, turn): HotFigures => ({
    neighbour: 'hot-key',
    threads: 2,
    turn,
    ratePerSecond: 1000,
    without: latencies(p99Ms),
    beside: latencies(2 * p99Ms),
    neighbourLatencies: latencies(3 * p99Ms),
  }));

  const { tables } = hot.report({ rows: turns });

  assert.equal(tables[0]?.rows.length, 1);
  assert.equal(tables[0]?.rows[0]?.[4], '6.0 → 12.0');
});
