import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOf, waitsOf } from '../../../src/control/views.ts';
import { aHolder, aPartition, aStatus, aWhy, fakeTarget } from '../../helpers/control.ts';

test('a status holds what is still to come', async () => {
  assert.deepEqual(await statusOf(fakeTarget()), aStatus());
});

test('a backlog that fails, or that there is none of, is told as not known', async () => {
  const without = { ...fakeTarget(), backlog: undefined };
  const throws = (): never => {
    throw new Error('closed');
  };

  assert.equal((await statusOf(without)).backlog, null);
  assert.equal((await statusOf({ ...without, backlog: throws })).backlog, null);
  assert.equal((await statusOf({ ...without, backlog: async () => throws() })).backlog, null);
});

test('the longest held partitions come first, ten of them, and partitions with nothing unfinished not at all', () => {
  const ages = [5, 900, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110];
  const partitions = [
    aPartition({ partition: 99, ahead: 0 }),
    ...ages.map((_, partition) => aPartition({ partition, ahead: 1 })),
  ];
  const target = {
    ...fakeTarget(() => aStatus({ partitions })),
    why: (topic: string, partition: number) => [
      aWhy({
        partition: aPartition({ partition, ahead: 1 }),
        holder: aHolder({ topic, partition, ageMs: ages[partition] ?? 0 }),
      }),
    ],
  };

  const { held, longest } = waitsOf(target);

  assert.equal(held, 12);
  assert.deepEqual(
    longest.map(({ holder }) => holder?.ageMs),
    [900, 110, 100, 90, 80, 70, 60, 50, 40, 30],
  );
});

test('a partition that two groups read is told of once for each', () => {
  const partitions = ['a', 'b'].map((group) => aPartition({ group, ahead: 3 }));

  const { longest } = waitsOf(fakeTarget(() => aStatus({ partitions })));

  assert.deepEqual(
    longest.map(({ partition }) => partition.group),
    ['a', 'b'],
  );
});
