import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Place } from '../../../src/cli/offsets-plan.ts';
import { lagOf, moveTo, placesOf, skip } from '../../../src/cli/offsets-plan.ts';

function place(values: Partial<Place>): Place {
  const base = { task: 't', group: 'g', topic: 'x', partition: 0, readBy: null };
  return { ...base, start: 0, end: 100, committed: null, ...values };
}

const places = fc
  .record({
    start: fc.nat(1000),
    held: fc.nat(1000),
    committed: fc.option(fc.nat(3000)),
  })
  .map(({ start, held, committed }) => place({ start, end: start + held, committed }));

test('wherever a position is put, it is between the first and the next record', () => {
  fc.assert(
    fc.property(places, fc.integer({ min: -10, max: 5000 }), fc.nat(5000), (each, to, count) => {
      for (const { after } of [moveTo(each, to), skip(each, to, count)]) {
        assert.ok(each.start <= after && after <= each.end);
      }
    }),
  );
});

test('a skip goes on from what is committed, else from where the group would begin', () => {
  assert.equal(skip(place({ committed: 7 }), 50, 3).after, 10);
  assert.equal(skip(place({ committed: null }), 50, 3).after, 53);
});

test('a skip passes over records that are there, not over those that were removed', () => {
  assert.equal(skip(place({ start: 20, committed: 7 }), 0, 1).after, 21);
});

test('lag is what is there behind the position, all of it where there is none', () => {
  assert.equal(lagOf(place({ committed: 30 })), 70);
  assert.equal(lagOf(place({ start: 40, committed: null })), 60);
  assert.equal(lagOf(place({ start: 40, committed: 10 })), 60);
  assert.equal(lagOf(place({ committed: 200 })), 0);
});

test('each partition of what a task takes is a place, with its own group’s position', () => {
  const task = { name: 'crash', group: 'mine', topics: [/x/] };
  const partitions = [0, 1].map((partition) => ({ partition, start: 0, end: 9, records: 9, bytes: null }));
  const topic = { name: 'x', isInternal: false, records: 18, bytes: null, partitions, offline: [] };
  const group = (name: string, offset: number) => ({
    name,
    pid: 42,
    members: [],
    positions: [{ topic: 'x', partition: 1, offset, metadata: '', lag: 0 }],
  });

  const found = placesOf(
    [{ task, topic }],
    [group('other', 3), group('mine', 5)],
    ({ pid }, { partition }) => `process ${pid} in ${partition}`,
  );

  assert.deepEqual(
    found.map(({ partition, committed, readBy }) => [partition, committed, readBy]),
    [
      [0, null, 'process 42 in 0'],
      [1, 5, 'process 42 in 1'],
    ],
  );
});
