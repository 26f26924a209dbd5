/**
 * consume: pulls deliveries while there is credit, and hands them on pull by pull.
 *
 * It waits, and says why, when credit is spent or a lane is full; it never looks into a delivery.
 */
import type { Delivery } from '../model/delivery.ts';
import { EngineError, toFault } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Probe, WaitCause } from '../ports/probe.ts';
import type { PullLimit } from '../ports/source.ts';
import type { Credit, Reserve } from './credit.ts';
import type { TaskLanes } from './lane.ts';
import type { EngineGroup, EngineLimits } from './options.ts';
import type { Partition } from './partition.ts';
import { sleep } from './sleep.ts';

/** Wait after a pull that failed for now, milliseconds. */
const PULL_BACKOFF_MS = 500;
/** A lane that was full has room again below this share of its limit. */
const LANE_RESUME_SHARE = 0.75;

/** What the stage needs of its surroundings. */
export interface ConsumeContext {
  readonly group: EngineGroup;
  /** The lanes of the group's tasks. */
  readonly tasks: readonly TaskLanes[];
  readonly credit: Credit;
  readonly limits: EngineLimits;
  readonly clock: Clock;
  readonly probe: Probe;
  readonly signal: AbortSignal;
  /** Groups that pull at the same time, this one included. */
  readonly groups: number;
  partitionOf(topic: string, partition: number): Partition | undefined;
}

/** Where consume hands on. */
export interface ConsumeNext {
  accept(deliveries: readonly Delivery[]): void;
  /** Credit that was set aside is free again. */
  released(): void;
  /** A pull brought nothing. */
  nothing(): Promise<void>;
}

/** One loop per group, until its signal; `resume` whenever deliveries finished or lanes shrank. */
export class Consume {
  readonly #context: ConsumeContext;
  readonly #next: ConsumeNext;
  #waiting: { readonly cause: WaitCause; readonly wake: () => void } | null = null;

  constructor(context: ConsumeContext, next: ConsumeNext) {
    this.#context = context;
    this.#next = next;
  }

  /** Resolves when the signal is given. Rejects when the source fails for good. */
  async run(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted) {
      const cause = this.#mustWait();
      if (cause !== null) await this.#wait(cause);
      else await this.#pull();
    }
  }

  /** Looks again whether intake may go on. */
  resume(): void {
    if (this.#waiting === null || (!this.#context.signal.aborted && !this.#recovered(this.#waiting.cause)))
      return;
    const { wake } = this.#waiting;
    this.#waiting = null;
    wake();
  }

  async #pull(): Promise<void> {
    const { signal, clock } = this.#context;
    const deliveries = await this.#pullOnce();
    if (deliveries === null) {
      await sleep(clock, PULL_BACKOFF_MS, signal);
      return;
    }
    if (deliveries.length > 0) this.#next.accept(deliveries);
    this.#next.released();
    if (deliveries.length === 0 && !signal.aborted) await this.#next.nothing();
  }

  /** `null` when the source failed for now. */
  async #pullOnce(): Promise<readonly Delivery[] | null> {
    const { credit, group, groups } = this.#context;
    const reserve = credit.reserve(this.#room(), groups);
    try {
      return await group.source.pull(this.#limit(reserve));
    } catch (error) {
      this.#report(error);
      return null;
    } finally {
      credit.release(reserve);
    }
  }

  /** A failure for now is told and waited out; any other ends the engine. */
  #report(error: unknown): void {
    if (!(error instanceof EngineError) || !error.retriable) throw error;
    const { code, message } = toFault(error, error.code);
    this.#context.probe({ type: 'pull-failed', group: this.#context.group.name, code, message });
  }

  /** Deliveries that one pull may bring without overfilling a lane. */
  #room(): number {
    const { limits, tasks } = this.#context;
    return tasks.reduce(
      (room, { task, longest }) => Math.min(room, task.laneLengthMax - longest),
      limits.pullDeliveriesMax,
    );
  }

  #limit({ deliveries, bytes }: Reserve): PullLimit {
    return {
      deliveriesMax: deliveries,
      bytesMax: bytes,
      waitMs: this.#context.limits.pullWaitMs,
      paused: (topic, partition) => this.#isAhead(topic, partition),
      signal: this.#context.signal,
    };
  }

  #isAhead(topic: string, partition: number): boolean {
    const state = this.#context.partitionOf(topic, partition);
    return state !== undefined && state.watermark.ahead >= this.#context.limits.aheadMax;
  }

  #mustWait(): WaitCause | null {
    const { credit, tasks } = this.#context;
    if (credit.spent !== null) return credit.spent;
    return tasks.some((task) => task.longest >= task.task.laneLengthMax) ? 'lane' : null;
  }

  #recovered(cause: WaitCause): boolean {
    const { credit, tasks } = this.#context;
    if (cause !== 'lane') return credit.recovered;
    return tasks.every((task) => task.longest <= task.task.laneLengthMax * LANE_RESUME_SHARE);
  }

  #wait(cause: WaitCause): Promise<void> {
    this.#context.probe({ type: 'waiting', cause });
    return new Promise((wake) => {
      this.#waiting = { cause, wake };
    });
  }
}
