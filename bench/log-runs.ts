/**
 * Runs over the embedded log: events of all platforms from it, findings to it, on a directory of their
 * own. Each run checks that every event has its finding and that the findings of each key are in order.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../src/app.ts';
import { openApp } from '../src/app.ts';
import { loadConfig, parseConfig } from '../src/config/load.ts';
import type { Config } from '../src/config/config.ts';
import type { GeneratedEvent } from '../src/load/generate.ts';
import { generateEvents } from '../src/load/generate.ts';
import { createLogger } from '../src/observe/logger.ts';
import type { Probe } from '../src/ports/probe.ts';
import type { LogStore } from '../src/transport/log/store.ts';
import { openLog } from '../src/transport/log/store.ts';
import { judge } from '../test/chaos/ledger.ts';
import { analyzerOf, isBuiltIn } from './analyzer.ts';
import type { Figures } from './meter.ts';
import { Meter } from './meter.ts';
import type { Sampled } from './sampling.ts';
import { sampleRun } from './sampling.ts';

/** One run. */
export interface LogRun {
  readonly publish: 'sync' | 'async';
  readonly threads: number;
  readonly count: number;
  readonly seed: number;
  /** A built-in one: all of them, each for its events. */
  readonly analyzer: string;
  readonly settings: Readonly<Record<string, string>>;
}

const RECORDS_PER_APPEND = 2000;

/** Measures it. Throws when the result is not right. */
export function measureOnLog(run: LogRun): Promise<Figures> {
  return onLog(run, async (dir) => {
    const meter = new Meter();
    const app = await open(dir, run, [meter.probe]);
    meter.start();
    await app.run();
    return meter.stop();
  });
}

/** Takes samples of its threads. Throws when the result is not right. */
export function sampleOnLog(run: LogRun): Promise<Sampled> {
  return onLog(run, async (dir) => {
    const { sampled } = await sampleRun(run.count, (probe) => open(dir, run, [probe]));
    return sampled;
  });
}

/** Writes the events of a run into a log. */
export async function fill(dir: string, run: Pick<LogRun, 'count' | 'seed'>): Promise<void> {
  const log = await openDir(dir);
  const sink = log.sink();
  let chunk = [];
  for (const { topic, key, value, timestampMs } of eventsOf(run)) {
    chunk.push({ topic, key, value, headers: [], timestampMs });
    if (chunk.length < RECORDS_PER_APPEND) continue;
    await sink.publish(chunk);
    chunk = [];
  }
  await sink.publish(chunk);
  await sink.close();
  await log.close();
}

async function onLog<T>(run: LogRun, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-bench-'));
  try {
    await fill(dir, run);
    const result = await work(dir);
    await check(dir, run);
    return result;
  } finally {
    await rm(dir, { recursive: true });
  }
}

function eventsOf({ count, seed }: Pick<LogRun, 'count' | 'seed'>): Iterable<GeneratedEvent> {
  return generateEvents({ count, keys: 10_000, zipf: 0, duplicates: 0, seed, start: 0 });
}

function openDir(dir: string): Promise<LogStore> {
  return openLog({ dir, durability: 'process', partitions: 8, recordBytesMax: 2 ** 24, pollMs: 20 });
}

async function open(dir: string, run: LogRun, probes: readonly Probe[]): Promise<App> {
  const logger = createLogger({ level: 'error', format: 'json' });
  return openApp(await configOf(dir, run), { logger, untilIdle: true, probes });
}

async function configOf(dir: string, run: LogRun): Promise<Config> {
  const { publish, threads, analyzer, settings } = run;
  const flags = { data: dir, publish, threads: String(threads), ...settings };
  if (isBuiltIn(analyzer)) return loadConfig({ flags, env: {} });
  const tasks = { bench: { topics: ['^app-'], analyzer: analyzerOf(analyzer) } };
  return parseConfig({ file: { name: 'bench', text: JSON.stringify({ tasks }) }, flags });
}

async function check(dir: string, run: LogRun): Promise<void> {
  const log = await openDir(dir);
  const outputs: { id: string; to: string }[] = [];
  for await (const { headers } of log.read('faultline-findings')) {
    const id = headers.find(([name]) => name === 'faultline-id')?.[1];
    outputs.push({ id: new TextDecoder().decode(id), to: 'findings' });
  }
  await log.close();
  const entries = [...eventsOf(run)].map(({ id, topic, key }) => ({
    id,
    topic,
    key: Buffer.from(key).toString('latin1'),
  }));
  const { lost, disordered, unknown, duplicates } = judge(entries, outputs);
  if (lost.length + disordered.length + unknown.length + duplicates === 0) return;
  throw new Error(
    `wrong result: lost ${lost.length}, disordered ${disordered.length}, unknown ${unknown.length}, duplicates ${duplicates}`,
  );
}
