/**
 * consume: pulls deliveries while there is credit, and hands them on pull by pull.
 *
 * It waits, and says why, when credit is spent, a lane is full or all that can be read is too far ahead
 * of what is committed; it never looks into a delivery.
 */
import type { Delivery } from '../model/delivery.ts';
import { EngineError, toFault } from '../model/errors.ts';
import type { IntakeStatus, WaitCause, WaitLimit } from '../model/status.ts';
import type { Clock } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import type { PullLimit } from '../ports/source.ts';
import type { Credit, Reserve } from './credit.ts';
import type { TaskLanes } from './lane.ts';
import type { EngineGroup, EngineLimits } from './options.ts';
import type { Partition } from './partition.ts';
import { sleep } from './sleep.ts';

/** Wait after a pull that failed for now, milliseconds. */
const PULL_BACKOFF_MS = 500;
/** A long wait is told so often, milliseconds: its cause may change. */
const TELL_EVERY_MS = 1000;
/** A lane that was full has room again below this share of its limit. */
const LANE_RESUME_SHARE = 0.75;
/** Uncommitted deliveries of a partition, as a share of `aheadMax`, from which a commit is asked for. */
const COMMIT_SHARE = 0.5;

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
  /** What most deliveries in flight wait for; with partitions, what holds their watermarks. */
  readonly causeOf: (ahead: readonly Partition[]) => WaitCause;
}

/** Where consume hands on. */
export interface ConsumeNext {
  accept(deliveries: readonly Delivery[]): void;
  /** Credit that was set aside is free again. */
  released(): void;
  /** A pull brought nothing. */
  nothing(): Promise<void>;
  /** Much is finished and not committed. */
  commitWanted(): void;
}

interface Waiting {
  readonly limit: WaitLimit;
  readonly sinceMs: number;
  /** Up to here it was told. */
  toldMs: number;
}

/** A pull that has not been answered. */
interface OpenPull {
  readonly sinceMs: number;
  /** Ends its wait. */
  readonly wake: AbortController;
  /** Partitions that were passed over because they are too far ahead. */
  readonly passedOver: Set<Partition>;
}

/** One loop per group, until its signal; `resume` whenever deliveries finished, lanes shrank or positions were stored. */
export class Consume {
  readonly #context: ConsumeContext;
  readonly #next: ConsumeNext;
  #waiting: (Waiting & { readonly wake: () => void }) | null = null;
  #pull: OpenPull | null = null;
  /** A wait for what is too far ahead goes on over pulls. */
  #aheadSinceMs: number | null = null;

  constructor(context: ConsumeContext, next: ConsumeNext) {
    this.#context = context;
    this.#next = next;
    context.signal.addEventListener('abort', () => this.#pull?.wake.abort());
  }

  /** Resolves when the signal is given. Rejects when the source fails for good. */
  async run(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted) {
      const limit = this.#mustWait();
      if (limit !== null) await this.#wait(limit);
      else await this.#pullAndHandOn();
    }
  }

  /** Looks again whether intake may go on. */
  resume(): void {
    if (this.#pull !== null && this.#hasCaughtUp(this.#pull)) this.#pull.wake.abort();
    if (this.#waiting === null) return;
    if (this.#context.signal.aborted || this.#recovered(this.#waiting.limit)) this.#waiting.wake();
  }

  /** What it waits for, and what that stands still for now; `null` while it consumes. */
  status(): IntakeStatus {
    const { group, clock, causeOf } = this.#context;
    const ahead = [...(this.#pull?.passedOver ?? [])];
    const limit = this.#waiting?.limit ?? (ahead.length > 0 ? 'aheadMax' : null);
    if (limit === null) return { group: group.name, waiting: null };
    const sinceMs = this.#waiting?.sinceMs ?? this.#aheadSinceMs ?? this.#pull?.sinceMs ?? clock.monotonic();
    return {
      group: group.name,
      waiting: { limit, cause: causeOf(ahead), forMs: clock.monotonic() - sinceMs },
    };
  }

  async #pullAndHandOn(): Promise<void> {
    const { signal, clock } = this.#context;
    const pull: OpenPull = {
      sinceMs: clock.monotonic(),
      wake: new AbortController(),
      passedOver: new Set(),
    };
    this.#pull = pull;
    const deliveries = await this.#pullOnce(pull);
    this.#pull = null;
    if (deliveries === null) {
      await sleep(clock, PULL_BACKOFF_MS, signal);
      return;
    }
    if (deliveries.length > 0) this.#next.accept(deliveries);
    this.#next.released();
    const isHeld = deliveries.length === 0 && pull.passedOver.size > 0;
    if (!isHeld) this.#aheadSinceMs = null;
    if (deliveries.length > 0 || signal.aborted) return;
    if (isHeld) this.#tellPassedOver(pull);
    else await this.#next.nothing();
  }

  /** `null` when the source failed for now. */
  async #pullOnce(pull: OpenPull): Promise<readonly Delivery[] | null> {
    const { credit, group, groups } = this.#context;
    const reserve = credit.reserve(this.#room(), groups);
    try {
      return await group.source.pull(this.#limit(reserve, pull));
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

  #limit({ deliveries, bytes }: Reserve, pull: OpenPull): PullLimit {
    return {
      deliveriesMax: deliveries,
      bytesMax: bytes,
      waitMs: this.#context.limits.pullWaitMs,
      paused: (topic, partition) => this.#isPaused(topic, partition, pull),
      signal: pull.wake.signal,
    };
  }

  #isPaused(topic: string, partition: number, pull: OpenPull): boolean {
    const state = this.#context.partitionOf(topic, partition);
    if (state === undefined) return false;
    if (state.phase === 'stopped') return true;
    const finished = state.watermark.contiguous - state.committed;
    if (finished > 0 && finished >= this.#context.limits.aheadMax * COMMIT_SHARE) this.#next.commitWanted();
    if (!this.#isAhead(state)) return false;
    pull.passedOver.add(state);
    return true;
  }

  #isAhead({ uncommitted }: Partition): boolean {
    return uncommitted >= this.#context.limits.aheadMax;
  }

  #hasCaughtUp({ passedOver }: OpenPull): boolean {
    for (const partition of passedOver) if (!this.#isAhead(partition)) return true;
    return false;
  }

  #mustWait(): WaitLimit | null {
    const { credit, tasks } = this.#context;
    if (credit.spent !== null) return credit.spent;
    return tasks.some((task) => task.longest >= task.task.laneLengthMax) ? 'laneLengthMax' : null;
  }

  #recovered(limit: WaitLimit): boolean {
    const { credit, tasks } = this.#context;
    if (limit !== 'laneLengthMax') return credit.recovered;
    return tasks.every((task) => task.longest <= task.task.laneLengthMax * LANE_RESUME_SHARE);
  }

  #wait(limit: WaitLimit): Promise<void> {
    const { probe, group, clock } = this.#context;
    const waiting: Waiting = { limit, sinceMs: clock.monotonic(), toldMs: clock.monotonic() };
    probe({ type: 'waiting', group: group.name, limit });
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#waiting = null;
        this.#tellWaited(waiting, []);
        resolve();
      };
      const tell = (): void => {
        this.#tellWaited(waiting, []);
        cancel = clock.schedule(TELL_EVERY_MS, tell);
      };
      let cancel = clock.schedule(TELL_EVERY_MS, tell);
      this.#waiting = { ...waiting, wake };
    });
  }

  /** Everything that could be read was too far ahead. */
  #tellPassedOver({ sinceMs, passedOver }: OpenPull): void {
    const { probe, group } = this.#context;
    if (this.#aheadSinceMs === null) probe({ type: 'waiting', group: group.name, limit: 'aheadMax' });
    this.#aheadSinceMs ??= sinceMs;
    this.#tellWaited({ limit: 'aheadMax', sinceMs, toldMs: sinceMs }, [...passedOver]);
  }

  #tellWaited(waiting: Waiting, ahead: readonly Partition[]): void {
    const { probe, group, clock, causeOf } = this.#context;
    const nowMs = clock.monotonic();
    const elapsedMs = nowMs - waiting.toldMs;
    waiting.toldMs = nowMs;
    probe({ type: 'waited', group: group.name, limit: waiting.limit, cause: causeOf(ahead), elapsedMs });
  }
}
