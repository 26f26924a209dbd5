/**
 * Reads everything that topics hold, with kafkajs's own consumer, which shares neither membership nor
 * decoding with the engine's. Nothing may be writing to them any more.
 *
 * Its end is a record that it writes itself into each partition, so that no reckoning with offsets
 * decides what is there: readers of committed records come to it only when no transaction is open.
 */
import type { KafkaMessage } from 'kafkajs';
import { Partitioners } from 'kafkajs';
import { within } from '../helpers/eventually.ts';
import { idIn } from '../chaos/fed.ts';
import type { Beside, LedgerEntry, LedgerOutput, Verdict } from '../chaos/ledger.ts';
import { judge } from '../chaos/ledger.ts';
import { quietKafka } from './brokers.ts';

/** A topic to read. */
export interface AuditedTopic {
  readonly topic: string;
  readonly partitions: number;
}

/** A record. */
export interface AuditedRecord {
  readonly topic: string;
  /** Of the event; an event that was written twice is there twice. */
  readonly id: string;
  readonly key: string;
  /** `TOPIC/PARTITION/OFFSET`. */
  readonly place: string;
  /** Of a finding or a dead letter: the place of what it was made of. */
  readonly source: string;
  /** What a dead letter says. */
  readonly code: string | undefined;
  /** Which process wrote it. */
  readonly life: number | undefined;
}

/** What was put in and what came out. */
export interface Records {
  /** As the feeders say. */
  readonly account: readonly LedgerEntry[];
  readonly fed: readonly AuditedRecord[];
  readonly came: readonly AuditedRecord[];
  readonly beside: Beside;
}

/**
 * Feeders against topics, by the ids of events: of what a feeder’s client has written twice, the first time;
 * what it has given up may be there, anywhere.
 * Topics against the engine, by the places of records: so each of two records with one event has to come out.
 */
export function judgeRecords({ account, fed, came, beside }: Records): {
  readonly log: Verdict;
  readonly engine: Verdict;
} {
  const codes = new Map(account.map((entry) => [entry.id, entry.codes]));
  const doubtful = new Set(account.filter(({ isDoubtful }) => isDoubtful).map(({ id }) => id));
  const seen = new Set(doubtful);
  const firsts = fed.filter(({ id }) => !seen.has(id) && seen.add(id));
  const due = fed.map(({ place, id, topic, key }): LedgerEntry => {
    const ofEvent = codes.get(id);
    return { id: place, topic, key, ...(ofEvent !== undefined && { codes: ofEvent }) };
  });
  const outputs = came.map(({ source, topic, code, life }): LedgerOutput => ({
    id: source,
    to: topic,
    ...(code !== undefined && { code }),
    ...(life !== undefined && { life }),
  }));
  return {
    log: judge(
      account.map(({ codes: _, ...entry }) => entry),
      firsts.map(({ id, topic }) => ({ id, to: topic })),
    ),
    engine: judge(due, outputs, beside),
  };
}

const END = 'chaos-end';
const READ_MS = 300_000;
const BYTES_MAX = 16 * 2 ** 20;

/** What the topics hold, partition by partition in the order of their offsets. Rejects when the end does not come in time. */
export async function readTopics(
  brokers: readonly string[],
  topics: readonly AuditedTopic[],
): Promise<readonly AuditedRecord[]> {
  const kafka = quietKafka(brokers);
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({
    groupId: `audit-${Date.now()}`,
    maxBytes: 4 * BYTES_MAX,
    maxBytesPerPartition: BYTES_MAX,
  });
  const read = new Map<string, AuditedRecord[]>();
  const left = new Set<string>();
  for (const { topic, partitions } of topics)
    for (let partition = 0; partition < partitions; partition += 1) {
      read.set(`${topic}/${partition}`, []);
      left.add(`${topic}/${partition}`);
    }
  const ended = Promise.withResolvers<void>();
  try {
    await producer.connect();
    await producer.sendBatch({
      acks: -1,
      topicMessages: topics.map(({ topic, partitions }) => ({
        topic,
        messages: Array.from({ length: partitions }, (_, partition) => ({ partition, value: END })),
      })),
    });
    await consumer.connect();
    await consumer.subscribe({ topics: topics.map(({ topic }) => topic), fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        const place = `${topic}/${partition}`;
        for (const message of messages) {
          if (message.value?.toString() === END) left.delete(place);
          else read.get(place)?.push(recordOf(topic, partition, message));
        }
        if (left.size === 0) ended.resolve();
      },
    });
    await within(`the ends of ${[...left].join()}`, ended.promise, READ_MS);
  } finally {
    await Promise.allSettled([producer.disconnect(), consumer.disconnect()]);
  }
  return [...read.values()].flat();
}

/** The task of a finding or a dead letter says which process wrote it: `life-7`. */
function recordOf(topic: string, partition: number, message: KafkaMessage): AuditedRecord {
  const { headers, key, offset, value } = message;
  const text = value?.toString() ?? '';
  const header = (name: string): string | undefined => headers?.[name]?.toString();
  const field = (name: string): string | undefined =>
    new RegExp(`"${name}":("([^"]*)"|\\d+)`)
      .exec(text)
      ?.slice(1)
      .findLast((found) => found !== undefined);
  const code = header('faultline-code');
  const source =
    code === undefined
      ? /"source":\{"topic":"([^"]*)","partition":(\d+),"offset":(\d+)/.exec(text)?.slice(1)
      : ['topic', 'partition', 'offset'].map((name) => header(`faultline-source-${name}`));
  const life = /^life-(\d+)$/.exec(header('faultline-task') ?? field('task') ?? '')?.[1];
  return {
    topic,
    id: header('faultline-id') ?? idIn(value),
    key: key?.toString() ?? '',
    place: `${topic}/${partition}/${offset}`,
    source: source?.join('/') ?? '',
    code,
    life: life === undefined ? undefined : Number(life),
  };
}
