/**
 * The composition root: the one file that joins the engine and the adapters.
 *
 * `openApp` opens everything a config asks for, in order; `run` runs the engine to its end and then
 * closes everything in reverse order, each step with a deadline. Nothing here decides anything about
 * deliveries.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Transport } from './app-transport.ts';
import { openTransport } from './app-transport.ts';
import type { Config } from './config/config.ts';
import { controlPath } from './config/control-path.ts';
import { analysisLimits, engineLimits, publishPolicy, taskAnalyses, tasksOf } from './config/resolve.ts';
import type { Control } from './control/server.ts';
import { startControl } from './control/server.ts';
import type { ControlTarget } from './control/target.ts';
import type { EngineReport } from './engine/engine.ts';
import { Engine } from './engine/engine.ts';
import type { EngineGroup } from './engine/options.ts';
import { routeTopic } from './engine/route.ts';
import { EngineError, toFault } from './model/errors.ts';
import type { EngineStatus, WhyPartition } from './model/status.ts';
import type { Task } from './model/task.ts';
import { fanOut } from './observe/fanout.ts';
import { Health } from './observe/health.ts';
import type { Logger } from './observe/logger.ts';
import { logProbe } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import { withStuck } from './observe/stuck.ts';
import type { Pool } from './ports/pool.ts';
import type { Probe } from './ports/probe.ts';
import type { Sink } from './ports/sink.ts';
import type { Backlog } from './ports/source.ts';
import { createPiscinaPool } from './pool/piscina.ts';
import { systemClock } from './system/clock.ts';
import { usableCores } from './system/cores.ts';
import { systemRandom } from './system/random.ts';
import { ownVersion } from './system/version.ts';
import type { MemoryBroker } from './transport/memory/broker.ts';
import { startServer } from './web/server.ts';

/** What a program gives beside the config. */
export interface AppOptions {
  readonly logger: Logger;
  /** End by itself when everything is read and finished. */
  readonly untilIdle: boolean;
  /** Are told everything, beside metrics and log. */
  readonly probes?: readonly Probe[];
  /** The topics of `transport: memory`; without it an empty one. */
  readonly broker?: MemoryBroker;
  /** The sink of `transport: memory`; without it findings go to the broker. */
  readonly sink?: Sink;
}

/** A running faultline. */
export interface App {
  /** Worker threads. */
  readonly threads: number;
  /** Where metrics and health are served; `null` without `http`. */
  readonly address: string | null;
  /** Runs to the end and closes everything. Rejects with the engine's error, closed all the same. */
  run(): Promise<EngineReport>;
  /** Begins the ordered exit; resolves when everything is closed. Rejects as `run` does. */
  drain(reason: string): Promise<EngineReport>;
  /** The same without waiting for work in hand: what is finished is committed, the rest comes again. */
  stop(reason: string): Promise<EngineReport>;
  /** Changes the number of worker threads while it runs. Rejects when they cannot be had. */
  scale(threads: number): Promise<void>;
  /** What the engine is doing. */
  status(): EngineStatus;
  /** Why the watermark of a partition stands where it stands, for each group that reads it. */
  why(topic: string, partition: number): readonly WhyPartition[];
  /** Deliveries consumed and not finished. */
  inFlight(): number;
  /** What is still to be consumed. */
  backlog(): Promise<readonly Backlog[]>;
}

/** What is to be closed at the end, last opened first. */
class Closers {
  readonly #closeMs: number;
  readonly #logger: Logger;
  readonly #steps: (readonly [what: string, close: () => Promise<void>])[] = [];

  /** Each step may take so long. */
  constructor(closeMs: number, logger: Logger) {
    this.#closeMs = closeMs;
    this.#logger = logger;
  }

  add(what: string, close: () => Promise<void>): void {
    this.#steps.push([what, close]);
  }

  /** Closes all, whatever fails on the way. Again: does nothing. */
  async close(): Promise<void> {
    for (const [what, close] of this.#steps.splice(0).toReversed()) {
      try {
        await withDeadline(close(), this.#closeMs, what);
      } catch (error) {
        this.#logger.warn({ event: 'close-failed', what, err: error });
      }
    }
  }
}

/** What opening shares. */
interface Opening {
  readonly probe: Probe;
  readonly closers: Closers;
}

/** Opens what the config asks for. Rejects with a coded error; nothing stays open then. */
export async function openApp(config: Config, options: AppOptions): Promise<App> {
  const closers = new Closers(config.system.shutdown.closeMs, options.logger);
  try {
    return await open(config, options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function open(config: Config, options: AppOptions, closers: Closers): Promise<App> {
  const { system } = config;
  const health = new Health();
  const backlog = async (): Promise<readonly Backlog[]> =>
    (await Promise.all(groups.map(({ source }) => source.backlog()))).flat();
  const metrics = createMetrics({ inFlight: () => engine.inFlight, backlog });
  const retain: Probe = (event) => {
    if (event.type === 'assigned') transport.entered();
  };
  const shown = [metrics.probe, health.probe, logProbe(options.logger)];
  const probe = fanOut(...shown, retain, ...(options.probes ?? []));
  const transport = await openTransport(config, { ...options, probe });
  closers.add('transport', () => transport.close());
  closers.add('sink', () => transport.sink.close());
  const pool = await openPool(config);
  closers.add('pool', () => pool.close());
  const groups = openGroups(tasksOf(config), transport, { probe, closers });
  const { transactions } = transport;
  if (transactions !== null) closers.add('transactions', () => transactions.close());
  const engine = new Engine({
    groups,
    tasks: tasksOf(config),
    sink: transport.sink,
    transactions,
    pool,
    clock: systemClock(),
    random: systemRandom,
    probe,
    limits: engineLimits(system),
    publish: publishPolicy(system),
    untilIdle: options.untilIdle,
  });
  const server = system.http === null ? null : await startServer({ ...system.http, metrics, health });
  if (server !== null) closers.add('http', () => server.close());
  const parts = {
    engine,
    pool,
    backlog,
    closers,
    address: server?.address ?? null,
  };
  let control: Control | null = null;
  const app = running({ ...parts, closeControl: async () => control?.close() });
  // Somebody may ask as soon as it listens.
  control = await listen(config, controlTarget(app, health), options.logger);
  return app;
}

/** What a running app consists of. */
interface AppParts extends Pick<App, 'address' | 'backlog'> {
  readonly engine: Engine;
  readonly pool: Pool;
  readonly closers: Closers;
  /** Closed after everything else, when its clients have been told of the end. */
  readonly closeControl: () => Promise<void>;
}

function running({ engine, pool, closers, closeControl, ...shown }: AppParts): App {
  const ended = Promise.withResolvers<EngineReport>();
  // Who does not wait for the end does not have to hear of it.
  ended.promise.catch(() => undefined);
  const drain = (reason: string, withinMs?: number): Promise<EngineReport> => {
    engine.drain(reason, withinMs);
    return ended.promise;
  };
  return {
    ...shown,
    get threads() {
      return pool.slots;
    },
    run: async () => {
      const result = engine.run();
      try {
        return await result;
      } finally {
        await closers.close();
        ended.resolve(result);
        await closeControl();
      }
    },
    drain: (reason) => drain(reason),
    stop: (reason) => drain(reason, 0),
    scale: (slots) => engine.resize(slots),
    status: () => engine.status(),
    why: (topic, partition) => engine.why(topic, partition),
    inFlight: () => engine.inFlight,
  };
}

/**
 * Opens the control socket, if there is to be one. Where it was not asked for by its path, the engine
 * goes on without one: another process over the same log has it, or the path is too long or of a
 * file system without sockets.
 */
async function listen({ system }: Config, target: ControlTarget, logger: Logger): Promise<Control | null> {
  const path = controlPath(system);
  if (path === null) return null;
  try {
    // With Kafka there is no log whose directory it could be in.
    if (system.control === 'auto') await mkdir(dirname(path), { recursive: true });
    return await startControl({ path, target });
  } catch (error) {
    if (system.control !== 'auto') throw error;
    logger.warn({ event: 'control-without', path, ...toFault(error, 'E_CONTROL_LISTEN') });
    return null;
  }
}

/** What the control socket shows of an app. */
function controlTarget(app: App, health: Health): ControlTarget {
  const facts = {
    pid: process.pid,
    version: ownVersion(),
    startedMs: Date.now(),
  };
  return {
    status: () => ({ ...app.status(), ...facts, threads: app.threads, obstacles: health.obstacles() }),
    why: (topic, partition) => {
      const stuck = health.stuck(topic, partition);
      return app.why(topic, partition).map((each) => withStuck(each, stuck));
    },
    backlog: () => app.backlog(),
    scale: async (threads) => {
      const before = app.threads;
      await app.scale(threads);
      return { before, after: app.threads };
    },
    drain: (reason) => app.drain(reason),
    stop: (reason) => app.stop(reason),
  };
}

function openPool(config: Config): Promise<Pool> {
  const { system } = config;
  return createPiscinaPool({
    ...system.pool,
    threads: system.threads === 'auto' ? usableCores() : system.threads,
    tasks: taskAnalyses(config),
    limits: analysisLimits(system),
  });
}

/** One source for each consumer group. */
function openGroups(
  tasks: readonly Task[],
  transport: Transport,
  { probe, closers }: Opening,
): readonly EngineGroup[] {
  const names = [...new Set(tasks.map(({ group }) => group))];
  for (const name of names) refuseAmbiguous(tasks, name, transport.topics());
  return names.map((name) => {
    const source = transport.source(name, subscription(tasks, name, probe));
    closers.add(`source ${name}`, () => source.close());
    return { name, source };
  });
}

/** At start, two tasks of one group that would take the same topic are refused. Throws `E_ROUTE_AMBIGUOUS`. */
function refuseAmbiguous(tasks: readonly Task[], group: string, topics: readonly string[]): void {
  for (const topic of topics) {
    const route = routeTopic(tasks, group, topic);
    if (route.type !== 'ambiguous') continue;
    const names = route.tasks.join(' and ');
    throw new EngineError('E_ROUTE_AMBIGUOUS', `tasks ${names} of group ${group} both take topic ${topic}`);
  }
}

/**
 * One source per group reads the union of its tasks' topics. A topic that appears while running and
 * that two tasks claim is left out, and told.
 */
function subscription(tasks: readonly Task[], group: string, probe: Probe): (topic: string) => boolean {
  return (topic) => {
    const route = routeTopic(tasks, group, topic);
    if (route.type === 'ambiguous') probe({ type: 'unrouted', group, topic, tasks: route.tasks });
    return route.type === 'task';
  };
}

/** Rejects when closing takes longer; the rest is closed all the same. */
function withDeadline(closing: Promise<void>, closeMs: number, what: string): Promise<void> {
  return new Promise((resolveClosed, reject) => {
    const timer = setTimeout(() => {
      reject(new EngineError('E_CLOSE_DEADLINE', `${what} did not close within ${closeMs} ms`));
    }, closeMs);
    closing.then(resolveClosed, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
