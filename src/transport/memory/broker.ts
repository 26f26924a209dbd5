/**
 * Topics and groups in memory: the transport of tests and benchmarks.
 *
 * Keeps order and offsets like the real ones, survives nothing. Deliveries are made when they are
 * appended, so that reading them costs next to nothing.
 */
import type { Delivery, Headers, Publication } from '../../model/delivery.ts';
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

/** Topics, their partitions, and the committed positions of groups. */
export class MemoryBroker {
  readonly #partitions: number;
  readonly #topics = new Map<string, Delivery[][]>();
  readonly #committed = new Map<string, Map<string, number>>();
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
  topic(name: string): readonly (readonly Delivery[])[] {
    return this.#topic(name);
  }

  /** Appends records to the partitions of their keys; null keys take turns. */
  append(topic: string, records: readonly MemoryRecord[]): void {
    const partitions = this.#topic(topic);
    for (const record of records) {
      const key = record.key ?? null;
      const partition =
        key === null ? this.#nullKeys++ % partitions.length : partitionOf(key, partitions.length);
      const deliveries = partitions[partition];
      assert(deliveries !== undefined, 'a partitioner stays within the partitions');
      deliveries.push({
        topic,
        partition,
        offset: deliveries.length,
        key,
        value: record.value,
        headers: record.headers ?? NO_HEADERS,
        timestampMs: record.timestampMs ?? 0,
      });
    }
    for (const watcher of this.#watchers) watcher();
  }

  /** Appends publications to their topics, in order. */
  publish(publications: readonly Publication[]): void {
    for (const publication of publications) this.append(publication.topic, [publication]);
  }

  /** The committed position of a group, or `null`. */
  committed(group: string, topic: string, partition: number): number | null {
    return this.#committed.get(group)?.get(`${topic}/${partition}`) ?? null;
  }

  /** Stores a position of a group. */
  commit(group: string, topic: string, partition: number, offset: number): void {
    const positions = this.#committed.get(group) ?? new Map<string, number>();
    this.#committed.set(group, positions.set(`${topic}/${partition}`, offset));
  }

  /** Takes a group for one reader. Throws `E_LOG_BUSY` when it has one. */
  enter(group: string): void {
    if (this.#readers.has(group)) {
      throw new EngineError('E_LOG_BUSY', `the group ${group} already has a reader in this process`);
    }
    this.#readers.add(group);
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

  #topic(name: string): Delivery[][] {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const made = Array.from({ length: this.#partitions }, (): Delivery[] => []);
    this.#topics.set(name, made);
    return made;
  }
}
