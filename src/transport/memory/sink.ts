/**
 * The sink of tests and benchmarks: acknowledges at once, in order, and keeps what it was given or
 * only counts it.
 */
import type { Header, Publication } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { PublishResult, Sink } from '../../ports/sink.ts';
import type { MemoryBroker } from './broker.ts';

/** How a memory sink treats what it takes. */
export interface MemorySinkOptions {
  /** `false`: count only. */
  readonly keep?: boolean;
  /** Appends to the topics of this broker too. */
  readonly broker?: MemoryBroker;
}

/** A publication that may be kept: the bytes of the given one may be used again once it is acknowledged. */
export function copyOf({ topic, key, value, headers, timestampMs }: Publication): Publication {
  const copied = headers.map(([name, bytes]): Header => [name, bytes.slice()]);
  return { topic, key: key?.slice() ?? null, value: value.slice(), headers: copied, timestampMs };
}

/** The sink. */
export class MemorySink implements Sink {
  readonly #keep: boolean;
  readonly #broker: MemoryBroker | null;
  readonly #publications: Publication[] = [];
  #count = 0;
  #closed = false;

  constructor(options: MemorySinkOptions = {}) {
    this.#keep = options.keep ?? true;
    this.#broker = options.broker ?? null;
  }

  /** What was published, in order; empty when nothing is kept. */
  get publications(): readonly Publication[] {
    return this.#publications;
  }

  /** How many were published. */
  get count(): number {
    return this.#count;
  }

  async publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    if (this.#closed) throw new EngineError('E_SINK_CLOSED');
    this.#count += publications.length;
    if (this.#keep) for (const publication of publications) this.#publications.push(copyOf(publication));
    this.#broker?.publish(publications.map(copyOf));
    return new Array<PublishResult>(publications.length).fill(null);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
