/**
 * Whether memory is flat: anonymous memory of the command, from outside, while many events pass from
 * the embedded log through the built-in analyzers to the same log. Pages of LMDB's map do not count.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSummary } from '../src/observe/summary.ts';
import { wholeNumber } from './flags.ts';
import { fill } from './log-runs.ts';
import { anonymousMb } from './meter.ts';
import { times, whole } from './report/format.ts';
import type { BenchOptions, Report, Section } from './section.ts';

/** What is run. */
interface MemoryRun {
  readonly count: number;
  readonly threads: number;
  readonly seed: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** The readings, without those of the first tenth of the time. */
export interface MemoryFigures {
  readonly events: number;
  readonly threads: number;
  readonly eventsPerSecond: number;
  readonly firstHalfMaxMb: number;
  readonly secondHalfMaxMb: number;
  /** Second half over first half. */
  readonly growth: number;
  readonly samples: number;
}

const MAIN = join(import.meta.dirname, '../src/main.ts');
const SAMPLE_EVERY_MS = 250;
const WARM_UP_SHARE = 0.1;
const COUNT = { usual: 1_000_000, quick: 20_000 };
const GROWTH_MAX = 1.1;

/** The section. */
export const memory: Section<readonly MemoryFigures[]> = {
  name: 'memory',
  about: 'anonymous memory of the command while events pass over the embedded log',
  transports: ['log'],
  isUsual: true,
  flags: { 'memory-count': 'N: events of the run' },
  run,
  report,
};

async function run(options: BenchOptions): Promise<readonly MemoryFigures[]> {
  const { isQuick, seed, settings, tell } = options;
  const given = options.flag('memory-count');
  const usual = options.count ?? (isQuick ? COUNT.quick : COUNT.usual);
  const count = given === undefined ? usual : wholeNumber('memory-count', given);
  const threads = Math.max(...options.threads);
  tell(`${threads} threads, ${count} events`);
  return [await runMemory({ count, threads, seed, settings })];
}

function report(runs: readonly MemoryFigures[]): Report {
  const rows = runs.map((run) => [
    whole(run.events),
    String(run.threads),
    whole(run.eventsPerSecond),
    run.firstHalfMaxMb.toFixed(0),
    run.secondHalfMaxMb.toFixed(0),
    times(run.growth, 2),
    String(run.samples),
  ]);
  const head = [
    'events',
    'threads',
    'events/s',
    '1st half, at most MiB',
    '2nd half, at most MiB',
    '2nd to 1st',
    'samples',
  ];
  const title = 'Memory: anonymous memory of the command while events pass, after the first tenth';
  const bars = runs.map(({ growth, events }) => ({
    what: `anonymous memory over ${whole(events)} events, second half to first`,
    wanted: `≤ ${times(GROWTH_MAX, 2)}`,
    measured: times(growth, 2),
    isMet: growth <= GROWTH_MAX,
  }));
  return { tables: [{ title, head, rows }], bars, plots: [] };
}

/** Runs `faultline run` on a log of its own. Throws when an event is missing. */
async function runMemory(run: MemoryRun): Promise<MemoryFigures> {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-bench-'));
  try {
    await fill(dir, run);
    const samplesMb = await sample(dir, run);
    const summary = JSON.parse(await readFile(join(dir, 'summary.json'), 'utf8')) as RunSummary;
    if (summary.published !== run.count)
      throw new Error(`${summary.published} of ${run.count} events came through`);
    const kept = samplesMb.slice(Math.floor(samplesMb.length * WARM_UP_SHARE));
    const firstHalfMaxMb = Math.max(...kept.slice(0, kept.length / 2));
    const secondHalfMaxMb = Math.max(...kept.slice(kept.length / 2));
    const { consumed: events, eventsPerSecond } = summary;
    const growth = secondHalfMaxMb / firstHalfMaxMb;
    return {
      events,
      threads: run.threads,
      eventsPerSecond,
      firstHalfMaxMb,
      secondHalfMaxMb,
      growth,
      samples: kept.length,
    };
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Anonymous memory of the command, MiB, at even intervals until it ends. */
async function sample(dir: string, { threads, settings }: MemoryRun): Promise<readonly number[]> {
  const flags = Object.entries({
    data: dir,
    threads: String(threads),
    summary: join(dir, 'summary.json'),
    'log-level': 'error',
    ...settings,
  });
  const args = flags.flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'run', '--until-idle', ...args], {
    stdio: 'ignore',
  });
  const samplesMb: number[] = [];
  const timer = setInterval(() => samplesMb.push(anonymousMb(child.pid)), SAMPLE_EVERY_MS);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`faultline run ended with ${String(code)}`);
  return samplesMb.filter((mb) => mb > 0);
}
