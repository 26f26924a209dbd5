/**
 * Which topics there are, and which of them the group reads: looked at again and again, so that new
 * ones, more partitions, deleted ones and those that were made again are seen without a restart.
 */
import { EngineError, toFault } from '../../model/errors.ts';
import type { Brokers } from './brokers.ts';
import { kafkaFault } from './faults.ts';
import type { KafkaEvent } from './settings.ts';

/** What is watched. */
export interface TopicWatchOptions {
  readonly brokers: Brokers;
  readonly group: string;
  readonly subscribes: (topic: string) => boolean;
  readonly refreshMs: number;
  /** The topics that are read, or their partitions, are others than before. */
  readonly changed: () => void;
  /** A topic that is read was deleted and made again between two looks: its offsets are others. */
  readonly remade: (topic: string) => void;
  readonly tell: (event: KafkaEvent) => void;
}

/** How soon is looked where a broker does not know a topic any more, milliseconds. */
const SOON_MS = 1000;
/** So many ids that topics had before are kept; an older one would pass for a new one. */
const FORMER_IDS_MAX = 1000;

/** The watch. */
export class TopicWatch {
  readonly #options: TopicWatchOptions;
  /** Partitions of each topic, internal ones left out. */
  #all: ReadonlyMap<string, number> = new Map();
  /** Those that are read. */
  #read: ReadonlyMap<string, number> = new Map();
  /** Those of them that were read when the watch began, and have been there ever since. */
  #first: ReadonlyMap<string, number> = new Map();
  /** Of those that are read, where brokers have them: the newest. */
  #ids: ReadonlyMap<string, string> = new Map();
  /** Those that they had before, oldest first: a broker that lags still tells them. */
  readonly #formerIds = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #dueMs = Infinity;
  #isClosed = false;

  constructor(options: TopicWatchOptions) {
    this.#options = options;
  }

  /** Looks for the first time, and goes on looking. Rejects: coded. */
  async start(): Promise<void> {
    await this.refresh();
    this.#first = this.#read;
    this.#schedule(this.#options.refreshMs);
  }

  /** Partitions of all topics of the cluster. */
  get all(): ReadonlyMap<string, number> {
    return this.#all;
  }

  /** Partitions of the topics that are read, in the order of their names. */
  get read(): ReadonlyMap<string, number> {
    return this.#read;
  }

  /** Whether a partition was not there when the watch began: all of it came later. */
  isNew(topic: string, partition: number): boolean {
    return partition >= (this.#first.get(topic) ?? 0);
  }

  /** Something is not as it was: looks within {@link SOON_MS}. */
  lookSoon(): void {
    this.#schedule(SOON_MS);
  }

  /** Looks now. Rejects: coded. */
  async refresh(): Promise<void> {
    const before = this.#read;
    const { topics } = await this.#options.brokers.metadata(null).catch((error: unknown) => {
      throw kafkaFault(error, 'asking for the topics');
    });
    const there = topics.filter(({ isInternal, partitions }) => !isInternal && partitions.length > 0);
    const counts = there.map(({ name, partitions }): [string, number] => [name, partitions.length]);
    this.#all = new Map(counts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    this.#read = new Map([...this.#all].filter(([name]) => this.#options.subscribes(name)));
    this.#tellGone(before);
    this.#tellRemade(new Map(there.flatMap(({ name, id }) => (id === undefined ? [] : [[name, id]]))));
    this.#first = new Map([...this.#first].filter(([name]) => this.#all.has(name)));
    if (markOf(before) !== markOf(this.#read)) this.#options.changed();
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** The next look, unless one is due before that. */
  #schedule(inMs: number): void {
    const dueMs = performance.now() + inMs;
    if (this.#isClosed || dueMs >= this.#dueMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = Infinity;
      this.refresh()
        .catch((error: unknown) => this.#tell(error))
        .finally(() => this.#schedule(this.#options.refreshMs));
    }, inMs);
  }

  #tellGone(before: ReadonlyMap<string, number>): void {
    for (const topic of before.keys()) {
      if (!this.#all.has(topic))
        this.#tell(new EngineError('E_KAFKA_TOPIC', `topic ${topic} is gone: its partitions are let go`));
    }
  }

  #tellRemade(told: ReadonlyMap<string, string>): void {
    const known = this.#ids;
    const ids = new Map([...told].filter(([name]) => this.#read.has(name)));
    this.#ids = ids;
    for (const [topic, before] of known) {
      const id = ids.get(topic);
      if (id === before) continue;
      if (id !== undefined && this.#formerIds.has(id)) {
        ids.set(topic, before);
        continue;
      }
      this.#keepFormer(before);
      if (id === undefined) continue;
      this.#first = new Map([...this.#first].filter(([name]) => name !== topic));
      const message = `topic ${topic} was deleted and made again: it is read from its start`;
      this.#tell(new EngineError('E_KAFKA_TOPIC', message));
      this.#options.remade(topic);
    }
  }

  #keepFormer(id: string): void {
    this.#formerIds.add(id);
    const [oldest] = this.#formerIds;
    if (this.#formerIds.size > FORMER_IDS_MAX && oldest !== undefined) this.#formerIds.delete(oldest);
  }

  #tell(error: unknown): void {
    const { tell, group } = this.#options;
    if (!this.#isClosed) tell({ type: 'group-fault', group, fault: toFault(error, 'E_KAFKA_FAILED') });
  }
}

/** Differs when topics or their partitions do. */
export function markOf(topics: ReadonlyMap<string, number>): string {
  return [...topics].map(([topic, partitions]) => `${topic}:${partitions}`).join();
}
