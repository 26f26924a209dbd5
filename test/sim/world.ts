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
import type { Abilities } from './abilities.ts';
import { ABILITIES } from './abilities.ts';
import { Behaviours } from './behaviour.ts';
import { GroupStore } from './broker.ts';
import type { Checker, EngineView } from './checkers.ts';
import { CHECKERS } from './checkers.ts';
import { ProcessClock, runEvents, VirtualClock } from './clock.ts';
import type { PortContext } from './context.ts';
import { drawPlan, withoutCircuit } from './draw.ts';
import type { Fact, FaultName, ProcessEnd } from './facts.ts';
import type { Faults } from './faults.ts';
import { NO_FAULTS } from './faults.ts';
import { Ledger } from './ledger.ts';
import type { Plan } from './plan.ts';
import { PoolMemory, SimPool } from './pool.ts';
import { SimRandom } from './random.ts';
import type { RunId } from './seeds.ts';
import { SimSink } from './sink.ts';
import { SimSource } from './source.ts';
import { Trace } from './trace.ts';
import { SimTransactions } from './transactions.ts';

/** How long after the end of chaos an engine may take to finish, virtual milliseconds. */
const HEAL_MS = 300_000;
const STEPS_MAX = 300_000;
/** How long after all is done an engine may hold credit, virtual milliseconds: dropped work lets go late. */
const CREDIT_MS = 60_000;
/** How long a group waits for a silent member, milliseconds. */
const SESSION_MS = 1000;
/** Slots that a resize asks for, at most. */
const SLOTS_MAX = 6;

/** What the world needs of an engine. */
export interface EngineLike extends EngineView {
  run(): Promise<{ readonly unfinished: number; readonly reason: string }>;
  drain(reason: string): unknown;
  /** Changes the number of threads while it runs. */
  resize?(slots: number): Promise<unknown>;
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
export interface SimResult extends RunId {
  readonly violation: Violation | null;
  /** Of the trace. */
  readonly hash: string;
  readonly steps: number;
  readonly virtualMs: number;
  /** Facts by type, so that one can see that faults were dealt. */
  readonly counts: Readonly<Partial<Record<FactName, number>>>;
}

/** What a run may be told beside its seed. */
export interface SimOptions {
  /** Gets the trace as it grows. */
  readonly onLine?: (line: string) => void;
  /** What the engine can do; as {@link ABILITIES} says where it is left out. */
  readonly abilities?: Abilities;
}

/** Runs a seed. */
export async function simulate(
  run: RunId,
  makeEngine: MakeEngine,
  options: SimOptions = {},
): Promise<SimResult> {
  const world = new World(run, makeEngine, options);
  const onRejection = (reason: unknown): void => world.violate('no rejection is unhandled', describe(reason));
  process.on('unhandledRejection', onRejection);
  try {
    return await world.run();
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}

/** What a fact is counted as. */
export type FactName = Exclude<Fact['type'], 'ended' | 'fault'> | ProcessEnd | FaultName;

/** One process: an engine, its ports and its clock. */
interface SimProcess {
  readonly number: number;
  readonly clock: ProcessClock;
  readonly outside: ProcessClock;
  readonly sources: ReadonlyMap<string, SimSource>;
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
  readonly #counts: Partial<Record<FactName, number>> = {};
  #processes = 0;
  #process: SimProcess | null = null;
  #violation: Violation | null = null;
  #done = false;
  /** Since when nothing is left to do. */
  #completeMs: number | null = null;

  constructor(run: RunId, makeEngine: MakeEngine, { onLine, abilities = ABILITIES }: SimOptions) {
    const random = new SimRandom(String(run.seed));
    this.#random = random.child('world');
    this.#plan = drawPlan(run, random.child('plan'), abilities);
    this.#makeEngine = makeEngine;
    this.#behaviours = new Behaviours(this.#plan);
    this.#ledger = new Ledger(this.#plan, this.#behaviours);
    this.#trace = new Trace(onLine ?? null);
    this.#checkers = CHECKERS.map((make) => make(this.#ledger, this.violate));
    this.#stores = this.#plan.groups.map((group) => new GroupStore(group));
  }

  async run(): Promise<SimResult> {
    const { seed, drawing, chaosMs } = this.#plan;
    this.#start();
    this.#planKill();
    this.#planDrain();
    this.#planStop(this.#random.child('stops'));
    this.#planResize(this.#random.child('resizes'));
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
      drawing,
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
    const name = nameOf(fact);
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    this.#trace.add(nowMs, fact);
    this.#ledger.follow(fact);
    for (const checker of this.#checkers) checker.see?.(fact, nowMs);
  };

  get #faults(): Faults {
    return this.#ledger.healed ? NO_FAULTS : this.#plan.faults;
  }

  #afterEvent(): void {
    this.#ledger.event += 1;
    const engine = this.#process?.engine;
    if (engine === undefined) return;
    for (const checker of this.#checkers) checker.afterEvent?.(engine);
    if (!this.#ledger.healed) return;
    if (this.#ledger.restsOnStopped) this.#mend(engine);
    else if (!this.#plan.untilIdle && this.#ledger.complete) this.#finish(engine, 'all done');
    else this.#completeMs = null;
  }

  /** A task is stopped and the others are done: someone raises its limits and starts again. */
  #mend(engine: EngineLike): void {
    if (!this.#ledger.mended) this.#report({ type: 'mended' });
    this.#finish(engine, 'stopped tasks');
  }

  /** Nothing is left to do: the engine gives back all credit, and may end. */
  #finish({ inFlight }: EngineLike, reason: string): void {
    const nowMs = this.#clock.monotonic();
    this.#completeMs ??= nowMs;
    if (inFlight === 0) this.#drain(reason);
    else if (nowMs - this.#completeMs > CREDIT_MS)
      this.violate('credit is not leaked', `${inFlight} in flight`);
  }

  // processes

  #start(): void {
    const number = ++this.#processes;
    const clock = new ProcessClock(this.#clock);
    const outside = new ProcessClock(this.#clock);
    const fatal = new Set<string>();
    const random = this.#random.child(`process ${number}`);
    const port = (name: string): PortContext => ({
      plan: this.#plan,
      behaviours: this.#behaviours,
      clock,
      outside,
      random: random.child(name),
      report: this.#report,
      faults: () => this.#faults,
      healed: () => this.#ledger.healed,
      dealtFatal: (code) => fatal.add(code),
    });
    this.#report({ type: 'started', process: number });
    const sink = new SimSink(port('sink'));
    const sources = new Map(
      this.#stores.map((store) => [store.plan.name, new SimSource(store, port(`source ${store.plan.name}`))]),
    );
    const exactlyOnce = this.#plan.delivery === 'exactly-once';
    const chance = random.child('engine');
    const engine = this.#makeEngine({
      groups: [...sources].map(([name, source]) => ({ name, source })),
      tasks: this.#ledger.mended ? this.#plan.tasks.map(withoutCircuit) : this.#plan.tasks,
      sink,
      transactions: exactlyOnce ? new SimTransactions(port('transactions'), sources) : null,
      pool: new SimPool(port('pool'), this.#poolMemory),
      clock,
      random: () => chance.next(),
      probe: (event) => this.#report({ type: 'probe', event }),
      limits: this.#plan.limits,
      publish: this.#plan.publish,
      untilIdle: this.#plan.untilIdle,
    });
    this.#process = { number, clock, outside, sources, sink, engine, fatal, draining: false };
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
    running.outside.end();
    this.#process = null;
    this.#completeMs = null;
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
    // An event of its own: what the engine does then comes before time goes on.
    running.clock.schedule(0, () => running.engine.drain(reason));
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

  /** The process stands still; where that is for long, its group goes on without it. */
  #planStop(random: SimRandom): void {
    const everyMs = this.#faults.stopEveryMs;
    if (everyMs === 0) return;
    this.#clock.schedule(random.waitMs(everyMs), () => {
      if (this.#ledger.healed) return;
      if (this.#process !== null) this.#stop(this.#process, random.int(10, random.pick([500, 20_000])));
      this.#planStop(random);
    });
  }

  #stop({ clock, outside, sources }: SimProcess, forMs: number): void {
    clock.standStill(forMs);
    this.#report({ type: 'stopped', forMs });
    if (forMs < SESSION_MS) return;
    for (const source of sources.values()) {
      outside.schedule(SESSION_MS, () => void source.lose(forMs));
    }
  }

  #planResize(random: SimRandom): void {
    const everyMs = this.#faults.resizeEveryMs;
    if (everyMs === 0) return;
    this.#clock.schedule(random.waitMs(everyMs), () => {
      if (this.#ledger.healed) return;
      if (this.#process !== null) void this.#resize(this.#process, random.int(1, SLOTS_MAX));
      this.#planResize(random);
    });
  }

  /** One that fails leaves the pool as it was; that is no violation. */
  async #resize({ engine, clock }: SimProcess, slots: number): Promise<void> {
    try {
      await engine.resize?.(slots);
    } catch (error) {
      const isKnown =
        error instanceof EngineError && (error.code === 'E_POOL_FAILED' || error.code === 'E_ENGINE_ENDED');
      if (!isKnown && !clock.ended)
        this.violate('a resize fails only of its pool or at the end', describe(error));
    }
  }
}

function nameOf(fact: Fact): FactName {
  if (fact.type === 'fault') return fact.what;
  return fact.type === 'ended' ? fact.how : fact.type;
}
