/** What the suites of the consuming half share: sources, members that write down what they see, and records written where they are wanted. */
import type { Assignment, Delivery, TopicPartition } from '../../src/model/delivery.ts';
import type { SourceListener } from '../../src/ports/source.ts';
import { Brokers } from '../../src/transport/kafka/brokers.ts';
import type { KafkaClient } from '../../src/transport/kafka/client.ts';
import { askProduce } from '../../src/transport/kafka/protocol/produce.ts';
import type { FetchSettings, KafkaEvent, MemberSettings } from '../../src/transport/kafka/settings.ts';
import type { KafkaSourceOptions } from '../../src/transport/kafka/source.ts';
import { KafkaSource } from '../../src/transport/kafka/source.ts';
import { limit } from '../contract/pulling.ts';
import type { ContractRecord } from '../contract/records.ts';
import type { BatchPlan } from '../helpers/kafka-batches.ts';
import { eventually } from '../helpers/eventually.ts';
import { batchBytes } from '../helpers/kafka-batches.ts';

/** A member that notices everything soon. */
export const MEMBER: MemberSettings = {
  sessionTimeoutMs: 6000,
  heartbeatMs: 100,
  rebalanceTimeoutMs: 20_000,
  topicsRefreshMs: 200,
};

/** Small fetches: many of them. */
export const FETCH: FetchSettings = {
  waitMs: 200,
  bytesMin: 1,
  bytesMax: 4 * 1024 * 1024,
  partitionBytesMax: 256 * 1024,
  bufferBytesMax: 4 * 1024 * 1024,
  outOfRange: 'earliest',
  isolation: 'read-committed',
  checkCrc: true,
};

/** What a source needs to be told. */
export type SourceChoice = Partial<KafkaSourceOptions> & Pick<KafkaSourceOptions, 'group' | 'subscribes'>;

/** A source with what a test changes of it. */
export function makeSource(client: KafkaClient, over: SourceChoice): KafkaSource {
  return new KafkaSource({
    client,
    from: 'earliest',
    member: MEMBER,
    fetch: FETCH,
    tell: () => undefined,
    ...over,
  });
}

/** How long a commit is tried, milliseconds. */
const COMMIT_MS = 1000;

/** What one member saw, in order. */
export type Sight =
  | { readonly type: 'assigned' | 'revoked'; readonly places: readonly string[] }
  | { readonly type: 'delivered'; readonly place: string; readonly offset: number };

/** A member that reads, remembers what it saw, and commits what it has when partitions are taken away. */
export class Reader implements SourceListener {
  readonly source: KafkaSource;
  readonly sights: Sight[] = [];
  readonly events: KafkaEvent[] = [];
  readonly held: Set<string> = new Set();
  readonly deliveries: Delivery[] = [];
  /** What `pull` rejected with. */
  failure: unknown = null;
  /** Is told of each delivery when it comes. */
  sees: (delivery: Delivery) => void = () => undefined;
  /** Is awaited in each revoke, before it commits. */
  drain: () => Promise<void> = async () => undefined;
  readonly #next = new Map<string, { readonly place: TopicPartition; readonly offset: number }>();
  readonly #stop = new AbortController();
  #reading: Promise<void> | null = null;

  constructor(client: KafkaClient, choice: SourceChoice) {
    this.source = makeSource(client, { tell: (event) => this.events.push(event), ...choice });
  }

  /** Joins and reads. */
  async open(): Promise<this> {
    await this.source.open(this);
    this.#reading = this.#read();
    return this;
  }

  assigned(partitions: readonly Assignment[]): void {
    for (const partition of partitions) this.held.add(nameOf(partition));
    this.sights.push({ type: 'assigned', places: partitions.map(nameOf) });
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    await this.drain();
    await this.commit(partitions).catch(() => undefined);
    for (const partition of partitions) {
      this.held.delete(nameOf(partition));
      this.#next.delete(nameOf(partition));
    }
    this.sights.push({ type: 'revoked', places: partitions.map(nameOf) });
  }

  /** Commits what was read of these; again where a group that is dealing takes no commits, as the engine does. */
  async commit(partitions: readonly TopicPartition[]): Promise<void> {
    const positions = partitions.flatMap((partition) => {
      const next = this.#next.get(nameOf(partition));
      return next === undefined ? [] : [{ ...next.place, offset: next.offset, metadata: '' }];
    });
    const isStored = (): Promise<boolean> =>
      this.source.commit(positions).then(
        () => true,
        () => false,
      );
    await eventually('the commit', isStored, { withinMs: COMMIT_MS, everyMs: 50 });
  }

  /** Values as text. */
  get values(): readonly string[] {
    return this.deliveries.map(({ value }) => Buffer.from(value ?? []).toString());
  }

  /** Commits all, as the engine does at its end, and leaves. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    const held = [...this.#next.values()].map(({ place }) => place);
    await this.commit(held).catch(() => undefined);
    await this.source.close();
  }

  async #read(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const pulled = await this.source.pull(limit({ waitMs: 1000, signal, deliveriesMax: 200 }));
        for (const delivery of pulled) this.#see(delivery);
      } catch (error) {
        this.failure = error;
        return;
      }
    }
  }

  #see(delivery: Delivery): void {
    const { topic, partition, offset } = delivery;
    const place = nameOf(delivery);
    if (!this.held.has(place)) throw new Error(`${place}@${offset} is given to one who does not hold it`);
    this.#next.set(place, { place: { topic, partition }, offset: offset + 1 });
    this.deliveries.push(delivery);
    this.sees(delivery);
    this.sights.push({ type: 'delivered', place, offset });
  }
}

/** Names a partition. */
function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** Writes records to partitions by their keys, in order; those without a key in turn. */
export async function append(
  client: KafkaClient,
  topic: string,
  records: readonly ContractRecord[],
): Promise<void> {
  await writing(client, topic, async (brokers, partitions) => {
    const chosen = Map.groupBy(records, ({ key }, ...[i]) => (key === null ? i : hash(key)) % partitions);
    for (const [partition, ofPartition] of chosen)
      await write(brokers, { topic, partition }, { records: ofPartition });
  });
}

/** Writes batches to one partition, one after another. */
export async function appendTo(
  client: KafkaClient,
  place: TopicPartition,
  plans: readonly BatchPlan[],
): Promise<void> {
  await writing(client, place.topic, async (brokers) => {
    for (const plan of plans) await write(brokers, place, plan);
  });
}

async function writing(
  client: KafkaClient,
  topic: string,
  run: (brokers: Brokers, partitions: number) => Promise<void>,
): Promise<void> {
  const brokers = new Brokers(client);
  try {
    const { topics } = await brokers.metadata([topic]);
    await run(brokers, topics[0]?.partitions.length ?? 1);
  } finally {
    brokers.close();
  }
}

/** Tries again where a broker does not know yet that it leads the partition. */
async function write(brokers: Brokers, place: TopicPartition, plan: BatchPlan): Promise<void> {
  const request = { transactionalId: null, waitMs: 5000, batches: [{ ...place, bytes: batchBytes(plan) }] };
  await eventually(
    'it is written',
    async () => {
      const leader = brokers.leaderOf(place.topic, place.partition);
      if (leader === null) throw new Error(`${nameOf(place)} has no leader`);
      const [answer] = await brokers.askNode(leader, (broker) => askProduce(broker, request));
      if (answer?.error !== 0 && answer?.error !== NOT_LEADER)
        throw new Error(`not written: ${answer?.error}`);
      return answer.error === 0;
    },
    { withinMs: 2000 },
  );
}

const NOT_LEADER = 6;

function hash(key: Uint8Array): number {
  return key.reduce((sum, byte) => (sum * 31 + byte) % 65_521, 7);
}
