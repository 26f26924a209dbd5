/**
 * The engine: consume → route → shard → dispatch → publish → commit, with retry and dead-letter
 * between dispatch and publish. Each stage is a file of its name; this file joins them, and the data
 * flows through it from top to bottom.
 *
 * Promises: nothing lost, order within a key, everything bounded (README, Guarantees). It has
 * no clock, timer, randomness or I/O of its own, and never looks into a value.
 */
import type { Delivery } from '../model/delivery.ts';
import { describe, EngineError, toFault } from '../model/errors.ts';
import { Commit } from './commit.ts';
import { Conditions } from './conditions.ts';
import { Consume } from './consume.ts';
import { Credit } from './credit.ts';
import { Dispatch } from './dispatch.ts';
import { Endings } from './endings.ts';
import { TaskLanes, Work } from './lane.ts';
import { Membership } from './membership.ts';
import type { EngineGroup, EngineOptions } from './options.ts';
import type { Partition } from './partition.ts';
import { Publish } from './publish.ts';
import { Retry } from './retry.ts';
import { routeTopic } from './route.ts';
import { Settle } from './settle.ts';
import { Shard } from './shard.ts';
import { sleep } from './sleep.ts';

/** Share of a batch's time that a delivery is expected to take before any was seen. */
const FIRST_COST_SHARE = 1 / 8;

/** How a run ended. */
export interface EngineReport {
  readonly reason: string;
  /** Deliveries consumed and not finished; they are not committed and come again. */
  readonly unfinished: number;
}

/** The parts of one consumer group. */
interface GroupParts {
  readonly group: EngineGroup;
  readonly membership: Membership;
  readonly consume: Consume;
  readonly commit: Commit;
}

/** One engine, for one run. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #credit: Credit;
  readonly #conditions: Conditions;
  readonly #tasks: readonly TaskLanes[];
  readonly #groups: readonly GroupParts[];
  readonly #shard = new Shard();
  readonly #dispatch: Dispatch;
  readonly #settle: Settle;
  readonly #publish: Publish;
  readonly #endings: Endings;
  /** Given when intake ends. */
  readonly #intake = new AbortController();
  /** Given when the engine ends. */
  readonly #life = new AbortController();
  #epoch = 0;
  #reason: string | null = null;
  #drainStartedMs = 0;
  #error: Error | null = null;

  constructor(options: EngineOptions) {
    const { limits, clock, probe, sink, pool } = options;
    this.#options = options;
    this.#credit = new Credit(limits.creditDeliveries, limits.creditBytes);
    this.#conditions = new Conditions(clock);
    this.#tasks = options.tasks.map((task, i) => new TaskLanes(i, task, limits.batchMs * FIRST_COST_SHARE));
    this.#groups = options.groups.map((group) => this.#join(group));
    this.#endings = new Endings(options.tasks, clock, probe);
    this.#settle = new Settle({
      credit: this.#credit,
      retry: new Retry(
        clock,
        this.#guard((lane) => {
          this.#dispatch.offer(lane);
          this.#dispatch.kick();
        }),
      ),
      endings: this.#endings,
      random: options.random,
      probe,
      deadLetter: {
        valueBytesMax: options.publish.deadLetterBytesMax,
        headerBytesMax: options.publish.deadLetterHeaderBytesMax,
      },
      publish: () => this.#publish,
      fail: this.#fail,
    });
    this.#dispatch = new Dispatch(pool, limits, {
      dispatched: (slot, { id, items, lanes }) => {
        probe({ type: 'dispatched', slot, batch: id, deliveries: items.length, lanes: lanes.length });
      },
      outcome: (slot, batch, outcome) => {
        this.#settle.outcome(slot, batch, outcome);
        this.#afterFinishing();
      },
      dropped: (work) => {
        this.#credit.give(work.bytes);
        this.#afterFinishing();
      },
      failed: this.#fail,
    });
    this.#publish = new Publish({ sink, clock, probe }, options.publish, {
      acknowledged: (publications) => {
        for (const publication of publications) this.#settle.acknowledged(publication);
        this.#afterFinishing();
      },
      refused: (publication, error) => {
        this.#settle.refused(publication, error);
      },
      failed: this.#fail,
    });
  }

  /** Deliveries consumed and not finished. */
  get inFlight(): number {
    return this.#credit.deliveries;
  }

  /** What ended or ends the run: null while it consumes. */
  get draining(): string | null {
    return this.#reason;
  }

  /**
   * Consumes until `drain` (or until idle), then exits in order. Rejects with a coded error when the
   * engine fails; then nothing unfinished was committed. Closes none of its ports.
   */
  async run(): Promise<EngineReport> {
    const background: Promise<void>[] = [];
    try {
      await Promise.all(this.#groups.map(({ group, membership }) => group.source.open(membership)));
      background.push(...this.#groups.map((parts) => this.#commitNowAndThen(parts)));
      await Promise.all(this.#groups.map(({ consume }) => this.#supervise(consume.run())));
      await this.#finishWorkInHand();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#dispatch.stop();
      this.#publish.stop();
      this.#life.abort();
      await Promise.all(background);
    }
    return this.#conclude();
  }

  /** Begins the ordered exit: intake stops, work in hand is waited for. Again: does nothing. `run` resolves after it. */
  drain(reason: string): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#drainStartedMs = this.#options.clock.monotonic();
    this.#options.probe({ type: 'draining', reason });
    this.#intake.abort();
    this.#resumeIntake();
    this.#publish.hurry();
  }

  // consume → route → shard → dispatch

  #accept(membership: Membership, deliveries: readonly Delivery[], group: string): void {
    const { clock, probe } = this.#options;
    const nowMs = clock.monotonic();
    let consumed = 0;
    let bytes = 0;
    let partition: Partition | undefined;
    for (const delivery of deliveries) {
      if (partition?.topic !== delivery.topic || partition.partition !== delivery.partition) {
        partition = membership.partitionOf(delivery.topic, delivery.partition);
      }
      if (partition === undefined || partition.lanes === null || partition.phase !== 'active') continue;
      const lane = this.#shard.laneOf(partition.lanes, delivery);
      const work = new Work(delivery, lane, partition, nowMs);
      lane.queue.pushBack(work);
      this.#dispatch.offer(lane);
      consumed += 1;
      bytes += work.bytes;
    }
    this.#credit.take(consumed, bytes);
    probe({ type: 'consumed', group, deliveries: consumed, bytes });
    this.#dispatch.kick();
  }

  /** Deliveries left the engine: tell it, and let those go on who wait for it. */
  #afterFinishing(): void {
    this.#endings.tell();
    this.#conditions.check();
    this.#resumeIntake();
  }

  #resumeIntake(): void {
    for (const { consume } of this.#groups) consume.resume();
  }

  // commit

  async #commitNowAndThen({ commit }: GroupParts): Promise<void> {
    const { clock, limits } = this.#options;
    while (!this.#life.signal.aborted) {
      await sleep(clock, limits.commitIntervalMs, this.#life.signal);
      if (!this.#life.signal.aborted) await commit.now();
    }
  }

  // the ordered exit

  async #finishWorkInHand(): Promise<void> {
    const { clock, limits } = this.#options;
    const leftMs = (): number => Math.max(0, this.#drainStartedMs + limits.drainMs - clock.monotonic());
    await this.#conditions.until(() => this.#credit.deliveries === 0 || this.#error !== null, leftMs());
    this.#dispatch.stop();
    this.#publish.stop();
    if (this.#error !== null) return;
    for (const { commit } of this.#groups) await commit.within(leftMs);
  }

  #conclude(): EngineReport {
    const { clock, probe } = this.#options;
    if (this.#error !== null) throw this.#error;
    const unfinished = this.#credit.deliveries;
    probe({ type: 'drained', unfinished, elapsedMs: clock.monotonic() - this.#drainStartedMs });
    return { reason: this.#reason ?? 'ended', unfinished };
  }

  /** Ends the engine without committing what is not done. */
  readonly #fail = (error: unknown): void => {
    if (this.#error !== null) return;
    this.#error = error instanceof Error ? error : new EngineError('E_ASSERT', describe(error));
    const { code, message } = toFault(error, 'E_ASSERT');
    this.#options.probe({ type: 'failed', code, message });
    this.#reason ??= 'failed';
    this.#dispatch.stop();
    this.#publish.stop();
    this.#intake.abort();
    this.#life.abort();
    this.#resumeIntake();
    this.#conditions.check();
  };

  async #supervise(stage: Promise<void>): Promise<void> {
    try {
      await stage;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A stage's callback that must not let an error escape into a port. */
  #guard<Args extends readonly unknown[]>(handle: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      try {
        handle(...args);
      } catch (error) {
        this.#fail(error);
      }
    };
  }

  // wiring

  #join(group: EngineGroup): GroupParts {
    const { clock, probe, limits, tasks } = this.#options;
    const ofGroup = this.#tasks.filter(({ task }) => task.group === group.name);
    const membership: Membership = new Membership({
      group: group.name,
      probe,
      clock,
      conditions: this.#conditions,
      revokeMs: limits.revokeMs,
      tasks: this.#tasks,
      nextEpoch: () => ++this.#epoch,
      route: (topic) => routeTopic(tasks, group.name, topic),
      commitRevoking: (leftMs) => commit.within(leftMs, 'revoking'),
      ended: () => this.#life.signal.aborted,
    });
    const commit: Commit = new Commit(group, { clock, probe }, () => membership.partitions());
    const context = {
      group,
      tasks: ofGroup,
      credit: this.#credit,
      limits,
      clock,
      probe,
      signal: this.#intake.signal,
      groups: this.#options.groups.length,
      partitionOf: (topic: string, partition: number) => membership.partitionOf(topic, partition),
    };
    const consume = new Consume(context, {
      accept: (deliveries) => {
        this.#accept(membership, deliveries, group.name);
      },
      released: () => {
        this.#resumeIntake();
      },
      nothing: () => this.#drainWhenIdle(),
    });
    return { group, membership, consume, commit };
  }

  async #drainWhenIdle(): Promise<void> {
    const isBusy =
      this.#credit.deliveries > 0 || this.#groups.some(({ membership }) => membership.isRevoking);
    if (!this.#options.untilIdle || isBusy) return;
    const backlogs = await Promise.all(this.#groups.map(({ group }) => group.source.backlog()));
    const left = backlogs.flat().some(({ deliveries }) => deliveries > 0);
    if (!left && this.#credit.deliveries === 0) this.drain('idle');
  }
}
