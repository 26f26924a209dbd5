/**
 * The embedded log: a directory that any number of processes append to, and from which one process
 * at a time reads for each group. `docs/guide/log.md` is its guide.
 *
 * Nothing is removed but by `trim` and `retain`.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Delivery, NotedPosition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { Sink } from '../../ports/sink.ts';
import type { Transactions } from '../../ports/transactions.ts';
import type { Durability } from './append.ts';
import { Appender } from './append.ts';
import type { BlockRecord } from './block.ts';
import type { From } from './cursor.ts';
import { startOf, tailOf } from './cursor.ts';
import { DATA_FILE } from './data-file.ts';
import type { Environment } from './environment.ts';
import { openEnvironment } from './open.ts';
import type { CommittedPosition } from './groups.ts';
import { committedPositions, Group, groupNames, groupReader } from './groups.ts';
import type { AppendRecord } from './judge.ts';
import { LogSink } from './sink.ts';
import type { RetentionOptions } from './retention.ts';
import { Retention } from './retention.ts';
import type { SubscriptionOptions } from './source.ts';
import { LogSource } from './source.ts';
import { startOffset } from './start.ts';
import type { ReadOptions } from './tail.ts';
import { readTopic } from './tail.ts';
import { liveBytes, timeSpan } from './stats.ts';
import { Topics } from './topics.ts';
import { LogTransactions } from './transactions.ts';
import type { RetentionPolicy, TrimOptions, TrimReport } from './trim.ts';
import { trimLog } from './trim.ts';

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

/** What there is to know of a log as a whole. */
export interface LogInfo {
  /** Of the file. It grows with what is appended, and shrinks by compaction only. */
  readonly fileBytes: number;
  /** Bytes of the file that are in use; the rest is filled before the file grows. */
  readonly liveBytes: number;
  readonly topics: readonly (TopicInfo & {
    /** From the records' timestamps, milliseconds since 1970; `null` where there are none. */
    readonly span: { readonly oldestMs: number; readonly newestMs: number } | null;
  })[];
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
  readonly #retentions = new Set<Retention>();
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

  /** Findings and positions in one step, for groups that a source of this process reads for. */
  transactions(): Transactions {
    this.#assertWritable();
    return new LogTransactions(this.#appender);
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

  /** Sizes and times. */
  info(): LogInfo {
    const { dir, tables } = this.#environment;
    const topics = this.topics().map((topic) => ({
      ...topic,
      span: timeSpan(tables, this.#topics.require(topic.name)),
    }));
    return { fileBytes: statSync(join(dir, DATA_FILE)).size, liveBytes: liveBytes(tables), topics };
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

  /** The offset that `from` means, by partition: for a time of which there is no younger record, the end. Rejects with `E_TOPIC_UNKNOWN`, `E_LOG_CORRUPT`. */
  async offsetsAt(topic: string, from: From): Promise<readonly number[]> {
    this.#environment.refresh();
    const found = this.#topics.require(topic);
    const partitions = Array.from({ length: found.partitions }, (_, partition) => partition);
    return Promise.all(partitions.map((partition) => startOffset(this.#environment, found, partition, from)));
  }

  /**
   * Stores positions of a group that nobody reads for: it is taken meanwhile, so that nobody can. Rejects
   * with `E_LOG_BUSY` when a process has it, with `E_COMMIT_FAILED` when nothing could be stored.
   */
  async setPositions(group: string, positions: readonly NotedPosition[]): Promise<void> {
    this.#assertWritable();
    const taken = new Group(this.#environment, group);
    await taken.enter();
    try {
      await taken.commit(positions);
    } finally {
      await taken.leave();
    }
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

  /** Removes what the policy lets go. Rejects with `E_LOG_FULL`, `E_LOG_IO` or `E_LOG_BUSY`; what is removed by then stays so. */
  async trim(policy: RetentionPolicy, options: TrimOptions = {}): Promise<TrimReport> {
    this.#assertWritable();
    return trimLog(this.#environment, this.#topics, policy, options);
  }

  /** Trims from time to time until it is closed, by itself or with the store. */
  retain(options: RetentionOptions): Retention {
    this.#assertWritable();
    const retention = new Retention(options, (policy, when) => this.trim(policy, when));
    this.#retentions.add(retention);
    return retention;
  }

  /** Waits for what is under way, then closes. Again: does nothing. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#retentions].map((retention) => retention.close()));
    await this.#appender.idle();
    await this.#environment.close();
  }

  #lag({ topic, partition, offset }: CommittedPosition): number {
    const found = this.#topics.find(topic);
    if (found === null) return 0;
    const { tables } = this.#environment;
    const start = Math.max(offset, startOf(tables, found, partition));
    return Math.max(0, tailOf(tables, found, partition).next - start);
  }

  #assertWritable(): void {
    if (this.#options.readOnly === true) {
      throw new EngineError('E_ASSERT', 'a log that is open for reading only is written to');
    }
  }
}
