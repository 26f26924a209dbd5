/**
 * The embedded log: a directory that any number of processes append to, and from which one process
 * at a time reads for each group. `docs/guide/log.md` is its guide.
 *
 * It has no retention yet: nothing is ever deleted.
 */
import type { Delivery } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { Sink } from '../../ports/sink.ts';
import type { AppendRecord, Durability } from './append.ts';
import { Appender } from './append.ts';
import type { BlockRecord } from './block.ts';
import { startOf, tailOf } from './cursor.ts';
import type { Environment } from './environment.ts';
import { openEnvironment } from './open.ts';
import type { CommittedPosition } from './groups.ts';
import { committedPositions, groupNames, groupReader } from './groups.ts';
import { LogSink } from './sink.ts';
import type { SubscriptionOptions } from './source.ts';
import { LogSource } from './source.ts';
import type { ReadOptions } from './tail.ts';
import { readTopic } from './tail.ts';
import { Topics } from './topics.ts';

/** How a log is opened. Defaults live in the config. */
export interface LogOptions {
  readonly dir: string;
  /** `disk`: acknowledged when it survives power loss; `process`: when it survives the death of this process. */
  readonly durability: Durability;
  /** Partitions of topics that this process makes. */
  readonly partitions: number;
  /** Key, value and headers of one record. */
  readonly recordBytesMax: number;
  /** How often readers look for what other processes have written. */
  readonly pollMs: number;
  /** Nothing can be appended or committed. */
  readonly readOnly?: boolean;
  /** `false`: a missing log is `E_LOG_DIR`. Default: it is made. */
  readonly create?: boolean;
  /** How long another process is waited for that does not let go of the log. Default: `YIELD_MS_MAX` of the gate. */
  readonly yieldMsMax?: number;
}

/** A partition as `topics()` tells of it. */
export interface PartitionInfo {
  readonly partition: number;
  /** Offset of the oldest record. */
  readonly start: number;
  /** Offset that the next record gets. */
  readonly end: number;
  readonly records: number;
  /** Packed bytes. */
  readonly bytes: number;
}

/** A topic and what it holds. */
export interface TopicInfo {
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  readonly partitions: readonly PartitionInfo[];
}

/** A committed position and how far it is from the end. */
export interface GroupPosition extends CommittedPosition {
  readonly lag: number;
}

/** A group and where it stands. */
export interface GroupInfo {
  readonly name: string;
  /** Id of the process that reads for it now, or `null`. */
  readonly pid: number | null;
  readonly positions: readonly GroupPosition[];
}

/**
 * Opens a log, when no other process is writing to it: those that do make room. Rejects with
 * `E_LOG_DIR`, `E_LOG_VERSION`, `E_LOG_FULL`, and with `E_LOG_BUSY` when one does not make room in time.
 * Close what was opened from it (sources, sinks) before the store itself.
 */
export async function openLog(options: LogOptions): Promise<LogStore> {
  const { dir, readOnly = false, create = true, yieldMsMax } = options;
  return new LogStore(options, await openEnvironment({ dir, readOnly, create, yieldMsMax }));
}

/** An open log. */
export class LogStore {
  readonly #options: LogOptions;
  readonly #environment: Environment;
  readonly #topics: Topics;
  readonly #appender: Appender;
  readonly #watchers = new Set<() => void>();
  readonly #watch = (onAppended: () => void): (() => void) => {
    this.#watchers.add(onAppended);
    return () => this.#watchers.delete(onAppended);
  };
  #closing: Promise<void> | null = null;

  /** Use {@link openLog}. */
  constructor(options: LogOptions, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
    this.#topics = new Topics(environment, options.partitions);
    this.#appender = new Appender(environment, this.#topics, {
      durability: options.durability,
      recordBytesMax: options.recordBytesMax,
      onAppended: () => {
        for (const watcher of this.#watchers) watcher();
      },
    });
  }

  /** A source for a group; it takes the group when it is opened. */
  source(subscription: SubscriptionOptions): LogSource {
    this.#assertWritable();
    return new LogSource({
      ...subscription,
      environment: this.#environment,
      topics: this.#topics,
      pollMs: this.#options.pollMs,
      watch: this.#watch,
      loss: () => this.#appender.loss(),
    });
  }

  /** A sink; several may be open, they share transactions. */
  sink(): Sink {
    this.#assertWritable();
    return new LogSink(this.#appender);
  }

  /**
   * Appends to one topic, which is made when it is new: by key, or where there is none, all of a
   * call to one partition, the next call to the next. Rejects with the error of the first record
   * that was refused; the others may be written.
   */
  async append(topic: string, records: readonly BlockRecord[]): Promise<void> {
    this.#assertWritable();
    const addressed = records.map(({ key, value, headers, timestampMs }): AppendRecord => ({
      topic,
      key,
      value,
      headers,
      timestampMs,
    }));
    const error = (await this.#appender.append(addressed)).find((result) => result !== null) ?? null;
    if (error !== null) throw error;
  }

  /** What the log holds, by name. */
  topics(): readonly TopicInfo[] {
    const { tables } = this.#environment;
    this.#environment.refresh();
    return this.#topics.list().map((topic) => {
      const partitions = Array.from({ length: topic.partitions }, (_, partition): PartitionInfo => {
        const { next, records, bytes } = tailOf(tables, topic, partition);
        return { partition, start: startOf(tables, topic, partition), end: next, records, bytes };
      });
      const sum = (of: 'records' | 'bytes'): number =>
        partitions.reduce((total, each) => total + each[of], 0);
      return { name: topic.name, records: sum('records'), bytes: sum('bytes'), partitions };
    });
  }

  /** The groups, by name, and how far each is behind. */
  groups(): readonly GroupInfo[] {
    this.#environment.refresh();
    return groupNames(this.#environment).map((name) => ({
      name,
      pid: groupReader(this.#environment, name),
      positions: committedPositions(this.#environment, name).map((position) => ({
        ...position,
        lag: this.#lag(position),
      })),
    }));
  }

  /** The deliveries of a topic, outside any group. Throws `E_TOPIC_UNKNOWN`, `E_LOG_CORRUPT`. */
  read(topic: string, options: ReadOptions = {}): AsyncGenerator<Delivery, void, undefined> {
    const context = {
      environment: this.#environment,
      topic: this.#topics.require(topic),
      pollMs: this.#options.pollMs,
      watch: this.#watch,
    };
    return readTopic(context, options);
  }

  /** Waits for what is under way, then closes. Again: does nothing. */
  async close(): Promise<void> {
    this.#closing ??= this.#appender.idle().then(() => this.#environment.close());
    return this.#closing;
  }

  #lag({ topic, partition, offset }: CommittedPosition): number {
    const found = this.#topics.find(topic);
    if (found === null) return 0;
    return Math.max(0, tailOf(this.#environment.tables, found, partition).next - offset);
  }

  #assertWritable(): void {
    if (this.#options.readOnly === true) {
      throw new EngineError('E_ASSERT', 'a log that is open for reading only is written to');
    }
  }
}
