/** The brokers that the suites start are what their helper promises. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { eventually } from '../helpers/eventually.ts';
import { startKafka } from '../helpers/kafka/cluster.ts';
import { consoleConsume, consoleProduce } from '../helpers/kafka/java.ts';
import { skipClusters } from '../helpers/kafka/use-kafka.ts';

const skip = await skipClusters();

function kafka(brokers: readonly string[]): Kafka {
  return new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
}

test('a node that is killed comes back with its data at the same port', { skip }, async (t) => {
  const cluster = await startKafka();
  t.after(() => cluster.close());
  const { brokers } = cluster;
  const admin = kafka(brokers).admin();
  t.after(() => admin.disconnect());
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'kept' }] });
  const records = [
    { key: 'a', value: 'first' },
    { key: 'b', value: 'second, größer' },
  ];
  await consoleProduce({ brokers, topic: 'kept', records, compression: 'zstd' });

  await cluster.kill(0);
  await cluster.start(0);

  const read = await consoleConsume({ brokers, topic: 'kept', count: 2 });
  assert.deepEqual(
    read.map(({ offset, key, value }) => ({ offset, key, value: value?.toString() })),
    records.map((record, offset) => ({ offset, ...record })),
  );
});

test('a node that cannot start is reported with what it logged, and leaves nothing', { skip }, async () => {
  const starting = startKafka({ properties: { 'metric.reporters': 'no.such.Reporter' } });

  await assert.rejects(starting, /node 0 of Kafka did not start: .*it has ended[^]*no\.such\.Reporter/);
});

test('of three nodes another one leads when the leader is killed', { skip }, async (t) => {
  const cluster = await startKafka({ nodes: 3 });
  t.after(() => cluster.close());
  const admin = kafka(cluster.brokers).admin();
  t.after(() => admin.disconnect());
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'led' }] });
  const partition = async (): Promise<{ leader: number; isr: readonly number[] } | undefined> =>
    (await admin.fetchTopicMetadata({ topics: ['led'] })).topics[0]?.partitions[0];
  const before = await eventually('a leader', partition);

  await cluster.kill(before.leader);

  const after = await eventually('another leader', async () => {
    const now = await partition();
    return now !== undefined && now.leader >= 0 && now.leader !== before.leader && now;
  });
  assert.deepEqual(new Set(before.isr), new Set([0, 1, 2]));
  assert.equal(after.isr.includes(before.leader), false);

  await cluster.start(before.leader);

  await eventually('it is in sync again', async () => (await partition())?.isr.length === 3);
});
