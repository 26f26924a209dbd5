import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Sink } from '../../src/ports/sink.ts';
import type { ProduceSettings } from '../../src/transport/kafka/settings.ts';
import { numbered, publications } from '../contract/records.ts';
import { sinkContract } from '../contract/sink.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import type { Trouble } from './producing.ts';
import { API, makeTopic, PRODUCE, readTopic, testClient } from './producing.ts';
import type { SinkKind } from './sinks.ts';
import { SINKS } from './sinks.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);

/** An interruption has to outlast what the sink does about it by itself. */
const INTERRUPTED: ProduceSettings = { ...PRODUCE, timeoutMs: 1000, recordBytesMax: 64 * 1024 };

/** The suite's topics, by names of one test. */
function makeHarness(kind: SinkKind, settings: ProduceSettings): Parameters<typeof sinkContract>[1] {
  return async () => {
    const prefix = randomUUID();
    const own = (topic: string): string => `${prefix}-${topic}`;
    await Promise.all(['findings', 'a', 'b'].map((topic) => makeTopic(client, { name: own(topic) })));
    const sinks: Sink[] = [];
    let trouble: Trouble = () => null;
    const sink = (): Sink => {
      const options = { client, produce: settings, tell: () => undefined };
      const made = kind.open(options, (apiKey) => trouble(apiKey));
      sinks.push(made);
      return {
        publish: (all) => made.publish(all.map((each) => ({ ...each, topic: own(each.topic) }))),
        close: () => made.close(),
      };
    };
    return {
      sink,
      written: (topic) => readTopic(client, own(topic)),
      interrupt: () => {
        trouble = (apiKey) => (apiKey === API.produce ? 'unsent' : null);
        return () => (trouble = () => null);
      },
      recordBytesMax: settings.recordBytesMax,
      close: async () => {
        for (const made of sinks) await made.close();
      },
    };
  };
}

/** A cluster that has just begun takes its time for the first producer, more than {@link INTERRUPTED} has. */
async function writeFirst(kind: SinkKind): Promise<void> {
  const topic = await makeTopic(client);
  const sink = kind.open({ client, produce: PRODUCE, tell: () => undefined });
  await sink.publish(publications(topic, numbered(1)));
  await sink.close();
}

for (const kind of SINKS) {
  const name = `kafka, produce.client ${kind.name}`;
  if (skip === false) {
    await writeFirst(kind);
    sinkContract(name, makeHarness(kind, INTERRUPTED));
  } else test(`${name} as a sink`, { skip }, () => undefined);
}
