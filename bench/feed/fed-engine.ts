/**
 * An engine over any transport whose sink is wrapped, so that each acknowledgement can be seen: the same
 * parts as src/app.ts joins, without what serves people (metrics, health, control socket).
 */
import type { Config } from '../../src/config/config.ts';
import { openTransport } from '../../src/app-transport.ts';
import { parseConfig } from '../../src/config/load.ts';
import {
  analysisLimits,
  engineLimits,
  publishPolicy,
  taskAnalyses,
  tasksOf,
} from '../../src/config/resolve.ts';
import { Engine } from '../../src/engine/engine.ts';
import { routeTopic } from '../../src/engine/route.ts';
import { fanOut } from '../../src/observe/fanout.ts';
import { createLogger, logProbe } from '../../src/observe/logger.ts';
import type { Sink } from '../../src/ports/sink.ts';
import { createPiscinaPool } from '../../src/pool/piscina.ts';
import { usableCores } from '../../src/system/cores.ts';
import { systemClock } from '../../src/system/clock.ts';
import { systemRandom } from '../../src/system/random.ts';
import type { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { Closers } from './closers.ts';

/** A task of a fed engine: one topic, one analyzer. */
export interface FedTask {
  readonly topic: string;
  readonly analyzer: string;
  readonly outputs?: { readonly findings: string; readonly deadLetters: string };
}

/** What is run. */
export interface FedEngineOptions {
  readonly tasks: Readonly<Record<string, FedTask>>;
  /** As of the run command. */
  readonly flags: Readonly<Record<string, string>>;
  /** The topics of the memory transport. */
  readonly broker?: MemoryBroker;
  /** Puts something around the sink. */
  readonly wrap: (sink: Sink) => Sink;
}

/** A running engine. */
export interface FedEngine {
  /** Throws when it has failed. */
  check(): void;
  /** Ends it in order and closes everything. Again: does nothing. */
  close(): Promise<void>;
}

/** The config of such tasks. */
export function fedConfig(
  tasks: Readonly<Record<string, FedTask>>,
  flags: Readonly<Record<string, string>>,
): Config {
  const written = Object.entries(tasks).map(([name, { topic, ...task }]) => [
    name,
    { topics: [`^${topic}$`], ...task },
  ]);
  const text = JSON.stringify({ tasks: Object.fromEntries(written) as object });
  return parseConfig({ file: { name: 'bench', text }, flags });
}

/** Starts it. */
export function openFedEngine(options: FedEngineOptions): Promise<FedEngine> {
  return Closers.around((closers) => open(options, closers));
}

async function open(options: FedEngineOptions, closers: Closers): Promise<FedEngine> {
  const config = fedConfig(options.tasks, options.flags);
  const { system } = config;
  const logger = createLogger({ level: 'error', format: 'json' });
  const probe = fanOut(logProbe(logger));
  const transport = await openTransport(config, { logger, probe, broker: options.broker });
  closers.add(() => transport.close());
  const sink = options.wrap(transport.sink);
  closers.add(() => sink.close());
  const pool = await createPiscinaPool({
    ...system.pool,
    threads: system.threads === 'auto' ? usableCores() : system.threads,
    tasks: taskAnalyses(config),
    limits: analysisLimits(system),
  });
  closers.add(() => pool.close());
  const tasks = tasksOf(config);
  const isRead = (topic: string): boolean => routeTopic(tasks, system.group, topic).type === 'task';
  const source = transport.source(system.group, isRead);
  closers.add(() => source.close());
  const engine = new Engine({
    groups: [{ name: system.group, source }],
    tasks,
    sink,
    transactions: null,
    pool,
    clock: systemClock(),
    random: systemRandom,
    probe,
    limits: engineLimits(system),
    publish: publishPolicy(system),
    untilIdle: false,
  });
  return running(engine, closers);
}

function running(engine: Engine, closers: Closers): FedEngine {
  let failure: { readonly error: unknown } | null = null;
  const ended = engine.run().catch((error: unknown) => {
    failure = { error };
  });
  return {
    check: () => {
      if (failure !== null) throw failure.error;
    },
    close: async () => {
      engine.drain('the bench is done');
      await ended;
      await closers.close();
    },
  };
}
