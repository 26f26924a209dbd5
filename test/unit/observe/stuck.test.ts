import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StuckPartitions, withStuck } from '../../../src/observe/stuck.ts';
import { aPartition, aWhy } from '../../helpers/control.ts';
import { EVENTS, eventsOf } from './events.ts';

test('a partition stands still from when that is told until it is revoked or assigned anew', () => {
  const stuck = new StuckPartitions();
  const [broken] = eventsOf('partition-stuck');
  assert.ok(broken);
  const { group, topic, partition } = broken;
  const partitions = [{ topic, partition }];
  const count = (): number => stuck.all().length;

  const counts = [broken, { ...broken, group: 'other' }, broken].map(
    (event) => (stuck.apply(event), count()),
  );
  stuck.apply({ type: 'revoked', group, partitions, dropped: 0 });
  counts.push(count());
  stuck.apply({ type: 'assigned', group: 'other', partitions });
  counts.push(count());

  assert.deepEqual(counts, [1, 2, 2, 1, 0]);
});

test('any other event changes nothing', () => {
  const stuck = new StuckPartitions();

  for (const event of EVENTS)
    if (event.type !== 'partition-stuck' && event.type !== 'fenced') stuck.apply(event);

  assert.deepEqual(stuck.all(), []);
});

test('`why` says first that a partition stands still, of the group in which it does', () => {
  const partition = aPartition({ group: 'g' });
  const stuck = { ...partition, code: 'E_KAFKA_RECORDS', message: 'the batch is damaged' } as const;
  const why = aWhy({ partition, holder: null, sentence: 'All is committed.' });

  assert.equal(
    withStuck(why, [{ ...stuck, group: 'other' }, stuck]).sentence,
    'It stands still (E_KAFKA_RECORDS): the batch is damaged. All is committed.',
  );
  assert.equal(withStuck(why, []), why);
});
