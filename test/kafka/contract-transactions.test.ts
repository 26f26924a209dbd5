import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { assert } from '../../src/model/assert.ts';
import type { TopicPartition } from '../../src/model/delivery.ts';
import type { Source } from '../../src/ports/source.ts';
import type { Transaction, Transactions } from '../../src/ports/transactions.ts';
import type { PublishResult } from '../../src/ports/sink.ts';
import { KafkaSink } from '../../src/transport/kafka/sink.ts';
import { KafkaSource } from '../../src/transport/kafka/source.ts';
import { KafkaTransactions } from '../../src/transport/kafka/transactions.ts';
import type { FencingTransactions } from '../../src/transport/publisher/protocol.ts';
import { publications } from '../contract/records.ts';
import type { TransactionsHarness } from '../contract/transactions.ts';
import { transactionsContract } from '../contract/transactions.ts';
import { eventually } from '../helpers/eventually.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import type { Trouble } from './producing.ts';
import {
  API,
  FETCH,
  makeTopic,
  MEMBER,
  PRODUCE,
  readTopic,
  testClient,
  TRANSACTIONS,
  troubledClient,
} from './producing.ts';
import { startTroubled } from './publishing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);
const TOPICS = [
  'events',
  'findings',
  'dead-letters',
  ...['a', 'b', 'c', 'd', 'e'].map((g) => `findings-${g}`),
];

/** An interruption has to outlast what the transactions do about it by themselves. */
const produce = { ...PRODUCE, timeoutMs: 5000, recordBytesMax: 64 * 1024 };

/**
 * A transaction of Kafka is of one partition. The suite's are of several: the first position is
 * written with all publications, the others when that has succeeded; where there is none, the last
 * partition stays at its beginning.
 */
function ofSeveral(transactions: Transactions): Transactions {
  const transact = async ({
    group,
    positions,
    publications,
  }: Transaction): Promise<readonly PublishResult[]> => {
    const start = { topic: 'events', partition: 3, offset: 0, metadata: '' };
    const [first = start, ...others] = positions;
    const results = await transactions.transact({ group, positions: [first], publications });
    if (results.every((result) => result === null))
      for (const other of others)
        await transactions.transact({ group, positions: [other], publications: [] });
    return results;
  };
  return { positionsMax: Infinity, transact, close: () => transactions.close() };
}

/** Transactions that can be made to fail, in this thread or in one of their own. */
interface Made {
  readonly transactions: FencingTransactions;
  readonly interrupt: () => () => void;
  readonly end: () => Promise<void>;
}

function here(): Made {
  let trouble: Trouble = () => null;
  const transactions = new KafkaTransactions({
    client: troubledClient(client, (apiKey) => trouble(apiKey)),
    produce,
    transactions: TRANSACTIONS,
    tell: () => undefined,
  });
  return {
    transactions,
    interrupt: () => {
      trouble = (apiKey) => (apiKey === API.produce ? 'unsent' : null);
      return () => (trouble = () => null);
    },
    end: async () => undefined,
  };
}

async function inThread(): Promise<Made> {
  const publisher = await startTroubled(client, { produce, transactions: TRANSACTIONS });
  const { transactions, interrupt, end } = publisher;
  assert(transactions !== null, 'it has transactions');
  return { transactions, interrupt, end };
}

async function makeHarness({ transactions: made, interrupt, end }: Made): Promise<TransactionsHarness> {
  const prefix = randomUUID();
  const own = (name: string): string => `${prefix}-${name}`;
  const theirs = (name: string): string => name.slice(prefix.length + 1);
  for (const name of TOPICS) await makeTopic(client, { name: own(name) });
  let isClosed = false;
  const sink = new KafkaSink({ client, produce: PRODUCE, tell: () => undefined });
  const sources: Source[] = [];
  /** As a process that reads: once the transactions are closed it is another one. */
  const begin = async (group: string, partitions: readonly TopicPartition[]): Promise<void> => {
    if (!isClosed) return made.begin(group, partitions);
    const others = new KafkaTransactions({
      client,
      produce,
      transactions: TRANSACTIONS,
      tell: () => undefined,
    });
    await others.begin(group, partitions);
    await others.close();
  };
  return {
    append: async (topic, records) => {
      const results = await sink.publish(publications(own(topic), records));
      for (const result of results) if (result !== null) throw result;
    },
    source: ({ group, subscribes, from }) => {
      const assigned: TopicPartition[] = [];
      const source = new KafkaSource({
        client,
        group: own(group),
        subscribes: (topic) => topic.startsWith(prefix) && subscribes(theirs(topic)),
        from,
        member: MEMBER,
        fetch: FETCH,
        beforeReading: (partitions) => begin(own(group), partitions),
        tell: () => undefined,
      });
      sources.push(source);
      return {
        open: async (listener) => {
          await source.open({
            assigned: (all) => {
              assigned.push(...all);
              listener.assigned(all.map((each) => ({ ...each, topic: theirs(each.topic) })));
            },
            revoked: (all) => listener.revoked(all.map((each) => ({ ...each, topic: theirs(each.topic) }))),
          });
          await eventually('it has all partitions', () => assigned.length === 4);
        },
        pull: (limit) => source.pull(limit),
        commit: (positions) => source.commit(positions),
        fenced: (partitions) => source.fenced(partitions),
        backlog: () => source.backlog(),
        close: async () => {
          await source.close();
          made.forget(own(group), assigned);
        },
      };
    },
    transactions: () =>
      ofSeveral(
        prefixed(
          {
            positionsMax: made.positionsMax,
            transact: (transaction) => made.transact(transaction),
            close: async () => {
              isClosed = true;
              await made.close();
            },
          },
          own,
        ),
      ),
    written: (topic) => readTopic(client, own(topic)),
    interrupt,
    recordBytesMax: produce.recordBytesMax,
    close: async () => {
      for (const source of sources) await source.close();
      await made.close();
      await end();
      await sink.close();
    },
  };
}

/** With the names of this test in the place of the suite's. */
function prefixed(transactions: Transactions, own: (name: string) => string): Transactions {
  const renamed = <T extends { topic: string }>(all: readonly T[]): T[] =>
    all.map((each) => ({ ...each, topic: own(each.topic) }));
  return {
    positionsMax: transactions.positionsMax,
    transact: ({ group, positions, publications }) =>
      transactions.transact({
        group: own(group),
        positions: renamed(positions),
        publications: renamed(publications),
      }),
    close: () => transactions.close(),
  };
}

if (skip === false) {
  transactionsContract('kafka', () => makeHarness(here()));
  transactionsContract('kafka from a thread', async () => makeHarness(await inThread()));
} else test('kafka as transactions', { skip }, () => undefined);
