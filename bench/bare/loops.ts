/**
 * The job in a bare loop of kafkajs, with its public API alone, as its guide has it: each record analysed
 * in the handler and its finding awaited; or a batch analysed inline, sent at once and awaited. Offsets are
 * committed by kafkajs behind the handler, so after the acknowledgement. All of it on the main thread.
 *
 * It keeps order and loses nothing while all goes well; it has no retry of its own, no dead letters, no
 * deadline for an analysis, no bound but that of a fetch.
 */
import type { EachBatchPayload, EachMessagePayload, KafkaMessage, Message } from 'kafkajs';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { readByRegexp } from '../analyzers/java-regexp.ts';
import type { JobEvent } from '../job/java-stack.ts';
import { findingOf } from '../job/java-stack.ts';
import type { Span, SpanFigures } from '../job/span.ts';

/** The loops. */
export const BARE_LOOPS = ['one by one', 'batch by batch'] as const;

/** One of them. */
export type BareLoop = (typeof BARE_LOOPS)[number];

/** What is read and written. The group's name is that of the topic of findings. */
export interface BareRun {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly findings: string;
  readonly span: Span;
}

/** All replicas in sync. */
const ACKS_ALL = -1;
/** Partitions whose batches are in hand at once: while one awaits its acknowledgement, others go on. */
const PARTITIONS_AT_ONCE = 8;

/** Runs a loop to the end of the span. Rejects when the consumer gives up. */
export async function runBare(
  loop: BareLoop,
  { brokers, topic, findings, span }: BareRun,
): Promise<SpanFigures> {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'faultline-bench-bare',
    logLevel: logLevel.NOTHING,
  });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: findings });
  const crashed = Promise.withResolvers<never>();
  consumer.on('consumer.crash', ({ payload }) => crashed.reject(payload.error));
  const send = async (messages: Message[]): Promise<void> => {
    await producer.sendBatch({ acks: ACKS_ALL, topicMessages: [{ topic: findings, messages }] });
    span.finish(messages.length);
  };
  try {
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run(
      loop === 'one by one'
        ? { eachMessage: async ({ message, ...at }: EachMessagePayload) => send([findingIn(message, at)]) }
        : {
            partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
            eachBatch: async ({ batch }: EachBatchPayload) =>
              send(batch.messages.map((message) => findingIn(message, batch))),
          },
    );
    await Promise.race([span.ended, crashed.promise]);
    return span.figures();
  } finally {
    await consumer.disconnect();
    await producer.disconnect();
  }
}

/** Where a record stood. */
interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** The job on one record: the finding has what the engine's says in other words. */
function findingIn({ key, value, offset }: KafkaMessage, { topic, partition }: Place): Message {
  const event = JSON.parse(String(value)) as BareEvent;
  const found = findingOf({ dimensions: event.dimensions, profileData: event.profile_data }, readByRegexp);
  const { id, category, timestamp } = event;
  const source = { topic, partition, offset: Number(offset) };
  const finding = { id, category, timestamp, source, ...found };
  return { key, value: JSON.stringify(finding), headers: { 'faultline-id': id } };
}

/** An event on the wire, as far as the job looks at it. */
interface BareEvent {
  readonly id: string;
  readonly category: string;
  readonly timestamp: string;
  readonly dimensions: JobEvent['dimensions'];
  readonly profile_data: JobEvent['profileData'];
}
