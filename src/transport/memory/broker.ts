/**
 * Topics and groups in memory: the transport of tests and benchmarks.
 *
 * Keeps order and offsets like the real ones, survives nothing. A partition is a few long columns
 * and deliveries are made when they are read, as by the real ones: millions of waiting objects would
 * be work for the garbage collector that no other transport has.
 */
import type { Assignment, Delivery, Headers, NotedPosition, Publication } from '../../model/delivery.ts';
import { NO_HEADERS } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import { assert } from '../../model/assert.ts';
import { partitionOf } from '../../wire/partitioner.ts';

/** What can be appended; what is left out is `null`, no headers, 0. */
export interface MemoryRecord {
  readonly key?: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: Headers;
  readonly timestampMs?: number;
}

/** What a broker is made with. */
export interface MemoryBrokerOptions {
  /** Partitions of a topic, at least 1. */
  readonly partitions: number;
}

/** The records of one partition; the offset is the index. */
export class MemoryPartition {
  readonly topic: string;
  readonly partition: number;
  readonly #keys: (Uint8Array | null)[] = [];
  readonly #values: (Uint8Array | null)[] = [];
  readonly #timestampsMs: number[] = [];
  /** Of the few records that have any. */
  readonly #headers = new Map<number, Headers>();

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get length(): number {
    return this.#values.length;
  }

  append(record: MemoryRecord): void {
    if (record.headers !== undefined && record.headers.length > 0)
      this.#headers.set(this.length, record.headers);
    this.#keys.push(record.key ?? null);
    this.#timestampsMs.push(record.timestampMs ?? 0);
    this.#values.push(record.value);
  }

  /** The delivery at an offset below the length. */
  at(offset: number): Delivery {
    const value = this.#values[offset];
    assert(value !== undefined, 'a position below the end has a record');
    return {
      topic: this.topic,
      partition: this.partition,
      offset,
      key: this.#keys[offset] ?? null,
      value,
      headers: this.#headers.size === 0 ? NO_HEADERS : (this.#headers.get(offset) ?? NO_HEADERS),
      timestampMs: this.#timestampsMs[offset] ?? 0,
    };
  }
}

/** Topics, their partitions, and the committed positions of groups. */
export class MemoryBroker {
  readonly #partitions: number;
  readonly #topics = new Map<string, MemoryPartition[]>();
  readonly #committed = new Map<string, Map<string, NotedPosition>>();
  readonly #readers = new Set<string>();
  readonly #watchers = new Set<() => void>();
  #nullKeys = 0;

  constructor(options: MemoryBrokerOptions) {
    this.#partitions = options.partitions;
  }

  /** Names of the topics, in the order of their making. */
  get topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /** The partitions of a topic with their deliveries; the topic is made when it is new. */
  topic(name: string): readonly MemoryPartition[] {
    return this.#topic(name);
  }

  /** Appends records to the partitions of their keys; null keys take turns. */
  append(topic: string, records: readonly MemoryRecord[]): void {
    const partitions = this.#topic(topic);
    for (const record of records) {
      const key = record.key ?? null;
      const partition =
        key === null ? this.#nullKeys++ % partitions.length : partitionOf(key, partitions.length);
      const chosen = partitions[partition];
      assert(chosen !== undefined, 'a partitioner stays within the partitions');
      chosen.append(record);
    }
    for (const watcher of this.#watchers) watcher();
  }

  /** Appends publications to their topics, in order. */
  publish(publications: readonly Publication[]): void {
    for (const publication of publications) this.append(publication.topic, [publication]);
  }

  /** The committed position of a group, or `null`. */
  committed(group: string, topic: string, partition: number): Assignment['committed'] {
    return this.#committed.get(group)?.get(`${topic}/${partition}`) ?? null;
  }

  /** Stores positions of a group. */
  commit(group: string, positions: readonly NotedPosition[]): void {
    const stored = this.#committed.get(group) ?? new Map<string, NotedPosition>();
    this.#committed.set(group, stored);
    for (const position of positions) stored.set(`${position.topic}/${position.partition}`, position);
  }

  /** Takes a group for one reader. Throws `E_LOG_BUSY` when it has one. */
  enter(group: string): void {
    if (this.#readers.has(group)) {
      throw new EngineError('E_LOG_BUSY', `the group ${group} already has a reader in this process`);
    }
    this.#readers.add(group);
  }

  /** Whether a group has a reader. */
  isRead(group: string): boolean {
    return this.#readers.has(group);
  }

  /** Lets a group go. */
  leave(group: string): void {
    this.#readers.delete(group);
  }

  /** Calls `watcher` after each append, until the returned function is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #topic(name: string): MemoryPartition[] {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const made = Array.from(
      { length: this.#partitions },
      (_, partition) => new MemoryPartition(name, partition),
    );
    this.#topics.set(name, made);
    return made;
  }
}
