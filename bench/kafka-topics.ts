/**
 * The topics of a bench on Kafka: input that is written once, findings of each run apart, read back and
 * checked. Names are new each time, so that brokers which others use may be given; all are removed at the end.
 */
import { randomUUID } from 'node:crypto';
import { javaCrashEvent } from '../src/load/generate.ts';
import type { Delivery, Publication } from '../src/model/delivery.ts';
import { NO_HEADERS } from '../src/model/delivery.ts';
import type { KafkaClient } from '../src/transport/kafka/client.ts';
import { createClient } from '../src/transport/kafka/client.ts';
import type { FetchSettings, ProduceSettings } from '../src/transport/kafka/settings.ts';
import { KafkaSink } from '../src/transport/kafka/sink.ts';
import { readPartitions } from '../src/transport/kafka/tail.ts';
import type { LedgerEntry } from '../test/chaos/ledger.ts';
import { judge } from '../test/chaos/ledger.ts';
import { eventually } from '../test/helpers/eventually.ts';

/** Where the events of one size of run are. */
export interface Input {
  readonly topic: string;
  readonly count: number;
}

const PARTITIONS = 8;
/** Events are of a fixed time, which brokers would soon find too long ago. */
const FOR_EVER = [{ name: 'retention.ms', value: '-1' }];
const RECORDS_PER_CALL = 2000;
/** Events of two seeds have nothing in common below so many. */
const EVENTS_PER_SEED = 10_000_000;
const PRODUCE: ProduceSettings = { compression: 'none', timeoutMs: 60_000, recordBytesMax: 1_000_000 };
const FETCH: FetchSettings = {
  waitMs: 500,
  bytesMin: 1,
  bytesMax: 10 * 2 ** 20,
  partitionBytesMax: 2 ** 20,
  bufferBytesMax: 32 * 2 ** 20,
  outOfRange: 'stop',
  isolation: 'read-committed',
  checkCrc: true,
};

/** A topic that was just made has its leaders in moments. */
const LED_MS = 30_000;

/** The first 2-KB Java crash events of a seed. */
export function eventsOf(seed: number, count: number): ReturnType<typeof javaCrashEvent>[] {
  return Array.from({ length: count }, (_, i) => eventOf(seed, i));
}

function eventOf(seed: number, index: number): ReturnType<typeof javaCrashEvent> {
  return javaCrashEvent(seed * EVENTS_PER_SEED + index);
}

/** The topics of one bench. */
export class BenchTopics {
  readonly #client: KafkaClient;
  readonly #seed: number;
  readonly #prefix = `faultline-bench-${randomUUID().slice(0, 8)}`;
  readonly #made: string[] = [];

  /** Nothing connects yet. */
  constructor(brokers: readonly string[], seed: number) {
    this.#client = createClient({
      brokers,
      clientId: 'faultline-bench',
      tls: null,
      sasl: null,
      connectTimeoutMs: 5000,
      requestTimeoutMs: 30_000,
      backoffMs: 100,
      backoffMaxMs: 1000,
      log: () => undefined,
    });
    this.#seed = seed;
  }

  /** A new topic of eight partitions. */
  async make(name: string): Promise<string> {
    const topic = `${this.#prefix}-${this.#made.length}-${name}`;
    await this.#asAdmin(async (admin) => {
      const made = { topic, numPartitions: PARTITIONS, configEntries: FOR_EVER };
      await admin.createTopics({ topics: [made], waitForLeaders: false });
      await eventually(`${topic} is led`, () => isLed(admin, topic), { withinMs: LED_MS });
    });
    this.#made.push(topic);
    return topic;
  }

  /** A topic with the first `count` events of the seed. */
  async fill(count: number): Promise<Input> {
    const topic = await this.make('crash');
    const sink = new KafkaSink({ client: this.#client, produce: PRODUCE, tell: () => undefined });
    for (let from = 0; from < count; from += RECORDS_PER_CALL) {
      const length = Math.min(RECORDS_PER_CALL, count - from);
      const chunk = Array.from({ length }, (_, i) => this.#publication(topic, from + i));
      const failure = (await sink.publish(chunk)).find((result) => result !== null);
      if (failure !== undefined) throw failure;
    }
    await sink.close();
    return { topic, count };
  }

  /**
   * Whether each event of `input` has one finding in a topic, and those of each key are in order, as a
   * consumer that reads what is committed sees it. Throws when not; else the bytes of a finding.
   */
  async check(input: Input, findings: string): Promise<number> {
    const outputs: { id: string; to: string }[] = [];
    let bytes = 0;
    for await (const { value, headers } of this.#read(findings)) {
      const id = headers.find(([name]) => name === 'faultline-id')?.[1];
      outputs.push({ id: Buffer.from(id ?? []).toString(), to: 'findings' });
      bytes += value?.length ?? 0;
    }
    const { lost, disordered, unknown, duplicates } = judge(this.#entries(input), outputs);
    if (lost.length + disordered.length + unknown.length + duplicates === 0) return bytes / outputs.length;
    throw new Error(
      `wrong result: lost ${lost.length}, disordered ${disordered.length}, unknown ${unknown.length}, duplicates ${duplicates}`,
    );
  }

  /** Removes a topic whose use is over: its bytes are many. */
  async remove(topic: string): Promise<void> {
    await this.#asAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    this.#made.splice(this.#made.indexOf(topic), 1, '');
  }

  /** Removes what is left. */
  async close(): Promise<void> {
    const topics = this.#made.filter((topic) => topic !== '');
    if (topics.length > 0) await this.#asAdmin((admin) => admin.deleteTopics({ topics }));
  }

  #publication(topic: string, index: number): Publication {
    const { key, value, timestampMs } = eventOf(this.#seed, index);
    return { topic, key, value, headers: NO_HEADERS, timestampMs };
  }

  *#entries({ topic, count }: Input): Generator<LedgerEntry> {
    for (let i = 0; i < count; i += 1) {
      const { id, key } = eventOf(this.#seed, i);
      yield { id, topic, key: Buffer.from(key).toString('latin1') };
    }
  }

  async *#read(topic: string): AsyncGenerator<Delivery> {
    const ends = await this.#asAdmin((admin) => admin.fetchTopicOffsets(topic));
    const partitions = ends
      .map(({ partition, low, high }) => ({ topic, partition, offset: Number(low), end: Number(high) }))
      .filter(({ offset, end }) => end > offset);
    const { signal } = new AbortController();
    for await (const delivery of readPartitions(this.#client, FETCH, { partitions, follow: false, signal }))
      if (delivery !== null) yield delivery;
  }

  async #asAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#client.kafka.admin();
    await admin.connect();
    try {
      return await ask(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

type Admin = ReturnType<KafkaClient['kafka']['admin']>;

async function isLed(admin: Admin, topic: string): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.every(({ leader }) => leader >= 0) ?? false;
  } catch {
    return false; // the broker does not know it yet
  }
}
