/**
 * The engine: consume → route → shard → dispatch → publish → commit, with retry and dead-letter
 * between dispatch and publish. Each stage is a file of its name; this file joins them, and the data
 * flows through it from top to bottom. Where it is exactly once, `transact` stands in for publish and
 * commit.
 *
 * Promises: nothing lost, order within a key, everything bounded (docs/guarantees.md). It has
 * no clock, timer, randomness or I/O of its own, and never looks into a value (but for the one field
 * that `shardBy` may name).
 */
import type { Delivery } from '../model/delivery.ts';
import { describe, EngineError, toFault } from '../model/errors.ts';
import type { EngineStatus, WhyPartition } from '../model/status.ts';
import { Conditions } from './conditions.ts';
import { Exit } from './exit.ts';
import { Group } from './group.ts';
import { Credit } from './credit.ts';
import { Dispatch } from './dispatch.ts';
import { Endings } from './endings.ts';
import type { InFlight } from './inspect.ts';
import { causeOf, causeOfAhead, engineStatus, whereabouts, whyPartition } from './inspect.ts';
import { Intake } from './intake.ts';
import type { Work } from './lane.ts';
import { TaskLanes } from './lane.ts';
import type { EngineGroup, EngineOptions } from './options.ts';
import type { Output } from './publish.ts';
import { Publish } from './publish.ts';
import { Resize } from './resize.ts';
import { Retry } from './retry.ts';
import { Settle } from './settle.ts';
import { given } from './sleep.ts';
import { Timers } from './timers.ts';
import { Transact } from './transact.ts';

/** Share of a batch's time that a delivery is expected to take before any was seen. */
const FIRST_COST_SHARE = 1 / 8;

/** How a run ended. */
export interface EngineReport {
  readonly reason: string;
  /** Deliveries consumed and not finished, those of stopped tasks included; they are not committed and come again. */
  readonly unfinished: number;
  /** Tasks whose circuit stopped them, with why. */
  readonly stopped: readonly { readonly task: string; readonly reason: string }[];
}

/** One engine, for one run. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #timers: Timers;
  readonly #credit: Credit;
  readonly #conditions: Conditions;
  readonly #exit: Exit;
  readonly #tasks: readonly TaskLanes[];
  readonly #groups: readonly Group[];
  readonly #intake: Intake;
  readonly #dispatch: Dispatch;
  readonly #resizing: Resize;
  readonly #settle: Settle;
  readonly #output: Output;
  readonly #transact: Transact | null;
  readonly #endings: Endings;
  /** Given when intake ends. */
  readonly #intakeEnd = new AbortController();
  /** Given when the engine ends. */
  readonly #life = new AbortController();
  #epoch = 0;
  /** Deliveries of stopped tasks that were given back. */
  #dropped = 0;
  #reason: string | null = null;
  /** Nothing that a pull still brings is taken. */
  #isClosed = false;
  #error: Error | null = null;

  constructor(given: EngineOptions) {
    const { limits, clock, probe, pool } = given;
    this.#timers = new Timers(clock, (error) => {
      this.#fail(error);
    });
    const options = { ...given, clock: this.#timers };
    this.#options = options;
    this.#credit = new Credit(limits.creditDeliveries, limits.creditBytes);
    this.#conditions = new Conditions(options.clock);
    this.#exit = new Exit({ limits, clock: options.clock, probe, conditions: this.#conditions });
    this.#tasks = options.tasks.map((task, i) => new TaskLanes(i, task, limits.batchMs * FIRST_COST_SHARE));
    this.#groups = options.groups.map((group) => this.#makeGroup(group));
    this.#endings = new Endings(options.tasks, clock, probe);
    this.#settle = this.#makeSettle();
    this.#dispatch = new Dispatch(pool, limits, {
      dispatched: (slot, { id, items, lanes }) => {
        probe({ type: 'dispatched', slot, batch: id, deliveries: items.length, lanes: lanes.length });
      },
      outcome: (slot, batch, outcome) => {
        this.#settle.outcome(slot, batch, outcome);
        this.#afterFinishing();
      },
      dropped: this.#drop,
      failed: this.#fail,
    });
    this.#intake = new Intake({
      credit: this.#credit,
      clock,
      probe,
      offer: (lane) => {
        this.#dispatch.offer(lane);
      },
    });
    this.#resizing = new Resize({
      pool,
      dispatch: this.#dispatch,
      conditions: this.#conditions,
      probe,
      ended: () => this.#life.signal.aborted,
    });
    this.#transact = this.#makeTransact();
    this.#output = this.#transact ?? this.#makePublish();
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
    try {
      await Promise.all(this.#groups.map((group) => group.open()));
      await this.#consume();
      await this.#finishWorkInHand();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#dispatch.stop();
      this.#output.stop();
      this.#life.abort();
      this.#conditions.check();
      this.#timers.end();
    }
    return this.#conclude();
  }

  /**
   * Begins the ordered exit: intake stops, work in hand is waited for, for at most `withinMs`. `run`
   * resolves after it. Again: may shorten the wait, changes nothing else.
   */
  drain(reason: string, withinMs: number = this.#options.limits.drainMs): void {
    if (!this.#exit.begin(withinMs) || this.#reason !== null) return;
    this.#reason = reason;
    this.#options.probe({ type: 'draining', reason });
    this.#intakeEnd.abort();
    this.#resumeIntake();
    this.#output.hurry();
  }

  /**
   * Changes the number of slots while it runs; order is kept, for no lane is in two batches. Rejects as
   * the pool does, and with `E_ENGINE_ENDED`. One at a time, in the order of the calls.
   */
  resize(slots: number): Promise<void> {
    return this.#resizing.to(slots);
  }

  /** What it is doing. */
  status(): EngineStatus {
    const running = this.#reason === null ? 'running' : 'draining';
    return engineStatus({
      state: this.#life.signal.aborted ? 'ended' : running,
      reason: this.#reason,
      delivery: this.#transact === null ? 'at-least-once' : 'exactly-once',
      limits: this.#options.limits,
      credit: this.#credit,
      inFlight: this.#whereabouts(),
      tasks: this.#tasks,
      slots: this.#dispatch.slots,
      groups: this.#groups,
    });
  }

  /** Why the watermark of a partition stands where it stands, for each group that reads it. */
  why(topic: string, partition: number): readonly WhyPartition[] {
    const nowMs = this.#options.clock.monotonic();
    return this.#groups
      .map(({ membership }) => membership.partitionOf(topic, partition))
      .filter((found) => found !== undefined)
      .map((found) => whyPartition(found, nowMs));
  }

  // consume → route → shard → dispatch

  readonly #accept = ({ name, membership }: Group, deliveries: readonly Delivery[]): void => {
    if (this.#isClosed) return;
    this.#intake.accept(deliveries, name, (topic, partition) => membership.partitionOf(topic, partition));
    this.#dispatch.kick();
  };

  /** A delivery that is not processed here: its partition was taken away, or its task stopped. */
  readonly #drop = (work: Work): void => {
    work.dropped = true;
    if (work.lane.owner.stopped !== null) this.#dropped += 1;
    this.#credit.give(work.bytes);
    this.#transact?.cut(work);
    this.#afterFinishing();
  };

  /** Deliveries left the engine: tell it, and let those go on who wait for it. */
  #afterFinishing(): void {
    this.#endings.tell();
    this.#conditions.check();
    this.#resumeIntake();
  }

  readonly #resumeIntake = (): void => {
    for (const { consume } of this.#groups) consume.resume();
  };

  /** A circuit has opened: the task's topics are read no more; the others go on, if there are any. */
  readonly #stopTask = (owner: TaskLanes, reason: string): void => {
    const { clock, probe } = this.#options;
    owner.stopped = reason;
    probe({ type: 'task-stopped', task: owner.task.name, reason });
    for (const { membership } of this.#groups) {
      for (const partition of membership.partitions())
        if (partition.lanes === owner && partition.phase === 'active') partition.phase = 'stopped';
    }
    // Later, for deliveries are just being finished: what waits in its lanes is dropped.
    clock.schedule(0, () => {
      this.#dispatch.kick();
    });
    if (this.#tasks.every(({ stopped }) => stopped !== null))
      this.drain(`every task is stopped, the last was ${owner.task.name}`);
  };

  #whereabouts(): InFlight {
    const pool = this.#dispatch.slots.reduce((sum, { deliveries }) => sum + deliveries, 0);
    const counts = { inFlight: this.inFlight, pool, release: this.#transact?.heldBack ?? 0 };
    return whereabouts(this.#tasks, counts);
  }

  // the ordered exit

  /** Until intake ends. */
  async #consume(): Promise<void> {
    const loops = Promise.all(this.#groups.map(({ consume }) => this.#supervise(consume.run())));
    await Promise.race([loops, given(this.#intakeEnd.signal)]);
    await this.#exit.endIntake(loops);
    this.#isClosed = true;
  }

  async #finishWorkInHand(): Promise<void> {
    await this.#exit.finishWork(() => this.#credit.deliveries === 0 || this.#error !== null);
    this.#dispatch.stop();
    this.#output.stop();
    if (this.#error === null) await this.#exit.commit(this.#groups.map(({ commitWithin }) => commitWithin));
  }

  #conclude(): EngineReport {
    if (this.#error !== null) throw this.#error;
    const unfinished = this.#credit.deliveries + this.#dropped;
    this.#options.probe({ type: 'drained', unfinished, elapsedMs: this.#exit.elapsedMs });
    const stopped = this.#tasks.flatMap(({ task, stopped: reason }) =>
      reason === null ? [] : [{ task: task.name, reason }],
    );
    return { reason: this.#reason ?? 'ended', unfinished, stopped };
  }

  /** Ends the engine without committing what is not done. */
  readonly #fail = (error: unknown): void => {
    if (this.#error !== null) return;
    this.#error = error instanceof Error ? error : new EngineError('E_ASSERT', describe(error));
    const { code, message } = toFault(error, 'E_ASSERT');
    this.#options.probe({ type: 'failed', code, message });
    this.#reason ??= 'failed';
    this.#dispatch.stop();
    this.#output.stop();
    this.#intakeEnd.abort();
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

  // wiring

  #makeSettle(): Settle {
    const { clock, random, probe, publish } = this.#options;
    const retry = new Retry(clock, (lane) => {
      this.#dispatch.offer(lane);
      this.#dispatch.kick();
    });
    return new Settle({
      credit: this.#credit,
      retry,
      endings: this.#endings,
      random,
      probe,
      deadLetter: {
        valueBytesMax: publish.deadLetterBytesMax,
        headerBytesMax: publish.deadLetterHeaderBytesMax,
      },
      output: () => this.#output,
      dropped: this.#drop,
      stopTask: this.#stopTask,
      fail: this.#fail,
    });
  }

  #makePublish(): Publish {
    const { sink, clock, probe, publish } = this.#options;
    return new Publish({ sink, clock, probe }, publish, {
      acknowledged: (publications) => {
        for (const publication of publications) this.#settle.acknowledged(publication);
        this.#afterFinishing();
      },
      finished: (work) => {
        this.#settle.finish(work);
      },
      substitute: (publication, error) => this.#settle.substitute(publication, error),
      failed: this.#fail,
    });
  }

  #makeTransact(): Transact | null {
    const { transactions, clock, probe, publish } = this.#options;
    if (transactions === null) return null;
    return new Transact({ transactions, clock, probe }, publish, {
      finished: (work) => {
        this.#settle.finish(work);
      },
      dropped: this.#drop,
      substitute: (publication, error) => this.#settle.substitute(publication, error),
      fenced: (partition) => this.#groups.find(({ name }) => name === partition.group)?.fenced(partition),
      released: () => {
        this.#afterFinishing();
      },
      failed: this.#fail,
    });
  }

  #makeGroup(group: EngineGroup): Group {
    return new Group(group, {
      options: this.#options,
      credit: this.#credit,
      conditions: this.#conditions,
      tasks: this.#tasks,
      intakeEnd: this.#intakeEnd.signal,
      end: this.#life.signal,
      nextEpoch: () => ++this.#epoch,
      accept: this.#accept,
      resumeIntake: this.#resumeIntake,
      nothing: () => this.#drainWhenIdle(),
      fenced: (partition) => this.#transact?.forget(partition),
      failed: this.#fail,
      causeOf: (ahead) => (ahead.length === 0 ? causeOf(this.#whereabouts()) : causeOfAhead(ahead)),
    });
  }

  async #drainWhenIdle(): Promise<void> {
    const isBusy =
      this.#credit.deliveries > 0 || this.#groups.some(({ membership }) => membership.isRevoking);
    if (!this.#options.untilIdle || isBusy) return;
    const backlogs = await Promise.all(this.#groups.map((group) => group.backlog()));
    if (backlogs.every((left) => left === 0) && this.#credit.deliveries === 0) this.drain('idle');
  }
}
