import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Call } from '../../../../src/transport/kafka/calls.ts';
import { OutputTopic } from '../../../../src/transport/kafka/output-topic.ts';
import { Routes } from '../../../../src/transport/kafka/routes.ts';
import { partitionOf } from '../../../../src/wire/partitioner.ts';
import { upTo } from '../../../contract/records.ts';

/** Routes to partitions with these leaders. */
async function routesTo(leaders: readonly number[]): Promise<Routes> {
  const partitions = leaders.map((leader, partition) => ({ partition, leader }));
  const topics = [{ name: 't', error: 0, isInternal: false, partitions }];
  const routes = new Routes({ metadata: async () => ({ brokers: [], topics }) });
  await routes.learn(['t']);
  return routes;
}

function callOf(keys: readonly (string | null)[], bytes = 1): Call {
  const publications = keys.map((key) => ({
    topic: 't',
    key: key === null ? null : Buffer.from(key),
    value: Buffer.alloc(bytes),
    headers: [],
    timestampMs: 0,
  }));
  return new Call(publications, { deadlineMs: 0, term: 0, recordBytesMax: 1_000_000 });
}

test('entries wait until the partitions are known, and are given to them in order then', async () => {
  const topic = new OutputTopic('t', 1000);
  for (const entry of callOf(['a', 'b', 'c']).entries) topic.add(entry);

  const before = topic.route(new Routes({ metadata: () => Promise.reject(new Error('not asked')) }));
  const wasWaiting = topic.hasUnrouted;
  const given = topic.route(await routesTo([0, 1, 2]));

  assert.deepEqual([before.size, wasWaiting, topic.hasUnrouted], [0, true, false]);
  assert.deepEqual(
    new Set([...given].map(({ partition }) => partition)),
    new Set(['a', 'b', 'c'].map((key) => partitionOf(Buffer.from(key), 3))),
  );
});

test('what has no key goes round the partitions that have a leader', async () => {
  const topic = new OutputTopic('t', 1000);
  for (const entry of callOf(
    upTo(100).map(() => null),
    4000,
  ).entries)
    topic.add(entry);

  const given = topic.route(await routesTo([0, -1, 2, -1]));

  assert.deepEqual(new Set([...given].map(({ partition }) => partition)), new Set([0, 2]));
});

test('a partition that comes later is used from then on', async () => {
  const topic = new OutputTopic('t', 1000);
  const keys = upTo(50).map(String);
  for (const entry of callOf(keys).entries) topic.add(entry);
  topic.route(await routesTo([0]));

  for (const entry of callOf(keys).entries) topic.add(entry);
  const given = topic.route(await routesTo([0, 0]));

  assert.equal(given.size, 2);
});
