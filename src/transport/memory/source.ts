/**
 * The source of tests and benchmarks: hands out the deliveries that a {@link MemoryBroker} holds.
 *
 * The hot path is `pull`: it makes deliveries of references, partition by partition in turn.
 */
import { assert } from '../../model/assert.ts';
import type { Assignment, Delivery, NotedPosition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { Backlog, PullLimit, Source, SourceListener } from '../../ports/source.ts';
import { Wake } from '../wake.ts';
import type { MemoryBroker, MemoryPartition } from './broker.ts';

/** What a memory source is made with. */
export interface MemorySourceOptions {
  readonly broker: MemoryBroker;
  readonly group: string;
  /** Which topics it reads, among those that exist. */
  readonly subscribes: (topic: string) => boolean;
  /** Where to begin when the group has no committed position. */
  readonly from: 'earliest' | 'latest';
}

interface Cursor {
  readonly records: MemoryPartition;
  position: number;
}

/** The source. */
export class MemorySource implements Source {
  readonly #options: MemorySourceOptions;
  readonly #wake = new Wake();
  readonly #known = new Set<string>();
  readonly #cursors: Cursor[] = [];
  #listener: SourceListener | null = null;
  #unwatch: (() => void) | null = null;
  #turn = 0;
  #closed = false;

  constructor(options: MemorySourceOptions) {
    this.#options = options;
  }

  async open(listener: SourceListener): Promise<void> {
    this.#assertOpen();
    this.#options.broker.enter(this.#options.group);
    this.#listener = listener;
    this.#unwatch = this.#options.broker.watch(() => this.#wake.notify());
    this.#adopt(this.#options.from);
  }

  async pull(limit: PullLimit): Promise<readonly Delivery[]> {
    this.#assertOpen();
    const endMs = performance.now() + limit.waitMs;
    for (;;) {
      const found = this.#take(limit);
      const leftMs = endMs - performance.now();
      if (found.length > 0 || leftMs <= 0 || limit.signal.aborted) return found;
      await this.#wake.wait(leftMs, limit.signal);
      if (this.#closed) return [];
    }
  }

  async commit(positions: readonly NotedPosition[]): Promise<void> {
    this.#assertOpen();
    const { broker, group } = this.#options;
    broker.commit(group, positions);
  }

  fenced(): void {
    // Its transactions shut nobody out.
  }

  async backlog(): Promise<readonly Backlog[]> {
    this.#assertOpen();
    return this.#cursors.map(({ records, position }) => ({
      topic: records.topic,
      partition: records.partition,
      deliveries: records.length - position,
    }));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch?.();
    if (this.#listener !== null) this.#options.broker.leave(this.#options.group);
    this.#wake.notify();
  }

  /** Begins to read topics that were not there before; these are read from their start. */
  #adopt(from: 'earliest' | 'latest'): void {
    const { broker, group, subscribes } = this.#options;
    if (broker.topics.length === this.#known.size) return;
    const added: Assignment[] = [];
    for (const topic of broker.topics) {
      if (this.#known.has(topic)) continue;
      this.#known.add(topic);
      if (!subscribes(topic)) continue;
      broker.topic(topic).forEach((records, partition) => {
        const committed = broker.committed(group, topic, partition);
        const start = from === 'latest' ? records.length : 0;
        this.#cursors.push({ records, position: committed?.offset ?? start });
        added.push({ topic, partition, committed });
      });
    }
    if (added.length > 0) this.#listener?.assigned(added);
  }

  /** One round over what is ready, a fair share of each; another partition begins each time. */
  #take(limit: PullLimit): readonly Delivery[] {
    this.#adopt('earliest');
    const ready = this.#cursors.filter(
      ({ records, position }) => position < records.length && !limit.paused(records.topic, records.partition),
    );
    const taken: Delivery[] = [];
    let bytesLeft = limit.bytesMax;
    this.#turn += 1;
    for (let i = 0; i < ready.length && taken.length < limit.deliveriesMax && bytesLeft > 0; i += 1) {
      const cursor = ready[(this.#turn + i) % ready.length];
      assert(cursor !== undefined, 'a turn names a cursor');
      const share = Math.ceil((limit.deliveriesMax - taken.length) / (ready.length - i));
      bytesLeft -= take(cursor, taken, share, bytesLeft);
    }
    return taken;
  }

  #assertOpen(): void {
    if (this.#closed) throw new EngineError('E_SOURCE_CLOSED');
  }
}

/** Moves up to `count` deliveries of a cursor to `into`; returns their bytes. */
function take(cursor: Cursor, into: Delivery[], count: number, bytesMax: number): number {
  const end = Math.min(cursor.position + count, cursor.records.length);
  let bytes = 0;
  while (cursor.position < end && (bytes < bytesMax || into.length === 0)) {
    const delivery = cursor.records.at(cursor.position);
    into.push(delivery);
    bytes += (delivery.key?.length ?? 0) + (delivery.value?.length ?? 0);
    cursor.position += 1;
  }
  return bytes;
}
