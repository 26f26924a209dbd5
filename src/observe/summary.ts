/**
 * What a run did, in one object: what `run --summary` writes and its last lines say.
 *
 * Counted in deliveries, `consumed = published + finished + deadLettered + unfinished`. Everything
 * from outside is bounded: so many names, so many groups.
 */
import type { GroupTally } from '../model/batch.ts';
import type { Probe, ProbeEvent } from '../ports/probe.ts';
import { NamedCounts } from './names.ts';
import { SlotCpu } from './slot-cpu.ts';
import { TopGroups } from './top-groups.ts';

/** CPU time, microseconds per delivery that left the engine. */
export interface CpuPerEvent {
  readonly main: number;
  /** Of threads that died, what they used after their last batch is missing. */
  readonly workers: number;
  /** Of the thread that writes; 0 where there is none. */
  readonly publisher: number;
  readonly total: number;
}

/** The result of a run. */
export interface RunSummary {
  /** Deliveries. */
  readonly consumed: number;
  /** Deliveries with at least one finding. */
  readonly published: number;
  /** Deliveries without findings. */
  readonly finished: number;
  /** Deliveries that became dead letters. */
  readonly deadLettered: number;
  /** Deliveries still in hand at the end, or given back when their partition was taken away. */
  readonly unfinished: number;
  /** Findings that the sink acknowledged. */
  readonly findings: number;
  /** Deliveries that the committed offsets moved past. */
  readonly committed: number;
  readonly ms: number;
  /** Deliveries that left the engine per second. */
  readonly eventsPerSecond: number;
  readonly cpuUsPerEvent: CpuPerEvent;
  /** Dead letters by error code. */
  readonly byCode: Readonly<Record<string, number>>;
  /** What findings could not make of their reports, by problem code. */
  readonly problems: Readonly<Record<string, number>>;
  /** Findings by platform, as analysed: what was analysed again after a fault may count again. */
  readonly byPlatform: Readonly<Record<string, number>>;
  /** The most frequent groups; exact until more than twice {@link GROUPS_MAX} were seen, never too high. */
  readonly topGroups: readonly GroupTally[];
}

/** Where time and CPU come from. */
export interface SummarySources {
  /** Milliseconds from some start. */
  readonly monotonicMs: () => number;
  /** CPU time of the main thread so far, microseconds. */
  readonly mainCpuUs: () => number;
}

/** Groups that are counted for sure at one time. */
const GROUPS_MAX = 5_000;
const NAMES_MAX = 1000;
const TOP_GROUPS = 10;
const MS_PER_SECOND = 1000;
const US_PER_MS = 1000;

const REAL_SOURCES: SummarySources = {
  monotonicMs: () => performance.now(),
  mainCpuUs: () => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  },
};

/** Accumulates by its probe, from its making on. Made on the main thread. */
export class Summary {
  readonly #sources: SummarySources;
  readonly #startedMs: number;
  readonly #startedCpuUs: number;
  readonly #slotCpu = new SlotCpu();
  #publisherCpuMs = 0;
  readonly #byCode = new NamedCounts(NAMES_MAX);
  readonly #problems = new NamedCounts(NAMES_MAX);
  readonly #byPlatform = new NamedCounts(NAMES_MAX);
  readonly #groups = new TopGroups(GROUPS_MAX);
  #consumed = 0;
  #published = 0;
  #finished = 0;
  #deadLettered = 0;
  #findings = 0;
  #committed = 0;
  #workersCpuMs = 0;

  constructor(sources: SummarySources = REAL_SOURCES) {
    this.#sources = sources;
    this.#startedMs = sources.monotonicMs();
    this.#startedCpuUs = sources.mainCpuUs();
  }

  readonly probe: Probe = (event) => {
    switch (event.type) {
      case 'consumed':
        this.#consumed += event.deliveries;
        return;
      case 'outcome':
        this.#outcome(event);
        return;
      case 'publisher-cpu':
        this.#publisherCpuMs = event.cpuMs;
        return;
      case 'published':
        this.#findings += event.findings;
        return;
      case 'finished':
        this.#published += event.withFindings;
        this.#finished += event.silent;
        this.#deadLettered += event.deadLettered;
        return;
      case 'dead-letter':
        this.#byCode.add(event.fault.code, 1);
        return;
      case 'committed':
        this.#committed += event.deliveries;
        return;
      default:
    }
  };

  /** Deliveries that left the engine so far. */
  get done(): number {
    return this.#published + this.#finished + this.#deadLettered;
  }

  /** The summary as of now. */
  result(): RunSummary {
    const ms = this.#sources.monotonicMs() - this.#startedMs;
    return {
      consumed: this.#consumed,
      published: this.#published,
      finished: this.#finished,
      deadLettered: this.#deadLettered,
      unfinished: this.#consumed - this.done,
      findings: this.#findings,
      committed: this.#committed,
      ms,
      eventsPerSecond: ratio(this.done * MS_PER_SECOND, ms),
      cpuUsPerEvent: this.#cpuUsPerEvent(),
      byCode: this.#byCode.toObject(),
      problems: this.#problems.toObject(),
      byPlatform: this.#byPlatform.toObject(),
      topGroups: this.#groups.top(TOP_GROUPS),
    };
  }

  #outcome({ slot, cpuMs, tally }: Extract<ProbeEvent, { type: 'outcome' }>): void {
    this.#byPlatform.addAll(tally.platforms);
    this.#problems.addAll(tally.problems);
    this.#groups.add(tally.groups);
    this.#workersCpuMs += this.#slotCpu.spentMs(slot, cpuMs);
  }

  #cpuUsPerEvent(): CpuPerEvent {
    const main = ratio(this.#sources.mainCpuUs() - this.#startedCpuUs, this.done);
    const workers = ratio(this.#workersCpuMs * US_PER_MS, this.done);
    const publisher = ratio(this.#publisherCpuMs * US_PER_MS, this.done);
    return { main, workers, publisher, total: main + workers + publisher };
  }
}

/** 0 where there is nothing to divide by. */
function ratio(dividend: number, divisor: number): number {
  return divisor > 0 ? dividend / divisor : 0;
}
