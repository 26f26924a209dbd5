/**
 * Measures how long after an event was due its finding is acknowledged: a sink around another one. An
 * event's time is its record's timestamp, which the finding carries on. Classes are told apart by the first
 * character of the key. A publication that fails, if only for now, spoils the measurement: it throws.
 */
import type { Histogram } from 'hdr-histogram-js';
import { build } from 'hdr-histogram-js';
import type { Publication } from '../../src/model/delivery.ts';
import type { EngineError } from '../../src/model/errors.ts';
import type { PublishResult, Sink } from '../../src/ports/sink.ts';
import type { Arrivals } from './arrivals.ts';
import { wallClock } from './wall-clock.ts';

/** Latencies of one class of events, from due to acknowledged. */
export interface Latencies {
  readonly events: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** The longest time in which none of them was acknowledged. */
  readonly gapMs: number;
}

interface Class {
  readonly us: Histogram;
  lastMs: number;
  gapMs: number;
}

/** Measures while it is begun, counts always. */
export class Recorder implements Sink {
  readonly #sink: Sink;
  readonly #arrivals: Arrivals | null;
  #classes = new Map<string, Class>();
  #clock: () => number = wallClock();
  #fromMs = Infinity;
  #failure: EngineError | null = null;
  #acknowledged = 0;

  /** With `arrivals`, what is published is noted there. */
  constructor(sink: Sink, arrivals: Arrivals | null) {
    this.#sink = sink;
    this.#arrivals = arrivals;
  }

  /** Publications so far. Throws when one of them failed. */
  get acknowledged(): number {
    if (this.#failure !== null) throw this.#failure;
    return this.#acknowledged;
  }

  /** From now on events count that are due at that time or later. */
  begin(fromMs: number): void {
    this.#clock = wallClock();
    this.#classes = new Map();
    this.#fromMs = fromMs;
  }

  /** What was measured since; measures no more. */
  end(): Readonly<Record<string, Latencies>> {
    this.#fromMs = Infinity;
    return Object.fromEntries([...this.#classes].map(([name, of]) => [name, latenciesOf(of)]));
  }

  async publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    if (this.#arrivals !== null) for (const each of publications) this.#arrivals.note(each);
    const results = await this.#sink.publish(publications);
    this.#failure ??= results.find((result) => result !== null) ?? null;
    this.#acknowledged += publications.length;
    const nowMs = this.#clock();
    for (const publication of publications) this.#record(publication, nowMs);
    return results;
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  #record({ key, timestampMs }: Publication, nowMs: number): void {
    if (timestampMs < this.#fromMs) return;
    const found = this.#classOf(String.fromCharCode(key?.[0] ?? 0), nowMs);
    found.us.recordValue(Math.max(0, Math.round((nowMs - timestampMs) * 1000)));
    found.gapMs = Math.max(found.gapMs, nowMs - found.lastMs);
    found.lastMs = nowMs;
  }

  #classOf(name: string, nowMs: number): Class {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    const us = build({ highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 3 });
    const made = { us, lastMs: nowMs, gapMs: 0 };
    this.#classes.set(name, made);
    return made;
  }
}

function latenciesOf({ us, gapMs }: Class): Latencies {
  return {
    events: us.totalCount,
    p50Ms: us.getValueAtPercentile(50) / 1000,
    p99Ms: us.getValueAtPercentile(99) / 1000,
    p999Ms: us.getValueAtPercentile(99.9) / 1000,
    maxMs: us.maxValue / 1000,
    gapMs,
  };
}
