import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, test } from 'node:test';
import type { KafkaClient } from '../../src/transport/kafka/client.ts';
import { numbered, sorted, upTo } from '../contract/records.ts';
import { eventually } from '../helpers/eventually.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import type { SourceChoice } from './consuming.ts';
import { append, MEMBER, Reader } from './consuming.ts';
import { makeTopic, testClient, troubledClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);

const readers: Reader[] = [];
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

async function opened(choice: SourceChoice, by: KafkaClient = client): Promise<Reader> {
  const reader = new Reader(by, choice);
  readers.push(reader);
  return reader.open();
}

/** Subscribes to these topics alone. */
function to(...topics: readonly string[]): Pick<SourceChoice, 'subscribes'> {
  return { subscribes: (topic) => topics.includes(topic) };
}

function numbersOf(...of: readonly Reader[]): number[] {
  return sorted(of.flatMap(({ values }) => values.map(Number)));
}

/** Waits until all partitions are held, each by one, and so many by each. */
async function shared(topic: string, each: ReadonlyMap<Reader, number>): Promise<void> {
  await eventually('each has its share', () =>
    [...each].every(
      ([reader, count]) => [...reader.held].filter((place) => place.startsWith(`${topic}/`)).length === count,
    ),
  );
}

test(
  'two members share the partitions and take over from each other, each record read once',
  { skip },
  async () => {
    const topic = await makeTopic(client, { partitions: 8 });
    const group = randomUUID();
    const first = await opened({ group, ...to(topic) });
    await append(client, topic, numbered(400, 40));
    await eventually('the first reads all', () => first.values.length === 400);

    const second = await opened({ group, ...to(topic) });
    await shared(
      topic,
      new Map([
        [first, 4],
        [second, 4],
      ]),
    );
    await append(client, topic, numbered(400, 40, 400));
    await eventually('both read', () => first.values.length + second.values.length === 800);
    await first.close();
    await shared(topic, new Map([[second, 8]]));
    await append(client, topic, numbered(400, 40, 800));
    await eventually('the second reads all', () => first.values.length + second.values.length === 1200);

    assert.deepEqual(numbersOf(first, second), upTo(1200));
    assert.ok(second.values.length > 400);
  },
);

test('what a member keeps in a rebalance is neither revoked nor assigned again', { skip }, async () => {
  const topic = await makeTopic(client, { partitions: 4 });
  const group = randomUUID();
  const first = await opened({ group, ...to(topic) });
  await shared(topic, new Map([[first, 4]]));
  const before = first.sights.length;

  const second = await opened({ group, ...to(topic) });
  await shared(
    topic,
    new Map([
      [first, 2],
      [second, 2],
    ]),
  );

  const since = first.sights.slice(before);
  const revoked = since.flatMap((sight) => (sight.type === 'revoked' ? sight.places : []));
  assert.ok(since.every(({ type }) => type === 'revoked'));
  assert.deepEqual(new Set(revoked), second.held);
});

test('a partition is drained and committed before another member is given it', { skip }, async () => {
  const topic = await makeTopic(client, { partitions: 2 });
  const group = randomUUID();
  const first = await opened({ group, ...to(topic), member: { ...MEMBER, sessionTimeoutMs: 1500 } });
  await append(client, topic, numbered(100, 20));
  await eventually('all is read', () => first.values.length === 100);
  let drained = false;
  const draining = Promise.withResolvers<void>();
  first.drain = async () => {
    await draining.promise;
    drained = true;
  };

  const second = new Reader(client, { group, ...to(topic) });
  readers.push(second);
  const opening = second.open();
  await eventually(
    'a partition is being let go',
    () => first.events.filter(({ type }) => type === 'rebalanced').length > 1,
  );
  // Longer than the session: heartbeats go on while the engine drains.
  const overMs = performance.now() + 2500;
  await eventually('its session would be over', () => performance.now() > overMs);
  assert.equal(second.held.size, 0);
  draining.resolve();
  await opening;
  await shared(
    topic,
    new Map([
      [first, 1],
      [second, 1],
    ]),
  );
  await append(client, topic, numbered(100, 20, 100));
  await eventually('both read on', () => first.values.length + second.values.length === 200);

  assert.ok(drained);
  assert.deepEqual(numbersOf(first, second), upTo(200));
  assert.deepEqual(
    first.events.filter(({ type }) => type === 'group-fault'),
    [],
  );
});

test(
  'a member that cannot reach the brokers for longer than its session lets go of all, and comes back',
  { skip },
  async () => {
    const topic = await makeTopic(client, { partitions: 4 });
    const group = randomUUID();
    let isCutOff = false;
    const member = { ...MEMBER, sessionTimeoutMs: 1500 };
    const first = await opened(
      { group, ...to(topic), member },
      troubledClient(client, () => (isCutOff ? 'unsent' : null)),
    );
    const second = await opened({ group, ...to(topic), member });
    await shared(
      topic,
      new Map([
        [first, 2],
        [second, 2],
      ]),
    );
    await append(client, topic, numbered(100, 20));
    await eventually('all is read', () => first.values.length + second.values.length === 100);
    await Promise.all([first, second].map((reader) => reader.commit(placesOf(reader))));

    isCutOff = true;
    await shared(
      topic,
      new Map([
        [first, 0],
        [second, 4],
      ]),
    );
    await append(client, topic, numbered(100, 20, 100));
    await eventually('the other reads all', () => first.values.length + second.values.length === 200);
    isCutOff = false;
    await shared(
      topic,
      new Map([
        [first, 2],
        [second, 2],
      ]),
    );

    assert.deepEqual(numbersOf(first, second), upTo(200));
    assert.ok(first.events.some(({ type }) => type === 'out-of-group'));
  },
);

test(
  'members of different topics read all of them: nothing is dealt to one that does not subscribe to it',
  { skip },
  async () => {
    const [old, both, young] = await Promise.all(
      ['a', 'b', 'c'].map(() => makeTopic(client, { partitions: 4 })),
    );
    assert.ok(old !== undefined && both !== undefined && young !== undefined);
    const group = randomUUID();
    const first = await opened({ group, ...to(old, both) });
    const second = await opened({ group, ...to(both, young) });

    for (const [i, topic] of [old, both, young].entries())
      await append(client, topic, numbered(100, 30, i * 100));
    await eventually('all is read', () => first.values.length + second.values.length === 300);

    assert.deepEqual(numbersOf(first, second), upTo(300));
    assert.ok(first.deliveries.every(({ topic }) => topic !== young));
    assert.ok(second.deliveries.every(({ topic }) => topic !== old));
    assert.equal(first.held.size + second.held.size, 12);
    assert.equal(first.held.size, second.held.size);
  },
);

test(
  'a topic that appears, and partitions that are added, are shared and read from their start',
  { skip },
  async () => {
    const prefix = randomUUID();
    const group = randomUUID();
    const choice = {
      group,
      from: 'latest' as const,
      subscribes: (topic: string) => topic.startsWith(prefix),
    };
    const first = await opened(choice);
    const second = await opened(choice);

    const topic = await makeTopic(client, { name: `${prefix}-new`, partitions: 2 });
    await append(client, topic, numbered(50, 20));
    await shared(
      topic,
      new Map([
        [first, 1],
        [second, 1],
      ]),
    );
    const admin = client.kafka.admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await admin.disconnect();
    await shared(
      topic,
      new Map([
        [first, 2],
        [second, 2],
      ]),
    );
    await append(client, topic, numbered(50, 20, 50));
    await eventually('all is read', () => first.values.length + second.values.length === 100);

    assert.deepEqual(numbersOf(first, second), upTo(100));
  },
);

test('a deleted topic is told and let go of, and the others are read on', { skip }, async () => {
  const [gone, kept] = await Promise.all(['a', 'b'].map(() => makeTopic(client, { partitions: 2 })));
  assert.ok(gone !== undefined && kept !== undefined);
  const reader = await opened({ group: randomUUID(), ...to(gone, kept) });

  const admin = client.kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [gone] });
  await admin.disconnect();
  await shared(gone, new Map([[reader, 0]]));
  await append(client, kept, numbered(20));
  await eventually('the other is read', () => reader.values.length === 20);

  assert.equal(reader.failure, null);
  assert.ok(
    reader.events.some((event) => event.type === 'group-fault' && event.fault.code === 'E_KAFKA_TOPIC'),
  );
});

test('a group of other clients is refused in a sentence', { skip }, async () => {
  const topic = await makeTopic(client);
  const groupId = randomUUID();
  const other = client.kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  await other.connect();
  await other.subscribe({ topics: [topic] });
  const joined = Promise.withResolvers<void>();
  other.on('consumer.group_join', () => joined.resolve());
  await other.run({ eachMessage: async () => undefined });
  await joined.promise;

  const reader = new Reader(client, { group: groupId, ...to(topic) });
  const opening = reader.open();

  await assert.rejects(opening, { code: 'E_KAFKA_GROUP', retriable: false, message: new RegExp(groupId) });
  await reader.close();
  await other.disconnect();
});

function placesOf(reader: Reader): { topic: string; partition: number }[] {
  return [...reader.held].map((place) => {
    const at = place.lastIndexOf('/');
    return { topic: place.slice(0, at), partition: Number(place.slice(at + 1)) };
  });
}
