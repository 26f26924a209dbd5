/**
 * Which topics there are, and which of them the group reads: looked at again and again, so that new
 * ones, more partitions and deleted ones are seen without a restart.
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
  readonly tell: (event: KafkaEvent) => void;
}

/** The watch. */
export class TopicWatch {
  readonly #options: TopicWatchOptions;
  /** Partitions of each topic, internal ones left out. */
  #all: ReadonlyMap<string, number> = new Map();
  /** Those that are read. */
  #read: ReadonlyMap<string, number> = new Map();
  #first: ReadonlyMap<string, number> = new Map();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: TopicWatchOptions) {
    this.#options = options;
  }

  /** Looks for the first time, and goes on looking. Rejects: coded. */
  async start(): Promise<void> {
    await this.refresh();
    this.#first = this.#read;
    this.#schedule();
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
    if (markOf(before) !== markOf(this.#read)) this.#options.changed();
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.refresh()
        .catch((error: unknown) => this.#tell(error))
        .finally(() => this.#schedule());
    }, this.#options.refreshMs);
  }

  #tellGone(before: ReadonlyMap<string, number>): void {
    for (const topic of before.keys()) {
      if (!this.#all.has(topic))
        this.#tell(new EngineError('E_KAFKA_TOPIC', `topic ${topic} is gone: its partitions are let go`));
    }
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
