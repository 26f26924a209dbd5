/**
 * Sync against async publish: the same events from the embedded log, analysed by the built-in
 * analyzers, published to the same log. Each run checks that every event has its finding and that
 * the findings of each key are in order.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import { generateEvents } from '../src/load/generate.ts';
import { createLogger } from '../src/observe/logger.ts';
import { openLog } from '../src/transport/log/store.ts';
import { judge } from '../test/chaos/ledger.ts';
import type { Figures } from './meter.ts';
import { Meter } from './meter.ts';

/** What is compared. */
export interface PublishRun {
  readonly publish: 'sync' | 'async';
  readonly threads: number;
  readonly count: number;
  readonly seed: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** The result of one run, with what was run. */
export type PublishFigures = Omit<PublishRun, 'settings'> & { readonly transport: 'log' } & Figures;

const RECORDS_PER_APPEND = 2000;

/** Runs one configuration on a log of its own. Throws when the result is not right. */
export async function runPublish(run: PublishRun): Promise<PublishFigures> {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-bench-'));
  try {
    await fill(dir, run);
    const figures = await consume(dir, run);
    await check(dir, run);
    const { publish, threads, count, seed } = run;
    return { transport: 'log', publish, threads, count, seed, ...figures };
  } finally {
    await rm(dir, { recursive: true });
  }
}

function eventsOf({ count, seed }: Pick<PublishRun, 'count' | 'seed'>) {
  return generateEvents({ count, keys: 10_000, zipf: 0, duplicates: 0, seed, start: 0 });
}

function open(dir: string) {
  return openLog({ dir, durability: 'process', partitions: 8, recordBytesMax: 2 ** 24, pollMs: 20 });
}

/** Writes the events of a run into a log. */
export async function fill(dir: string, run: Pick<PublishRun, 'count' | 'seed'>): Promise<void> {
  const log = await open(dir);
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

async function consume(dir: string, { publish, threads, settings }: PublishRun): Promise<Figures> {
  const config = await loadConfig({
    flags: { data: dir, publish, threads: String(threads), ...settings },
    env: {},
  });
  const meter = new Meter();
  const logger = createLogger({ level: 'error', format: 'json' });
  const app = await openApp(config, { logger, untilIdle: true, probes: [meter.probe] });
  meter.start();
  const { unfinished } = await app.run();
  const figures = meter.stop();
  if (unfinished > 0) throw new Error(`${unfinished} deliveries are unfinished`);
  return figures;
}

async function check(dir: string, run: PublishRun): Promise<void> {
  const log = await open(dir);
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
