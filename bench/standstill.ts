/**
 * A sink that stands still at full input, for a minute: whether memory is flat meanwhile, and whether
 * everything comes through by itself afterwards.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { openApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import { javaCrashEvent } from '../src/load/generate.ts';
import { createLogger } from '../src/observe/logger.ts';
import { MemoryBroker } from '../src/transport/memory/broker.ts';
import { MemorySink } from '../src/transport/memory/sink.ts';
import { wholeNumber } from './flags.ts';
import { anonymousMb } from './meter.ts';
import { whole } from './report/format.ts';
import type { BenchOptions, Report, Section } from './section.ts';

/** What is run. */
interface StandstillRun {
  readonly seconds: number;
  readonly threads: number;
  readonly seed: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** What was seen while the sink stood still. */
export interface StandstillFigures {
  readonly seconds: number;
  readonly inFlight: number;
  readonly firstMb: number;
  readonly highestMb: number;
  readonly lastMb: number;
  readonly afterwards: number;
}

const EVENTS = 100_000;
/** The same few values again and again: what is measured is the engine, not its input. */
const VALUES = 1000;
const SAMPLE_EVERY_MS = 250;
/** Until what can be in flight is. */
const SETTLE_MS = 3000;
const SECONDS = { usual: 60, quick: 3 };
const MB_MAX = 400;
/** Flat: what it may rise by in all that time. */
const RISE_MAX = 1.05;

/** The section. */
export const standstill: Section<readonly StandstillFigures[]> = {
  name: 'standstill',
  about: 'anonymous memory while the sink stands still at full input',
  transports: ['memory'],
  isUsual: true,
  flags: { 'standstill-seconds': 'N: how long' },
  run,
  report,
};

async function run(options: BenchOptions): Promise<readonly StandstillFigures[]> {
  const { isQuick, seed, settings, tell } = options;
  const given = options.flag('standstill-seconds');
  const usual = isQuick ? SECONDS.quick : SECONDS.usual;
  const seconds = given === undefined ? usual : wholeNumber('standstill-seconds', given);
  tell(`a sink that stands still for ${seconds} s`);
  return [await runStandstill({ seconds, threads: Math.max(...options.threads), seed, settings })];
}

function report(runs: readonly StandstillFigures[]): Report {
  const rows = runs.map((run) => [
    run.seconds.toFixed(0),
    whole(run.inFlight),
    run.firstMb.toFixed(0),
    run.highestMb.toFixed(0),
    run.lastMb.toFixed(0),
    whole(run.afterwards),
  ]);
  const head = ['seconds', 'in flight', 'first MiB', 'highest MiB', 'last MiB', 'came through after'];
  const title = 'A sink that stands still: anonymous memory meanwhile';
  const bars = runs.map(({ seconds, firstMb, highestMb, lastMb }) => ({
    what: `anonymous memory with the sink stalled at full input for ${seconds} s`,
    wanted: `flat, ≤ ${MB_MAX} MiB`,
    measured: `${firstMb.toFixed(0)} to ${lastMb.toFixed(0)}, at most ${highestMb.toFixed(0)} MiB`,
    isMet: highestMb <= MB_MAX && highestMb <= firstMb * RISE_MAX,
  }));
  return { tables: [{ title, head, rows }], bars, plots: [] };
}

/** Runs it. Throws when anything is missing at the end. */
async function runStandstill({
  seconds,
  threads,
  seed,
  settings,
}: StandstillRun): Promise<StandstillFigures> {
  const broker = new MemoryBroker({ partitions: 8 });
  const events = Array.from({ length: VALUES }, (_, i) => javaCrashEvent(seed * VALUES + i));
  for (let i = 0; i < EVENTS; i++) broker.append('app-crash', events.slice(i % VALUES, (i % VALUES) + 1));
  const gate = Promise.withResolvers<void>();
  const counted = new MemorySink({ keep: false });
  const sink = {
    publish: async (publications: Parameters<MemorySink['publish']>[0]) => {
      await gate.promise;
      return counted.publish(publications);
    },
    close: () => counted.close(),
  };
  const config = await loadConfig({
    flags: { transport: 'memory', threads: String(threads), ...settings },
    env: {},
  });
  const logger = createLogger({ level: 'error', format: 'json' });
  const app = await openApp(config, { logger, untilIdle: true, broker, sink });
  const ended = app.run();
  await pause(SETTLE_MS);

  const samplesMb: number[] = [];
  const untilMs = performance.now() + seconds * 1000;
  while (performance.now() < untilMs) {
    samplesMb.push(anonymousMb());
    await pause(SAMPLE_EVERY_MS);
  }
  const inFlight = app.inFlight();
  gate.resolve();
  await ended;

  if (counted.count !== EVENTS) throw new Error(`${counted.count} of ${EVENTS} events came through`);
  return {
    seconds,
    inFlight,
    firstMb: samplesMb[0] ?? 0,
    highestMb: Math.max(...samplesMb),
    lastMb: samplesMb.at(-1) ?? 0,
    afterwards: counted.count,
  };
}
