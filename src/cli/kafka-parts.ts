/**
 * The file of the commands that opens Kafka. Loaded by commands that were told `transport: kafka` only,
 * so that the others stay quick.
 */
import type { System } from '../config/config.ts';
import type { ResolvedKafka } from '../config/resolve-kafka.ts';
import { resolveKafka } from '../config/resolve-kafka.ts';
import type { TopicPartition } from '../model/delivery.ts';
import { EngineError } from '../model/errors.ts';
import type { KafkaTopic } from '../transport/kafka/admin.ts';
import { KafkaAdmin } from '../transport/kafka/admin.ts';
import { createClient } from '../transport/kafka/client.ts';
import type { KafkaSettings } from '../transport/kafka/settings.ts';
import { KafkaSink } from '../transport/kafka/sink.ts';
import { readPartitions } from '../transport/kafka/tail.ts';
import type { Ledger, LedgerGroup, LedgerTopic } from './ledger.ts';
import type { ReadOptions, Records } from './records.ts';

/** For all that a command asks together: what is wrong is said within ten seconds. */
const ADMIN_MS = 9000;

/** The brokers as a {@link Ledger}. Nothing connects yet. Rejects as the config's files do. */
export async function openKafkaLedger(system: System): Promise<Ledger> {
  const { settings, fetch } = await resolve(system);
  const admin = new KafkaAdmin(settings, { isolation: fetch.isolation, withinMs: ADMIN_MS });
  let listed: Promise<readonly KafkaTopic[]> | null = null;
  const list = (): Promise<readonly KafkaTopic[]> => (listed ??= admin.topics());
  return {
    topics: async () => (await list()).map(ledgerTopic),
    groups: async (names) => {
      const topics = (await list()).filter(({ isInternal }) => !isInternal);
      return Promise.all(names.map((name) => groupOf(admin, name, topics)));
    },
    offsetsAt: async (topic, at) => {
      const found = await admin.offsetsAt(
        partitionsOf((await list()).filter(({ name }) => name === topic)),
        at,
      );
      return new Map(found.map(({ partition, offset }) => [partition, offset]));
    },
    setPositions: (group, positions) => admin.setPositions(group, positions),
    close: async () => admin.close(),
  };
}

/** Topics of the brokers to fill and to show. Rejects where they cannot be reached. */
export async function openKafkaRecords(system: System): Promise<Records> {
  const { settings, fetch, produce } = await resolve(system);
  const { isolation } = fetch;
  const admin = new KafkaAdmin(settings, { isolation, withinMs: ADMIN_MS });
  const topics = await admin.topics().finally(() => admin.close());
  const topicOf = (name: string): KafkaTopic => {
    const found = topics.find((topic) => topic.name === name);
    if (found !== undefined) return found;
    const hint =
      'Create it (docs/operations/kafka.md): faultline makes no topics. `faultline topics` lists what there is.';
    throw new EngineError('E_TOPIC_UNKNOWN', `the brokers have no topic ${name} that may be seen`, { hint });
  };
  const sink = new KafkaSink({ client: createClient(settings), produce, tell: () => undefined });
  return {
    where: settings.brokers.join(', '),
    append: async (topic, records) => {
      topicOf(topic);
      const results = await sink.publish(records.map((record) => ({ topic, ...record })));
      const error = results.find((result) => result !== null) ?? null;
      if (error !== null) throw error;
    },
    read: async function* (name, { from, follow, signal }) {
      const partitions = await startsOf(settings, { topic: topicOf(name), from, isolation });
      yield* readPartitions(createClient(settings), fetch, { partitions, follow, signal });
    },
    close: () => sink.close(),
  };
}

async function resolve(
  system: System,
): Promise<Omit<ResolvedKafka, 'connection'> & { settings: KafkaSettings }> {
  const { connection, ...resolved } = await resolveKafka(system);
  // What is wrong is in the error; what the client library says on the way is for `run`.
  return { ...resolved, settings: { ...connection, log: () => undefined } };
}

/** Where reading begins, by partition. */
async function startsOf(
  settings: KafkaSettings,
  { topic, from, isolation }: Pick<ReadOptions, 'from'> & { topic: KafkaTopic; isolation: Isolation },
): Promise<readonly (TopicPartition & { offset: number; end: number })[]> {
  const places = topic.partitions.map((each) => ({ ...each, topic: topic.name }));
  if (typeof from === 'object') {
    return places.map(({ start, ...place }) => ({
      ...place,
      offset: Math.max(start, place.end - from.last),
    }));
  }
  const admin = new KafkaAdmin(settings, { isolation, withinMs: ADMIN_MS });
  const found = await admin.offsetsAt(places, from).finally(() => admin.close());
  return places.map(({ start, ...place }) => ({
    ...place,
    offset: found.find(({ partition }) => partition === place.partition)?.offset ?? start,
  }));
}

type Isolation = System['kafka']['fetch']['isolation'];

async function groupOf(admin: KafkaAdmin, name: string, topics: readonly KafkaTopic[]): Promise<LedgerGroup> {
  const { members } = await admin.group(name);
  const positions = await admin.positions(name, partitionsOf(topics));
  return {
    name,
    pid: null,
    members,
    positions: positions.map((position) => {
      const topic = topics.find((each) => each.name === position.topic);
      const held = topic?.partitions.find(({ partition }) => partition === position.partition);
      return {
        ...position,
        lag: held === undefined ? 0 : Math.max(0, held.end - Math.max(position.offset, held.start)),
      };
    }),
  };
}

function partitionsOf(topics: readonly KafkaTopic[]): readonly TopicPartition[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  );
}

/** Offsets without a record (of compaction and transactions) cannot be told from those with one. */
function ledgerTopic({ name, isInternal, partitions, offline }: KafkaTopic): LedgerTopic {
  const held = partitions.map((each) => ({ ...each, records: each.end - each.start, bytes: null }));
  return {
    name,
    isInternal,
    records: held.reduce((sum, { records }) => sum + records, 0),
    bytes: null,
    partitions: held,
    offline,
  };
}
