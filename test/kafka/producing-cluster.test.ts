/** The producing half on three brokers: leaders that are killed, stand still and come back, and what times out. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Publication } from '../../src/model/delivery.ts';
import type { Sink } from '../../src/ports/sink.ts';
import { KafkaTransactions } from '../../src/transport/kafka/transactions.ts';
import { assertKeyOrder, numbered, numbers, publications, sorted, upTo } from '../contract/records.ts';
import { eventually } from '../helpers/eventually.ts';
import type { KafkaCluster } from '../helpers/kafka/cluster.ts';
import { startKafka } from '../helpers/kafka/cluster.ts';
import { skipClusters } from '../helpers/kafka/use-kafka.ts';
import type { Trouble } from './producing.ts';
import { API, makeTopic, PRODUCE, readTopic, testClient, TRANSACTIONS, troubledClient } from './producing.ts';
import type { SinkKind } from './sinks.ts';
import { SINKS } from './sinks.ts';

const skip = await skipClusters();
const cluster = skip === false ? await start() : null;
const client = testClient(cluster?.brokers ?? []);

async function start(): Promise<KafkaCluster> {
  const properties = {
    // A broker that is gone is found out soon, and so is a transaction that is open for too long.
    'broker.session.timeout.ms': '3000',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  };
  const started = await startKafka({ nodes: 3, properties });
  after(() => started.close());
  return started;
}

function nodes(): KafkaCluster {
  assert.ok(cluster !== null);
  return cluster;
}

function openSink(t: TestContext, kind: SinkKind): Sink {
  const sink = kind.open({ client, produce: { ...PRODUCE, compression: 'lz4' }, tell: () => undefined });
  t.after(() => sink.close());
  return sink;
}

function openTransactions(
  t: TestContext,
  timeoutMs: number,
  trouble: Trouble = () => null,
): KafkaTransactions {
  const transactions = new KafkaTransactions({
    client: troubledClient(client, trouble),
    produce: PRODUCE,
    transactions: { ...TRANSACTIONS, timeoutMs },
    tell: () => undefined,
  });
  t.after(() => transactions.close());
  return transactions;
}

function batch(topic: string, count: number, from: number): Publication[] {
  return publications(topic, numbered(count, 50, from));
}

/** Publishes until `ended`, several calls at once; how many records. */
async function publishUntil(sink: Sink, topic: string, ended: () => boolean): Promise<number> {
  let count = 0;
  const worker = async (): Promise<void> => {
    while (!ended()) {
      const from = count;
      count += 100;
      const results = await sink.publish(batch(topic, 100, from));
      assert.deepEqual(
        results.filter((result) => result !== null),
        [],
      );
    }
  };
  await Promise.all(upTo(3).map(worker));
  return count;
}

for (const [how, harm] of [
  [
    'killed and comes back',
    async () => {
      await nodes().kill(1);
      await pause(500);
      await nodes().start(1);
    },
  ],
  [
    'stands still and goes on',
    async () => {
      nodes().freeze(2);
      await pause(6000);
      nodes().thaw(2);
    },
  ],
] as const satisfies readonly (readonly [string, () => Promise<void>])[]) {
  for (const kind of SINKS)
    test(
      `${kind.name}: a broker ${how} under load: every record is written once and in order`,
      { skip },
      async (t) => {
        const topic = await makeTopic(client, { partitions: 6 });
        const sink = openSink(t, kind);
        let isOver = false;

        const publishing = publishUntil(sink, topic, () => isOver);
        await harm();
        await sink.publish(batch(topic, 0, 0));
        isOver = true;
        const count = await publishing;

        const written = await eventually(
          'all partitions can be read',
          () => readTopic(client, topic).catch(() => null),
          {
            withinMs: 60_000,
          },
        );
        assert.deepEqual(sorted(numbers(written)), upTo(count));
        assertKeyOrder(written);
      },
    );
}

test('a broker is killed under transactions: each finding is there once', { skip }, async (t) => {
  const [input, findings] = [
    await makeTopic(client, { partitions: 1 }),
    await makeTopic(client, { partitions: 6 }),
  ];
  const group = `g-${randomUUID()}`;
  const transactions = openTransactions(t, 60_000);
  await transactions.begin(group, [{ topic: input, partition: 0 }]);
  let offset = 0;
  const transactOnce = async (): Promise<void> => {
    const positions = [{ topic: input, partition: 0, offset: offset + 1, metadata: '' }];
    const results = await transactions.transact({
      group,
      positions,
      publications: batch(findings, 20, offset * 20),
    });
    assert.ok(results.every((result) => result === null));
    offset += 1;
  };
  for (let i = 0; i < 5; i += 1) await transactOnce();

  for (const node of [0, 1, 2]) {
    await nodes().kill(node);
    for (let i = 0; i < 5; i += 1) await transactOnce();
    await nodes().start(node);
    for (let i = 0; i < 5; i += 1) await transactOnce();
  }

  const written = await eventually(
    'all partitions can be read',
    () => readTopic(client, findings).catch(() => null),
    {
      withinMs: 60_000,
    },
  );
  assert.deepEqual(sorted(numbers(written)), upTo(offset * 20));
  assertKeyOrder(written);
});

test('a transaction that was open for too long is tried again by its owner', { skip }, async (t) => {
  const [input, findings] = [await makeTopic(client, { partitions: 1 }), await makeTopic(client)];
  const group = `g-${randomUUID()}`;
  let held: Promise<void> | null = null;
  const transactions = openTransactions(t, 1000, (apiKey) => (apiKey === API.endTransaction ? held : null));
  await transactions.begin(group, [{ topic: input, partition: 0 }]);
  const positions = [{ topic: input, partition: 0, offset: 5, metadata: '' }];
  const transaction = { group, positions, publications: batch(findings, 5, 0) };
  const late = Promise.withResolvers<void>();
  held = late.promise;

  t.after(() => late.resolve());

  const attempt = transactions.transact(transaction);
  const refused = assert.rejects(attempt, { code: 'E_KAFKA_FAILED', retriable: true });
  await eventually('all is written', async () => {
    const all = await readTopic(client, findings, 'read-uncommitted');
    return all.length === 5;
  });
  const counted = await readTopic(client, findings);
  held = null;
  late.resolve();
  await refused;
  await transactions.transact(transaction);

  assert.deepEqual(counted, []);
  assert.deepEqual(sorted(numbers(await readTopic(client, findings))), upTo(5));
});
