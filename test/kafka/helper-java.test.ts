/** Kafka's own tools in Java see what a client wrote: the suites trust them as the other end. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { consoleConsume, consoleProduce, describeGroup } from '../helpers/kafka/java.ts';
import { skipClusters, useKafka } from '../helpers/kafka/use-kafka.ts';

const kafka = await useKafka();
const skip = kafka.skip === false ? await skipClusters() : kafka.skip;
const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });

test(
  'the console consumer gives keys, headers and values as they are, nulls and bytes too',
  { skip },
  async (t) => {
    const topic = `java-${randomUUID()}`;
    const producer = client.producer({ allowAutoTopicCreation: false });
    const admin = client.admin();
    t.after(() => Promise.all([producer.disconnect(), admin.disconnect()]));
    await Promise.all([producer.connect(), admin.connect()]);
    await admin.createTopics({ topics: [{ topic }] });
    const bytes = Buffer.from([0, 10, 255, 128, 9]);
    const messages = [
      { key: 'größe', value: bytes, headers: { kind: 'crash', note: 'a:b, c' } },
      { key: null, value: 'text' },
      { key: 'tombstone', value: null },
    ];

    await producer.send({ topic, messages });

    const read = await consoleConsume({ brokers: kafka.brokers, topic, count: 3 });
    assert.deepEqual(read, [
      { partition: 0, offset: 0, key: 'größe', headers: { kind: 'crash', note: 'a:b, c' }, value: bytes },
      { partition: 0, offset: 1, key: null, headers: {}, value: Buffer.from('text') },
      { partition: 0, offset: 2, key: 'tombstone', headers: {}, value: null },
    ]);
  },
);

test('the description of a group has its offsets and its lag', { skip }, async (t) => {
  const { brokers } = kafka;
  const topic = `java-${randomUUID()}`;
  const groupId = `java-${randomUUID()}`;
  const admin = client.admin();
  t.after(() => admin.disconnect());
  await admin.connect();
  await admin.createTopics({ topics: [{ topic }] });
  const records = ['a', 'b', 'c'].map((key) => ({ key, value: key }));
  await consoleProduce({ brokers, topic, records, compression: 'lz4' });

  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] });

  const described = await describeGroup(groupId, { brokers });
  assert.deepEqual(described, [{ topic, partition: 0, committed: 1, end: 3, lag: 2, member: null }]);
});
