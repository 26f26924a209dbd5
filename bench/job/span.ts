/**
 * CPU between two points of a run: from so many events finished to so many. Start-up, the compiler's
 * first work and the end of a run are outside. Threads tell what they have used with each batch or
 * request, so a point is as exact as those are apart; that of the whole process is exact.
 */
import type { Probe, ProbeEvent } from '../../src/ports/probe.ts';

/** Between which numbers of finished events. */
export interface SpanBounds {
  readonly from: number;
  readonly to: number;
}

/** What was used between the points. */
export interface SpanFigures {
  readonly events: number;
  readonly ms: number;
  readonly eventsPerSecond: number;
  readonly cpuUsPerEvent: {
    readonly main: number;
    readonly workers: number;
    /** The thread that writes, where there is one. */
    readonly publisher: number;
    /** V8's helpers and whatever else the process has. */
    readonly other: number;
    readonly total: number;
  };
}

interface Reading {
  readonly events: number;
  readonly ms: number;
  readonly mainUs: number;
  readonly workersUs: number;
  readonly publisherUs: number;
  readonly totalUs: number;
}

/** Measures one run. */
export class Span {
  readonly #bounds: SpanBounds;
  readonly #begun = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #workerCpuMs = new Map<number, number>();
  #publisherCpuMs = 0;
  #finished = 0;
  #first: Reading | null = null;
  #last: Reading | null = null;

  constructor(bounds: SpanBounds) {
    this.#bounds = bounds;
  }

  /** Resolves at the first point. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Resolves at the last. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** For the engine. */
  readonly probe: Probe = (event) => {
    this.#take(event);
  };

  /** So many more events are finished. */
  finish(events: number): void {
    this.#finished += events;
    if (this.#first === null && this.#finished >= this.#bounds.from) {
      this.#first = this.#read();
      this.#begun.resolve();
    }
    if (this.#last === null && this.#finished >= this.#bounds.to) {
      this.#last = this.#read();
      this.#ended.resolve();
    }
  }

  /** Throws when the last point was not reached. */
  figures(): SpanFigures {
    const [first, last] = [this.#first, this.#last];
    if (first === null || last === null || first.events === last.events)
      throw new Error(`only ${this.#finished} of ${this.#bounds.to} events were finished`);
    const events = last.events - first.events;
    const ms = last.ms - first.ms;
    const per = (of: (reading: Reading) => number): number => (of(last) - of(first)) / events;
    const main = per(({ mainUs }) => mainUs);
    const workers = per(({ workersUs }) => workersUs);
    const publisher = per(({ publisherUs }) => publisherUs);
    const total = per(({ totalUs }) => totalUs);
    const other = total - main - workers - publisher;
    return {
      events,
      ms,
      eventsPerSecond: (events / ms) * 1000,
      cpuUsPerEvent: { main, workers, publisher, other, total },
    };
  }

  #take(event: ProbeEvent): void {
    switch (event.type) {
      case 'outcome':
        this.#workerCpuMs.set(event.slot, event.cpuMs);
        break;
      case 'publisher-cpu':
        this.#publisherCpuMs = event.cpuMs;
        break;
      case 'finished':
        this.finish(event.withFindings + event.silent + event.deadLettered);
        break;
      default:
    }
  }

  #read(): Reading {
    const workersMs = [...this.#workerCpuMs.values()].reduce((sum, ms) => sum + ms, 0);
    return {
      events: this.#finished,
      ms: performance.now(),
      mainUs: sum(process.threadCpuUsage()),
      workersUs: workersMs * 1000,
      publisherUs: this.#publisherCpuMs * 1000,
      totalUs: sum(process.cpuUsage()),
    };
  }
}

function sum({ user, system }: { readonly user: number; readonly system: number }): number {
  return user + system;
}
