/**
 * The log as a source: one reader of one group, over all topics that the group subscribes to,
 * those that appear later included.
 */
import type { Delivery, NotedPosition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { Backlog, PullLimit, Source, SourceListener } from '../../ports/source.ts';
import type { From } from './cursor.ts';
import { Cursor } from './cursor.ts';
import type { Environment } from './environment.ts';
import { Group } from './groups.ts';
import { Reader } from './reader.ts';
import { startOffset } from './start.ts';
import type { Topic, Topics } from './topics.ts';

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

  async commit(positions: readonly NotedPosition[]): Promise<void> {
    this.#assertOpen();
    if (positions.length > 0) await this.#group.commit(positions);
  }

  fenced(): void {
    // A group has one reader, which its transactions know: they shut nobody out.
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

  /**
   * Begins to read topics that were not there before. Where the group has no position yet, the place
   * where it begins is committed first: it stays so after a restart, and retention minds it.
   */
  async #adopt(from: From): Promise<void> {
    const { environment, topics, subscribes } = this.#options;
    const added = topics.list().filter(({ name }) => !this.#known.has(name));
    if (added.length === 0) return;
    const read = added.filter(({ name }) => subscribes(name));
    const positions = (await Promise.all(read.map((topic) => this.#positions(topic, from)))).flat();
    if (this.#closing !== null) return;
    for (const { name } of added) this.#known.add(name);
    const assigned = positions.map(({ topic, partition, offset, metadata }) => {
      this.#reader.add(new Cursor(environment.tables, topics.require(topic), partition, offset));
      return { topic, partition, committed: { offset, metadata } };
    });
    if (assigned.length > 0) this.#listener?.assigned(assigned);
  }

  /** What the group has committed of a topic's partitions, after it has committed where it begins. */
  async #positions(topic: Topic, from: From): Promise<readonly NotedPosition[]> {
    const positions: NotedPosition[] = [];
    const starts: NotedPosition[] = [];
    for (let partition = 0; partition < topic.partitions; partition += 1) {
      const place = { topic: topic.name, partition };
      const committed = this.#group.committed(topic.name, partition);
      if (committed !== null) {
        positions.push({ ...place, ...committed });
        continue;
      }
      const offset = await startOffset(this.#options.environment, topic, partition, from);
      starts.push({ ...place, offset, metadata: '' });
    }
    if (starts.length > 0) await this.#group.commit(starts);
    return [...positions, ...starts];
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new EngineError('E_SOURCE_CLOSED');
  }
}
