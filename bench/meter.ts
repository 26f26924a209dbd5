/** What one run of the engine is measured by: a probe for counts and ages, CPU by thread, memory. */
import { readFileSync } from 'node:fs';
import { build } from 'hdr-histogram-js';
import type { Probe, ProbeEvent } from '../src/ports/probe.ts';
import type { CpuByKind } from './threads.ts';
import { readCpuByKind } from './threads.ts';

/** The figures of one run. Times are wall time, CPU is of whole threads over the whole run. */
export interface Figures {
  readonly events: number;
  readonly findings: number;
  readonly deadLetters: number;
  /** From the first consumed to the last finished: without start and end. */
  readonly ms: number;
  readonly eventsPerSecond: number;
  /** From consumed to finished. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly cpuUsPerEvent: {
    readonly main: number;
    readonly workers: number;
    /** The thread that writes, where there is one. */
    readonly publisher: number;
    readonly total: number;
  };
  /** The whole of it by kind of thread; together `total`. `null` where the system does not say. */
  readonly cpuByKindUsPerEvent: CpuParts | null;
  /** Deliveries per batch that crossed the thread border. */
  readonly deliveriesPerBatch: number;
  readonly rssMb: number;
  /** Anonymous memory: without the pages of LMDB's map. */
  readonly anonymousMb: number;
}

/**
 * CPU of the process in parts: JavaScript of the main thread, the workers and the thread that writes; V8's
 * helpers; libuv's pool, where LMDB writes; the rest, and what ended threads and the end of the run took.
 */
export interface CpuParts {
  readonly main: number;
  readonly workers: number;
  readonly publisher: number;
  readonly v8: number;
  readonly libuv: number;
  readonly other: number;
}

/** Measures from `start` to `stop`. */
export class Meter {
  readonly #ages = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  readonly #workerCpuMs = new Map<number, { first: number; last: number }>();
  readonly #publisherCpuMs = { first: 0, last: 0 };
  #events = 0;
  #findings = 0;
  #deadLetters = 0;
  #batches = 0;
  #dispatched = 0;
  #firstMs: number | null = null;
  #lastMs = 0;
  #mainUs = 0;
  #processUs = 0;
  #kindsAtStart: CpuByKind | null = null;
  /** When all is done and no thread has ended yet. */
  #kindsAtEnd: CpuByKind | null = null;

  readonly probe: Probe = (event) => {
    this.#take(event);
  };

  /** Begins the measurement. */
  start(): void {
    this.#mainUs = sum(process.threadCpuUsage());
    this.#processUs = sum(process.cpuUsage());
    this.#kindsAtStart = readCpuByKind();
  }

  /** Ends it. */
  stop(): Figures {
    const ms = this.#lastMs - (this.#firstMs ?? 0);
    const events = Math.max(1, this.#events);
    const workersUs = [...this.#workerCpuMs.values()].reduce(
      (total, { first, last }) => total + (last - first) * 1000,
      0,
    );
    const mainUs = sum(process.threadCpuUsage()) - this.#mainUs;
    const publisherUs = (this.#publisherCpuMs.last - this.#publisherCpuMs.first) * 1000;
    const processUs = sum(process.cpuUsage()) - this.#processUs;
    return {
      events: this.#events,
      findings: this.#findings,
      deadLetters: this.#deadLetters,
      ms,
      eventsPerSecond: (this.#events / ms) * 1000,
      p50Ms: this.#ages.getValueAtPercentile(50) / 1000,
      p99Ms: this.#ages.getValueAtPercentile(99) / 1000,
      p999Ms: this.#ages.getValueAtPercentile(99.9) / 1000,
      cpuUsPerEvent: {
        main: mainUs / events,
        workers: workersUs / events,
        publisher: publisherUs / events,
        total: processUs / events,
      },
      cpuByKindUsPerEvent: partsOf({
        start: this.#kindsAtStart,
        end: this.#kindsAtEnd,
        mainUs,
        publisherUs,
        processUs,
        events,
      }),
      deliveriesPerBatch: this.#dispatched / Math.max(1, this.#batches),
      rssMb: process.memoryUsage.rss() / 2 ** 20,
      anonymousMb: anonymousMb(),
    };
  }

  #take(event: ProbeEvent): void {
    switch (event.type) {
      case 'consumed':
        this.#firstMs ??= performance.now();
        break;
      case 'dispatched':
        this.#batches += 1;
        this.#dispatched += event.deliveries;
        break;
      case 'outcome':
        this.#noteCpu(event.slot, event.cpuMs);
        break;
      case 'publisher-cpu':
        // Its first word is that it is ready, before the measurement begins.
        if (this.#publisherCpuMs.first === 0) this.#publisherCpuMs.first = event.cpuMs;
        this.#publisherCpuMs.last = event.cpuMs;
        break;
      case 'published':
        this.#findings += event.findings;
        this.#deadLetters += event.deadLetters;
        break;
      case 'finished':
        this.#lastMs = performance.now();
        for (const [ms, deliveries] of event.ages) {
          this.#events += deliveries;
          this.#ages.recordValueWithCount(Math.round(ms * 1000), deliveries);
        }
        break;
      case 'drained':
        this.#kindsAtEnd = readCpuByKind();
        break;
      default:
    }
  }

  /** CPU of a thread is cumulative; what it used before its first batch came back is counted from there. */
  #noteCpu(slot: number, cpuMs: number): void {
    const known = this.#workerCpuMs.get(slot);
    if (known === undefined) this.#workerCpuMs.set(slot, { first: cpuMs, last: cpuMs });
    else if (cpuMs > known.last) known.last = cpuMs;
  }
}

/** CPU per event in parts whose sum is the process. Pure. */
export function partsOf(cpu: {
  readonly start: CpuByKind | null;
  readonly end: CpuByKind | null;
  readonly mainUs: number;
  readonly publisherUs: number;
  readonly processUs: number;
  readonly events: number;
}): CpuParts | null {
  const { start, end, mainUs, publisherUs, processUs, events } = cpu;
  if (start === null || end === null) return null;
  const workersUs = end.script - start.script - publisherUs;
  const v8Us = end.v8 - start.v8;
  const libuvUs = end.libuv - start.libuv;
  return {
    main: mainUs / events,
    workers: workersUs / events,
    publisher: publisherUs / events,
    v8: v8Us / events,
    libuv: libuvUs / events,
    other: (processUs - mainUs - workersUs - publisherUs - v8Us - libuvUs) / events,
  };
}

/** Anonymous memory of a process in MiB; 0 where the system does not say (only Linux does). */
export function anonymousMb(pid: number | 'self' = 'self'): number {
  try {
    const match = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(match?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function sum({ user, system }: { user: number; system: number }): number {
  return user + system;
}
