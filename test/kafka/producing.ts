/** What the suites of the producing half share: clients, topics of their own, and what a topic holds. */
import { randomUUID } from 'node:crypto';
import type { Delivery } from '../../src/model/delivery.ts';
import { assert } from '../../src/model/assert.ts';
import { Brokers } from '../../src/transport/kafka/brokers.ts';
import type { KafkaClient } from '../../src/transport/kafka/client.ts';
import { createClient } from '../../src/transport/kafka/client.ts';
import { splitBatches } from '../../src/transport/kafka/protocol/batch.ts';
import { askRecords } from '../../src/transport/kafka/protocol/fetch.ts';
import { askOffsets, END, START } from '../../src/transport/kafka/protocol/list-offsets.ts';
import { decodeRecords } from '../../src/transport/kafka/protocol/records.ts';
import type {
  FetchSettings,
  KafkaSettings,
  MemberSettings,
  ProduceSettings,
  TransactionSettings,
} from '../../src/transport/kafka/settings.ts';
import { eventually } from '../helpers/eventually.ts';

/** A client that is in a hurry, and silent. */
export function testClient(brokers: readonly string[], settings: Partial<KafkaSettings> = {}): KafkaClient {
  return createClient({
    brokers,
    clientId: 'faultline-test',
    tls: null,
    sasl: null,
    connectTimeoutMs: 2000,
    requestTimeoutMs: 3000,
    backoffMs: 20,
    backoffMaxMs: 200,
    log: () => undefined,
    ...settings,
  });
}

/** Patience for slow machines. */
export const PRODUCE: ProduceSettings = {
  compression: 'none',
  timeoutMs: 60_000,
  recordBytesMax: 1024 * 1024,
};

export const TRANSACTIONS: TransactionSettings = { timeoutMs: 30_000, partitionsMax: 100 };

export const MEMBER: MemberSettings = {
  sessionTimeoutMs: 10_000,
  heartbeatMs: 500,
  rebalanceTimeoutMs: 20_000,
  topicsRefreshMs: 10_000,
};

export const FETCH: FetchSettings = {
  waitMs: 100,
  bytesMin: 1,
  bytesMax: 4 * 1024 * 1024,
  partitionBytesMax: 1024 * 1024,
  bufferBytesMax: 16 * 1024 * 1024,
  outOfRange: 'earliest',
  isolation: 'read-committed',
  checkCrc: true,
};

/** Makes a topic; its name, when all of its partitions have leaders. */
export async function makeTopic(
  client: KafkaClient,
  options: { name?: string; partitions?: number; config?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const { name = `t-${randomUUID()}`, partitions = 4, config = {} } = options;
  const admin = client.kafka.admin();
  await admin.connect();
  try {
    // The records of the suites are years old, and brokers delete what is older than a week.
    const entries = Object.entries({ 'retention.ms': '-1', ...config });
    const configEntries = entries.map(([key, value]) => ({ name: key, value }));
    const topics = [{ topic: name, numPartitions: partitions, configEntries }];
    await admin.createTopics({ topics, waitForLeaders: false });
  } finally {
    await admin.disconnect();
  }
  await eventually('its partitions have leaders', async () => {
    const brokers = new Brokers(client);
    try {
      const { topics } = await brokers.metadata([name]);
      return topics[0]?.partitions.filter(({ leader }) => leader >= 0).length === partitions;
    } finally {
      brokers.close();
    }
  });
  return name;
}

/** What a topic holds now, partition by partition in offset order. */
export async function readTopic(
  client: KafkaClient,
  topic: string,
  isolation: FetchSettings['isolation'] = 'read-committed',
): Promise<Delivery[]> {
  const brokers = new Brokers(client);
  try {
    const { topics } = await brokers.metadata([topic]);
    const all: Delivery[] = [];
    for (const { partition, leader } of topics[0]?.partitions ?? [])
      all.push(...(await readPartition(brokers, leader, { topic, partition, isolation })));
    return all;
  } finally {
    brokers.close();
  }
}

async function readPartition(
  brokers: Brokers,
  leader: number,
  {
    topic,
    partition,
    isolation,
  }: { topic: string; partition: number; isolation: FetchSettings['isolation'] },
): Promise<Delivery[]> {
  const at = async (time: number, as = isolation): Promise<number> => {
    const [answer] = await brokers.askNode(leader, (broker) =>
      askOffsets(broker, [{ topic, partition, time }], as),
    );
    assert(answer?.error === 0, 'the broker knows its offsets');
    return answer.offset;
  };
  const end = await at(END, 'read-uncommitted');
  // A commit is answered before its markers are written.
  await eventually('no transaction is open', async () => (await at(END)) >= end);
  const all: Delivery[] = [];
  for (let offset = await at(START); offset < end;) {
    const bytesMax = 16 * 1024 * 1024;
    const partitions = [{ topic, partition, offset, bytesMax }];
    const request = { waitMs: 100, bytesMin: 1, bytesMax, isolation, partitions };
    const [fetched] = (await brokers.askNode(leader, (broker) => askRecords(broker, request))).partitions;
    assert(fetched?.error === 0, 'what is there can be fetched');
    const { batches, next } = splitBatches(fetched.records, fetched.aborted);
    for (const batch of batches) all.push(...decodeRecords(batch, { topic, partition }, offset));
    assert(next !== null, 'what is there comes');
    offset = next;
  }
  return all;
}

/** Whether a request of this kind fails now, and how: before it is sent, or when it was answered; or until when it is held up. */
export type Trouble = (apiKey: number) => 'unsent' | 'unanswered' | Promise<void> | null;

/** Kafka's numbers of the requests that write. */
export const API = {
  produce: 0,
  metadata: 3,
  findCoordinator: 10,
  initProducerId: 22,
  addPartitions: 24,
  addOffsets: 25,
  endTransaction: 26,
  commitOffsets: 28,
} as const;

/** A client whose connections fail when `trouble` says so, as a broken connection does. */
export function troubledClient(client: KafkaClient, trouble: Trouble): KafkaClient {
  return {
    ...client,
    cluster: (options) => {
      const cluster = client.cluster(options);
      const { connectionPoolBuilder } = cluster;
      const build = connectionPoolBuilder.build.bind(connectionPoolBuilder);
      connectionPoolBuilder.build = async (to) => {
        const pool = await build(to);
        const send = pool.send.bind(pool);
        pool.send = async (request) => {
          const kind = trouble(request.request.apiKey);
          if (typeof kind === 'object') await kind;
          if (kind === 'unsent') throw new Broken();
          const answer = await send(request);
          if (kind === 'unanswered') throw new Broken();
          return answer;
        };
        return pool;
      };
      return cluster;
    },
  };
}

/** As kafkajs says that a connection is gone. */
class Broken extends Error {
  override readonly name = 'KafkaJSConnectionClosedError';
}
