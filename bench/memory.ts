/**
 * Whether memory is flat: anonymous memory of the command, from outside, while many events pass from
 * the embedded log through the built-in analyzers to the same log. Pages of LMDB's map do not count.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSummary } from '../src/observe/summary.ts';
import { anonymousMb } from './meter.ts';
import { fill } from './publish.ts';

/** What is run. */
export interface MemoryRun {
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

/** Runs `faultline run` on a log of its own. Throws when an event is missing. */
export async function runMemory(run: MemoryRun): Promise<MemoryFigures> {
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
