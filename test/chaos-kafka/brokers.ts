/**
 * The brokers of a chaos run, as its faults and its ledger see them: through kafkajs's own admin client,
 * which the engine does not use for any of this. What cannot be asked at the moment is `null`.
 */
import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { KafkaCluster } from '../helpers/kafka/cluster.ts';
import { eventually } from '../helpers/eventually.ts';

/** Tells nothing: while brokers are killed there is much to tell. */
export function quietKafka(brokers: readonly string[]): Kafka {
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId: 'chaos',
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 5000,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 },
  });
}

/** How far a group is, over topics. */
export interface Progress {
  readonly committed: number;
  readonly lag: number;
}

/** Of the cluster. */
export const NODES: readonly number[] = [0, 1, 2];
/** As the test cluster has them (test/helpers/kafka/properties.ts). */
const REPLICAS = NODES.length;
const IN_SYNC_MIN = 2;
const OFFSETS_PARTITIONS = 6;
const DONE_MS = 60_000;
const AGAIN_MS = 200;

/** Asks and changes. */
export class Brokers {
  readonly cluster: KafkaCluster;
  readonly #admin: Admin;

  private constructor(cluster: KafkaCluster, admin: Admin) {
    this.cluster = cluster;
    this.#admin = admin;
  }

  /** Connects. */
  static async open(cluster: KafkaCluster): Promise<Brokers> {
    const admin = quietKafka(cluster.brokers).admin();
    await admin.connect();
    return new Brokers(cluster, admin);
  }

  /** Resolves when all their partitions have leaders. */
  async makeTopics(topics: readonly ITopicConfig[]): Promise<void> {
    await this.#admin.createTopics({ topics: [...topics], waitForLeaders: false });
    const names = topics.map(({ topic }) => topic);
    const areLed = async (): Promise<boolean> => {
      const found = await this.#admin.fetchTopicMetadata({ topics: names }).catch(() => null);
      return found?.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0)) === true;
    };
    await eventually('the topics have leaders', areLed, { withinMs: DONE_MS, everyMs: AGAIN_MS });
  }

  /** Where a group has committed in topics, and what it has not. */
  async progressOf(group: string, topics: readonly string[]): Promise<Progress | null> {
    try {
      return await progressOf(this.#admin, group, topics);
    } catch {
      return null;
    }
  }

  /** The node that keeps a group: the leader of the partition of its offsets, which is found by Java’s hash of its name. */
  async coordinatorOf(group: string): Promise<number> {
    let hash = 0;
    for (const character of group) hash = (Math.imul(31, hash) + character.charCodeAt(0)) | 0;
    const topic = '__consumer_offsets';
    return eventually(
      'the group has a coordinator',
      async () => {
        const found = await this.#admin.fetchTopicMetadata({ topics: [topic] }).catch(() => null);
        const kept = (hash & 0x7fffffff) % OFFSETS_PARTITIONS;
        const led = found?.topics[0]?.partitions.find(({ partitionId }) => partitionId === kept);
        return led === undefined || led.leader < 0 ? null : { leader: led.leader };
      },
      { withinMs: DONE_MS, everyMs: AGAIN_MS },
    ).then(({ leader }) => leader);
  }

  /** Whatever a fault that was broken off has left: all nodes run. */
  async heal(): Promise<void> {
    for (const node of NODES) {
      if (this.cluster.pid(node) === undefined) await this.cluster.start(node);
      this.cluster.thaw(node);
    }
  }

  /** From now on writes to a topic fail, as they do when too few replicas are in sync. */
  async refuse(topic: string): Promise<void> {
    await this.#needInSync(topic, REPLICAS + 1);
  }

  /** The end of a refusal. */
  async accept(topic: string): Promise<void> {
    await this.#needInSync(topic, IN_SYNC_MIN);
  }

  async #needInSync(topic: string, replicas: number): Promise<void> {
    const configEntries = [{ name: 'min.insync.replicas', value: String(replicas) }];
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }];
    await eventually(
      `${topic} needs ${replicas} replicas`,
      () =>
        this.#admin.alterConfigs({ validateOnly: false, resources }).then(
          () => true,
          () => false,
        ),
      { withinMs: DONE_MS, everyMs: AGAIN_MS },
    );
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
    await this.cluster.close();
  }
}

/** Rejects when the brokers cannot be asked now. */
export async function progressOf(admin: Admin, group: string, topics: readonly string[]): Promise<Progress> {
  const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  const at = new Map(
    committed.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Math.max(0, Number(offset))]),
    ),
  );
  let lag = 0;
  for (const topic of topics)
    for (const { partition, high } of await admin.fetchTopicOffsets(topic))
      lag += Number(high) - (at.get(`${topic}/${partition}`) ?? 0);
  return { committed: [...at.values()].reduce((sum, offset) => sum + offset, 0), lag };
}
