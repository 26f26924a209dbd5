/**
 * A process that feeds topics for as long as it is let, as long as the group is not far behind. It may
 * be killed at any moment; SIGTERM ends it behind a chunk.
 *
 *   node test/chaos-kafka/feeder.ts --brokers LIST --prefix NAME --group NAME --rate N --partitions N --account FILE --seed N
 *
 * Written by kafkajs's idempotent producer, by the hash of the key. A chunk that it gives up may be there
 * or not: it is left without an acknowledgement in the account, and another producer goes on.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Producer } from 'kafkajs';
import { Partitioners } from 'kafkajs';
import { partitionOf } from '../../src/wire/partitioner.ts';
import { TOPICS } from '../../src/load/topics.ts';
import type { FedEvent } from '../chaos/fed.ts';
import { feed } from '../chaos/ticks.ts';
import { progressOf, quietKafka } from './brokers.ts';

const LAG_MAX = 6000;
const LOOK_MS = 500;
/** Wait after a chunk that was given up. */
const AGAIN_MS = 300;
/** Thousands of events a second hold enough of the poison that takes seconds. */
const POISON_SHARE = 0.2;

const option = { type: 'string', default: '' } as const;
const { values } = parseArgs({
  options: {
    brokers: option,
    prefix: option,
    group: option,
    rate: option,
    partitions: option,
    account: option,
    seed: option,
  },
});

let isEnding = false;
process.on('SIGTERM', () => (isEnding = true));

const kafka = quietKafka(values.brokers.split(','));
const admin = kafka.admin();
const inputs = Object.values(TOPICS).map((topic) => values.prefix + topic);
let lag = 0;
let producer = null as Producer | null;

await admin.connect();
const looking = look();
await feed({
  ...values,
  tickEvents: Math.round(Number(values.rate) / 10),
  burstEvents: Number(values.rate),
  poisonShare: POISON_SHARE,
  isEnding: () => isEnding,
  append,
  mayGoOn: () => lag <= LAG_MAX,
});
await looking;
await Promise.allSettled([producer?.disconnect(), admin.disconnect()]);

/** What it saw last counts while the brokers cannot be asked. */
async function look(): Promise<void> {
  while (!isEnding) {
    lag = await progressOf(admin, values.group, inputs).then(
      (progress) => progress.lag,
      () => lag,
    );
    await pause(LOOK_MS);
  }
}

/**
 * Whether all of it was acknowledged. That kafkajs says so is not enough: when the leader of a partition
 * moves to a broker that has answered already, the second try of kafkajs 2.2.4 leaves that partition out
 * (sendMessages.js, `responsePerBroker`). So each partition has to be among the answers.
 */
async function append(chunk: readonly FedEvent[]): Promise<boolean> {
  const count = Number(values.partitions);
  const topicMessages = [...Map.groupBy(chunk, ({ topic }) => topic)].map(([topic, events]) => ({
    topic: values.prefix + topic,
    messages: events.map(({ key, value }) => ({
      key: Buffer.from(key),
      value: Buffer.from(value),
      partition: partitionOf(key, count),
    })),
  }));
  try {
    producer ??= await connected();
    const answers = await producer.sendBatch({ acks: -1, topicMessages });
    const written = new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
    return topicMessages.every(({ topic, messages }) =>
      messages.every(({ partition }) => written.has(`${topic}/${partition}`)),
    );
  } catch {
    await producer?.disconnect().catch(() => undefined);
    producer = null;
    await pause(AGAIN_MS);
    return false;
  }
}

async function connected(): Promise<Producer> {
  const made = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 1000 },
  });
  await made.connect();
  return made;
}
