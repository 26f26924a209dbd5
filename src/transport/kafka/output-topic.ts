/**
 * The partitions of a topic that is written to, and which of them an entry goes to: the Java client's
 * rule for keys; what has no key fills one partition after another, a few kilobytes each, so that it
 * spreads and still makes large batches.
 */
import { partitionOf } from '../../wire/partitioner.ts';
import type { EngineError } from '../../model/errors.ts';
import type { Entry } from './calls.ts';
import { OutputPartition } from './output-partition.ts';
import type { Routes } from './routes.ts';
import { NO_LEADER } from './routes.ts';

/** Bytes without a key that go to one partition before the next has its turn: the Java client's `batch.size`. */
const SPREAD_BYTES = 16 * 1024;

/** A topic. */
export class OutputTopic {
  readonly name: string;
  readonly #batchBytesMax: number;
  readonly #partitions: OutputPartition[] = [];
  /** Waiting until it is known how many partitions there are. */
  #unrouted: Entry[] = [];
  #turn = 0;
  #turnBytes = 0;

  constructor(name: string, batchBytesMax: number) {
    this.name = name;
    this.#batchBytesMax = batchBytesMax;
  }

  get hasUnrouted(): boolean {
    return this.#unrouted.length > 0;
  }

  get isIdle(): boolean {
    return !this.hasUnrouted && this.#partitions.every(({ isIdle }) => isIdle);
  }

  add(entry: Entry): void {
    this.#unrouted.push(entry);
  }

  /** Gives what waits to its partitions, if they are known; returns those. */
  route(routes: Routes): ReadonlySet<OutputPartition> {
    const given = new Set<OutputPartition>();
    const count = routes.partitions(this.name);
    if (count === 0) return given;
    for (let partition = this.#partitions.length; partition < count; partition += 1)
      this.#partitions.push(new OutputPartition({ topic: this.name, partition }, this.#batchBytesMax));
    const entries = this.#unrouted;
    this.#unrouted = [];
    for (const entry of entries) {
      const { key } = entry.publication;
      const partition =
        this.#partitions[key === null ? this.#spread(entry, routes, count) : partitionOf(key, count)];
      partition?.add(entry);
      if (partition !== undefined) given.add(partition);
    }
    return given;
  }

  failUnrouted(error: EngineError): void {
    const entries = this.#unrouted;
    this.#unrouted = [];
    for (const { call, index } of entries) call.settle(index, error);
  }

  /** The partition whose turn it is, of those that have a leader. */
  #spread({ bytes }: Entry, routes: Routes, count: number): number {
    if (this.#turnBytes >= SPREAD_BYTES) this.#passOn();
    for (let i = 0; i < count && routes.leader(this.name, this.#turn % count) === NO_LEADER; i += 1)
      this.#passOn();
    this.#turnBytes += bytes;
    return this.#turn % count;
  }

  #passOn(): void {
    this.#turn += 1;
    this.#turnBytes = 0;
  }
}
