import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, test } from 'node:test';
import type { KafkaCluster } from '../helpers/kafka/cluster.ts';
import { startKafka } from '../helpers/kafka/cluster.ts';
import { skipClusters } from '../helpers/kafka/use-kafka.ts';
import { assertRisingOffsets, numbered, numbers, sorted, upTo } from '../contract/records.ts';
import { eventually, within } from '../helpers/eventually.ts';
import { append, makeSource, MEMBER, Reader } from './consuming.ts';
import { makeTopic, testClient } from './producing.ts';

const skip = await skipClusters();
const clusters: KafkaCluster[] = [];
after(() => Promise.all(clusters.map((cluster) => cluster.close())));

const readers: Reader[] = [];
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

async function started(nodes: 1 | 3): Promise<KafkaCluster> {
  const cluster = await startKafka({ nodes });
  clusters.push(cluster);
  return cluster;
}

test('a broker that is started again is read on by itself, nothing lost or twice', { skip }, async () => {
  const cluster = await started(1);
  const client = testClient(cluster.brokers);
  const topic = await makeTopic(client, { partitions: 4 });
  const reader = new Reader(client, {
    group: randomUUID(),
    subscribes: (each) => each === topic,
    // It outlives the start of a broker on a machine that has much to do.
    member: { ...MEMBER, sessionTimeoutMs: 30_000 },
  });
  readers.push(await reader.open());
  await append(client, topic, numbered(100, 20));
  await eventually('all is read', () => reader.values.length === 100);

  await cluster.stop(0);
  await eventually('it is told', () => reader.events.some(({ type }) => type === 'group-fault'));
  await cluster.start(0);
  await eventually('what is written then is read', async () => {
    await append(client, topic, numbered(100, 20, 100));
    return true;
  });
  await eventually('all is read', () => reader.values.length === 200, { withinMs: 30_000 });

  assert.deepEqual(sorted(reader.values.map(Number)), upTo(200));
  assertRisingOffsets(reader.deliveries);
  assert.equal(reader.failure, null);
});

test('a source whose brokers are all down closes in time, and one cannot be opened', { skip }, async () => {
  const cluster = await started(1);
  const client = testClient(cluster.brokers);
  const topic = await makeTopic(client);
  const choice = { group: randomUUID(), subscribes: (each: string) => each === topic };
  const reader = await new Reader(client, choice).open();
  await cluster.kill(0);

  await within('the close', reader.close(), 10_000);
  const opening = makeSource(client, choice).open(reader);

  await assert.rejects(within('the refusal', opening, 10_000), { code: 'E_KAFKA_UNREACHABLE' });
});

test('a frozen broker does not hold up a close', { skip }, async () => {
  const cluster = await started(1);
  const client = testClient(cluster.brokers);
  const topic = await makeTopic(client);
  const reader = await new Reader(client, {
    group: randomUUID(),
    subscribes: (each) => each === topic,
  }).open();

  cluster.freeze(0);
  await within('the close', reader.close(), 15_000);

  cluster.thaw(0);
});

test(
  'members go on when any node of three is killed and comes back, coordinator and leaders too',
  { skip },
  async () => {
    const cluster = await started(3);
    const client = testClient(cluster.brokers);
    const topic = await makeTopic(client, { partitions: 6 });
    const group = randomUUID();
    const choice = {
      group,
      subscribes: (each: string) => each === topic,
      member: { ...MEMBER, sessionTimeoutMs: 10_000 },
    };
    const [first, second] = [new Reader(client, choice), new Reader(client, choice)];
    readers.push(first, second);
    await Promise.all([first.open(), second.open()]);
    await eventually('they share', () => first.held.size === 3 && second.held.size === 3);

    let written = 0;
    for (const node of [0, 1, 2]) {
      await cluster.kill(node);
      await eventually('what is written is taken', () => writes(100), { withinMs: 60_000, everyMs: 200 });
      await eventually('and read', () => seen().size === written, { withinMs: 60_000 });
      await cluster.start(node);
    }

    const all = [...first.deliveries, ...second.deliveries];
    assert.deepEqual(sorted([...new Set(numbers(all))]), upTo(written));
    for (const reader of [first, second]) assertRisingOffsets(reader.deliveries);
    assert.deepEqual([first.failure, second.failure], [null, null]);
    assert.equal(first.held.size + second.held.size, 6);

    function seen(): Set<number> {
      return new Set(numbers([...first.deliveries, ...second.deliveries]));
    }

    /** Whether these were written; a part of them may be, and is then written again. */
    async function writes(count: number): Promise<boolean> {
      try {
        await append(client, topic, numbered(count, 20, written));
        written += count;
        return true;
      } catch {
        return false;
      }
    }
  },
);
