/**
 * The simulated world: binds an engine to simulated ports, lets chaos at it, heals, and sees whether
 * the engine drains. One call is one run of one seed.
 *
 * A kill cuts the process off between two events: its clock ends, so that none of its callbacks ever
 * run again, of its requests on the way to the sink some still arrive, and after a while a new
 * engine starts from the committed positions. An engine that ends by itself (drain, idle, a fault
 * that is meant to end it) is started again in the same way until all is done.
 */
import type { EngineOptions } from '../../src/engine/options.ts';
import { describe, EngineError } from '../../src/model/errors.ts';
import { Behaviours } from './behaviour.ts';
import type { Checker } from './checkers.ts';
import { CHECKERS } from './checkers.ts';
import { ProcessClock, runEvents, VirtualClock } from './clock.ts';
import type { PortContext } from './context.ts';
import { NO_FAULTS } from './context.ts';
import type { Fact, ProcessEnd } from './facts.ts';
import { Ledger } from './ledger.ts';
import type { Faults, Plan } from './plan.ts';
import { drawPlan } from './plan.ts';
import { PoolMemory, SimPool } from './pool.ts';
import { SimRandom } from './random.ts';
import { SimSink } from './sink.ts';
import { GroupStore, SimSource } from './source.ts';
import { Trace } from './trace.ts';

/** How long after the end of chaos an engine may take to finish, virtual milliseconds. */
const HEAL_MS = 300_000;
const STEPS_MAX = 300_000;

/** What the world needs of an engine. */
export interface EngineLike {
  readonly inFlight: number;
  run(): Promise<{ readonly unfinished: number; readonly reason: string }>;
  drain(reason: string): unknown;
}

/** Makes the engine of a process. */
export type MakeEngine = (options: EngineOptions) => EngineLike;

/** A broken rule. */
export interface Violation {
  readonly rule: string;
  readonly message: string;
  readonly atMs: number;
}

/** How a run went. */
export interface SimResult {
  readonly seed: number;
  readonly violation: Violation | null;
  /** Of the trace. */
  readonly hash: string;
  readonly steps: number;
  readonly virtualMs: number;
  /** Facts by type, so that one can see that faults were dealt. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Runs a seed. `onLine` gets the trace as it grows. */
export async function simulate(
  seed: number,
  makeEngine: MakeEngine,
  onLine: ((line: string) => void) | null = null,
): Promise<SimResult> {
  const world = new World(seed, makeEngine, onLine);
  const onRejection = (reason: unknown): void => world.violate('no rejection is unhandled', describe(reason));
  process.on('unhandledRejection', onRejection);
  try {
    return await world.run();
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}

/** One process: an engine, its ports and its clock. */
interface SimProcess {
  readonly number: number;
  readonly clock: ProcessClock;
  readonly sink: SimSink;
  readonly engine: EngineLike;
  readonly fatal: Set<string>;
  draining: boolean;
}

class World {
  readonly #plan: Plan;
  readonly #random: SimRandom;
  readonly #makeEngine: MakeEngine;
  readonly #clock = new VirtualClock();
  readonly #behaviours: Behaviours;
  readonly #ledger: Ledger;
  readonly #checkers: readonly Checker[];
  readonly #trace: Trace;
  readonly #stores: readonly GroupStore[];
  readonly #poolMemory = new PoolMemory();
  readonly #counts: Record<string, number> = {};
  #processes = 0;
  #process: SimProcess | null = null;
  #violation: Violation | null = null;
  #done = false;

  constructor(seed: number, makeEngine: MakeEngine, onLine: ((line: string) => void) | null) {
    const random = new SimRandom(String(seed));
    this.#random = random.child('world');
    this.#plan = drawPlan(seed, random.child('plan'));
    this.#makeEngine = makeEngine;
    this.#behaviours = new Behaviours(seed, this.#plan.workload);
    this.#ledger = new Ledger(this.#plan, this.#behaviours);
    this.#trace = new Trace(onLine);
    this.#checkers = CHECKERS.map((make) => make(this.#ledger, this.violate));
    this.#stores = this.#plan.groups.map((group) => new GroupStore(group));
  }

  async run(): Promise<SimResult> {
    const { seed, chaosMs } = this.#plan;
    this.#start();
    this.#planKill();
    this.#planDrain();
    this.#clock.schedule(chaosMs, () => this.#report({ type: 'healed' }));
    const { steps, end } = await runEvents(
      this.#clock,
      { untilMs: chaosMs + HEAL_MS, stepsMax: STEPS_MAX },
      { done: () => this.#done || this.#violation !== null, afterEvent: () => this.#afterEvent() },
    );
    if (end === 'done') for (const checker of this.#checkers) checker.atEnd?.();
    else this.violate('a healed engine finishes', end);
    const virtualMs = this.#clock.monotonic();
    return {
      seed,
      violation: this.#violation,
      hash: this.#trace.digest(),
      steps,
      virtualMs,
      counts: this.#counts,
    };
  }

  /** Keeps the first one: what follows may be its consequence. */
  readonly violate = (rule: string, message: string): void => {
    if (this.#violation !== null) return;
    this.#violation = { rule, message, atMs: this.#clock.monotonic() };
    this.#trace.note(`${this.#clock.monotonic()} VIOLATION ${rule}: ${message}`);
  };

  readonly #report = (fact: Fact): void => {
    const nowMs = this.#clock.monotonic();
    const name = fact.type === 'ended' ? fact.how : fact.type;
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    this.#trace.add(nowMs, fact);
    this.#ledger.follow(fact);
    for (const checker of this.#checkers) checker.see?.(fact, nowMs);
  };

  get #faults(): Faults {
    return this.#ledger.healed ? NO_FAULTS : this.#plan.faults;
  }

  #afterEvent(): void {
    const engine = this.#process?.engine;
    if (engine !== undefined) for (const checker of this.#checkers) checker.afterEvent?.(engine);
    if (this.#ledger.healed && !this.#plan.untilIdle && this.#ledger.complete) this.#drain('all done');
  }

  // processes

  #start(): void {
    const number = ++this.#processes;
    const clock = new ProcessClock(this.#clock);
    const fatal = new Set<string>();
    const random = this.#random.child(`process ${number}`);
    const port = (name: string): PortContext => ({
      plan: this.#plan,
      behaviours: this.#behaviours,
      clock,
      random: random.child(name),
      report: this.#report,
      faults: () => this.#faults,
      healed: () => this.#ledger.healed,
      dealtFatal: (code) => fatal.add(code),
    });
    this.#report({ type: 'started', process: number });
    const sink = new SimSink(port('sink'));
    const chance = random.child('engine');
    const engine = this.#makeEngine({
      groups: this.#stores.map((store) => ({
        name: store.plan.name,
        source: new SimSource(store, port(`source ${store.plan.name}`)),
      })),
      tasks: this.#plan.tasks,
      sink,
      pool: new SimPool(port('pool'), this.#poolMemory),
      clock,
      random: () => chance.next(),
      probe: (event) => this.#report({ type: 'probe', event }),
      limits: this.#plan.limits,
      publish: this.#plan.publish,
      untilIdle: this.#plan.untilIdle,
    });
    this.#process = { number, clock, sink, engine, fatal, draining: false };
    this.#supervise(this.#process);
  }

  /** What is told here has been decided by the engine; a killed one tells nothing any more. */
  #supervise(running: SimProcess): void {
    running.engine.run().then(
      ({ unfinished, reason }) => {
        if (!running.clock.ended) this.#end(running, { how: 'exited', reason, unfinished });
      },
      (error: unknown) => {
        if (running.clock.ended) return;
        const code = error instanceof EngineError ? error.code : 'no code';
        if (!running.fatal.has(code))
          this.violate('the engine fails only of fatal faults', `${code}: ${describe(error)}`);
        this.#end(running, { how: 'failed', reason: code, unfinished: 0 });
      },
    );
  }

  #end(running: SimProcess, end: { how: ProcessEnd; reason: string; unfinished: number }): void {
    running.sink.cutOff();
    running.clock.end();
    this.#process = null;
    this.#report({ type: 'ended', process: running.number, ...end });
    this.#done = this.#ledger.healed && this.#ledger.complete;
    if (this.#done) return;
    this.#clock.schedule(this.#random.int(1, this.#plan.latencies.restartMsMax), () => this.#start());
  }

  #drain(reason: string): void {
    const running = this.#process;
    if (running === null || running.draining) return;
    running.draining = true;
    this.#report({ type: 'drain-asked', reason });
    running.engine.drain(reason);
  }

  // faults of the process

  #planKill(): void {
    const everyMs = this.#faults.killEveryMs;
    if (everyMs === 0) return;
    this.#clock.schedule(this.#random.waitMs(everyMs), () => {
      if (this.#ledger.healed) return;
      if (this.#process !== null) this.#end(this.#process, { how: 'killed', reason: 'chaos', unfinished: 0 });
      this.#planKill();
    });
  }

  #planDrain(): void {
    const everyMs = this.#faults.drainEveryMs;
    if (everyMs === 0) return;
    this.#clock.schedule(this.#random.waitMs(everyMs), () => {
      if (this.#ledger.healed) return;
      this.#drain('chaos');
      this.#planDrain();
    });
  }
}
