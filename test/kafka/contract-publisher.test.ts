import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { numbered, publications } from '../contract/records.ts';
import type { SinkHarness } from '../contract/sink.ts';
import { sinkContract } from '../contract/sink.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import { makeTopic, PRODUCE, readTopic, testClient } from './producing.ts';
import { startTroubled } from './publishing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);

/** An interruption has to outlast what the sink does about it by itself. */
const produce = { ...PRODUCE, timeoutMs: 1000, recordBytesMax: 64 * 1024 };

async function makeHarness(): Promise<SinkHarness> {
  const prefix = randomUUID();
  const own = (topic: string): string => `${prefix}-${topic}`;
  await Promise.all(['findings', 'a', 'b'].map((topic) => makeTopic(client, { name: own(topic) })));
  const publisher = await startTroubled(client, { produce, transactions: null });
  const { sink } = publisher;
  return {
    sink: () => ({
      publish: (all) => sink.publish(all.map((each) => ({ ...each, topic: own(each.topic) }))),
      close: () => sink.close(),
    }),
    written: (topic) => readTopic(client, own(topic)),
    interrupt: () => publisher.interrupt(),
    recordBytesMax: produce.recordBytesMax,
    close: async () => {
      await sink.close();
      await publisher.end();
    },
  };
}

/** A cluster that has just begun takes its time for the first producer. */
async function writeFirst(): Promise<void> {
  const topic = await makeTopic(client);
  const { sink, end } = await startTroubled(client, { produce: PRODUCE, transactions: null });
  await sink.publish(publications(topic, numbered(1)));
  await sink.close();
  await end();
}

if (skip === false) {
  await writeFirst();
  sinkContract('kafka from a thread', makeHarness);
} else test('kafka as a sink from a thread', { skip }, () => undefined);
