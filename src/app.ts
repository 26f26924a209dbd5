/**
 * The composition root: the one file that joins the engine and the adapters.
 *
 * `openApp` opens everything a config asks for, in order; `run` runs the engine to its end and then
 * closes everything in reverse order, each step with a deadline. Nothing here decides anything about
 * deliveries.
 */
import { resolve } from 'node:path';
import type { Config } from './config/config.ts';
import { analysisLimits, engineLimits, publishPolicy, taskAnalyses, tasksOf } from './config/resolve.ts';
import type { EngineReport } from './engine/engine.ts';
import { Engine } from './engine/engine.ts';
import { routeTopic } from './engine/route.ts';
import { EngineError } from './model/errors.ts';
import type { Task } from './model/task.ts';
import { fanOut } from './observe/fanout.ts';
import { Health } from './observe/health.ts';
import type { Logger } from './observe/logger.ts';
import { logProbe } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import type { Pool } from './ports/pool.ts';
import type { Probe } from './ports/probe.ts';
import type { Sink } from './ports/sink.ts';
import type { Backlog, Source } from './ports/source.ts';
import { createPiscinaPool } from './pool/piscina.ts';
import { systemClock } from './system/clock.ts';
import { usableCores } from './system/cores.ts';
import { systemRandom } from './system/random.ts';
import { openLog } from './transport/log/store.ts';
import { MemoryBroker } from './transport/memory/broker.ts';
import { MemorySink } from './transport/memory/sink.ts';
import { MemorySource } from './transport/memory/source.ts';
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
  /** Begins the ordered exit. */
  drain(reason: string): void;
  /** Deliveries consumed and not finished. */
  inFlight(): number;
  /** What is still to be consumed. */
  backlog(): Promise<readonly Backlog[]>;
}

/** Where deliveries come from and findings go. */
interface Transport {
  /** Names of the topics that exist. */
  topics(): readonly string[];
  source(group: string, subscribes: (topic: string) => boolean): Source;
  readonly sink: Sink;
  close(): Promise<void>;
}

/** Something to be closed at the end, last opened first. */
type Closer = readonly [what: string, close: () => Promise<void>];

/** Opens what the config asks for. Rejects with a coded error; nothing stays open then. */
export async function openApp(config: Config, options: AppOptions): Promise<App> {
  const closers: Closer[] = [];
  const closeAll = (): Promise<void> =>
    closeInReverse(closers, config.system.shutdown.closeMs, options.logger);
  try {
    return await open(config, options, { closers, closeAll });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function open(
  config: Config,
  options: AppOptions,
  { closers, closeAll }: { closers: Closer[]; closeAll: () => Promise<void> },
): Promise<App> {
  const { system } = config;
  const tasks = tasksOf(config);
  const transport = await openTransport(config, options);
  closers.push(['transport', () => transport.close()], ['sink', () => transport.sink.close()]);

  const threads = system.threads === 'auto' ? usableCores() : system.threads;
  const pool = await openPool(config, threads);
  closers.push(['pool', () => pool.close()]);

  const names = [...new Set(tasks.map(({ group }) => group))];
  for (const name of names) refuseAmbiguous(tasks, name, transport.topics());
  const groups = names.map((name) => ({
    name,
    source: transport.source(
      name,
      subscription(tasks, name, (event) => {
        probe(event);
      }),
    ),
  }));
  for (const { name, source } of groups) closers.push([`source ${name}`, () => source.close()]);

  const health = new Health();
  const backlog = async (): Promise<readonly Backlog[]> =>
    (await Promise.all(groups.map(({ source }) => source.backlog()))).flat();
  const metrics = createMetrics({ inFlight: () => engine.inFlight, backlog });
  const probe = fanOut(metrics.probe, health.probe, logProbe(options.logger), ...(options.probes ?? []));
  const engine = new Engine({
    groups,
    tasks,
    sink: transport.sink,
    pool,
    clock: systemClock(),
    random: systemRandom,
    probe,
    limits: engineLimits(system),
    publish: publishPolicy(system),
    untilIdle: options.untilIdle,
  });

  const server = system.http === null ? null : await startServer({ ...system.http, metrics, health });
  if (server !== null) closers.push(['http', () => server.close()]);

  return {
    threads,
    address: server?.address ?? null,
    run: async () => {
      try {
        return await engine.run();
      } finally {
        await closeAll();
      }
    },
    drain: (reason) => {
      engine.drain(reason);
    },
    inFlight: () => engine.inFlight,
    backlog,
  };
}

async function openTransport({ system }: Config, options: AppOptions): Promise<Transport> {
  if (system.transport === 'memory') return memoryTransport(system.from, options);
  const log = await openLog({ dir: resolve(system.data), ...system.log });
  return {
    topics: () => log.topics().map(({ name }) => name),
    source: (group, subscribes) => log.source({ group, subscribes, from: system.from }),
    sink: log.sink(),
    close: () => log.close(),
  };
}

function memoryTransport(from: Config['system']['from'], { broker, sink }: AppOptions): Transport {
  const topics = broker ?? new MemoryBroker({ partitions: 1 });
  return {
    topics: () => topics.topics,
    source: (group, subscribes) =>
      new MemorySource({
        broker: topics,
        group,
        subscribes,
        from: from === 'latest' ? 'latest' : 'earliest',
      }),
    sink: sink ?? new MemorySink({ keep: false, broker: topics }),
    close: () => Promise.resolve(),
  };
}

function openPool(config: Config, threads: number): Promise<Pool> {
  const { system } = config;
  return createPiscinaPool({
    threads,
    tasks: taskAnalyses(config),
    limits: analysisLimits(system),
    heapMbMax: system.pool.heapMbMax,
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

async function closeInReverse(closers: Closer[], closeMs: number, logger: Logger): Promise<void> {
  for (const [what, close] of closers.splice(0).toReversed()) {
    try {
      await withDeadline(close(), closeMs, what);
    } catch (error) {
      logger.warn({ event: 'close-failed', what, err: error });
    }
  }
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
