/**
 * The log as a source: one reader of one group, over all topics that the group subscribes to,
 * those that appear later included.
 */
import type { Delivery, TopicPartition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { Backlog, PullLimit, Source, SourceListener } from '../../ports/source.ts';
import type { From } from './cursor.ts';
import { Cursor } from './cursor.ts';
import type { Environment } from './environment.ts';
import type { NotedPosition } from './groups.ts';
import { Group } from './groups.ts';
import { Reader } from './reader.ts';
import { startOffset } from './start.ts';
import type { Topics } from './topics.ts';

/** What a source reads. */
export interface SubscriptionOptions {
  readonly group: string;
  /** Which topics, among those that exist. */
  readonly subscribes: (topic: string) => boolean;
  /** Where to begin in a partition of which the group has committed nothing. Topics that appear later are read from their start. */
  readonly from: From;
}

/** What the store gives a source. */
export interface LogSourceOptions extends SubscriptionOptions {
  readonly environment: Environment;
  readonly topics: Topics;
  readonly pollMs: number;
  /** Registers a function to be called after each append of this process; returns how to end that. */
  readonly watch: (onAppended: () => void) => () => void;
  /** As in {@link Group}. */
  readonly loss: () => EngineError | null;
}

/** The source. */
export class LogSource implements Source {
  readonly #options: LogSourceOptions;
  readonly #group: Group;
  readonly #reader: Reader;
  readonly #known = new Set<string>();
  #listener: SourceListener | null = null;
  #unwatch: (() => void) | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: LogSourceOptions) {
    const { environment, group, pollMs, loss } = options;
    this.#options = options;
    this.#group = new Group(environment, group, loss);
    this.#reader = new Reader({ environment, pollMs, onPoll: () => this.#adopt('earliest') });
  }

  async open(listener: SourceListener): Promise<void> {
    this.#assertOpen();
    await this.#group.enter();
    this.#listener = listener;
    this.#unwatch = this.#options.watch(() => this.#reader.notify());
    await this.#adopt(this.#options.from);
  }

  async pull(limit: PullLimit): Promise<readonly Delivery[]> {
    this.#assertOpen();
    return this.#reader.pull(limit);
  }

  /** `metadata` may stand beside each position. */
  async commit(positions: readonly NotedPosition[]): Promise<void> {
    this.#assertOpen();
    if (positions.length > 0) await this.#group.commit(positions);
  }

  async backlog(): Promise<readonly Backlog[]> {
    this.#assertOpen();
    return this.#reader.cursors.map(({ topic, partition, backlog }) => ({
      topic,
      partition,
      deliveries: backlog,
    }));
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#unwatch?.();
    await this.#reader.close();
    if (this.#listener !== null) await this.#group.leave();
  }

  /** Begins to read topics that were not there before. */
  async #adopt(from: From): Promise<void> {
    const { environment, topics, subscribes } = this.#options;
    const added: TopicPartition[] = [];
    for (const topic of topics.list()) {
      if (this.#known.has(topic.name)) continue;
      this.#known.add(topic.name);
      if (!subscribes(topic.name)) continue;
      for (let partition = 0; partition < topic.partitions; partition += 1) {
        const committed = this.#group.committed(topic.name, partition)?.offset;
        const position = committed ?? (await startOffset(environment, topic, partition, from));
        this.#reader.add(new Cursor(environment.tables, topic, partition, position));
        added.push({ topic: topic.name, partition });
      }
    }
    if (added.length > 0) this.#listener?.assigned(added);
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new EngineError('E_SOURCE_CLOSED');
  }
}
