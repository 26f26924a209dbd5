/**
 * What the engine itself costs the main thread: 2-KB Java crash events over the memory transport,
 * hand-over to the threads included, held against `JSON.parse` of the same event in the same run.
 */
import { openApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import { javaCrashEvent } from '../src/load/generate.ts';
import type { Publication } from '../src/model/delivery.ts';
import { createLogger } from '../src/observe/logger.ts';
import { MemoryBroker } from '../src/transport/memory/broker.ts';
import { MemorySink } from '../src/transport/memory/sink.ts';
import { wholeNumber } from './flags.ts';
import type { Figures } from './meter.ts';
import { Meter } from './meter.ts';
import { parseUs } from './parse.ts';
import { times, whole } from './report/format.ts';
import type { BenchOptions, Report, Section } from './section.ts';

/**
 * Distinct events; a larger run repeats them. Few enough to stay in a cache, as bytes that have just
 * come from a network are. `JSON.parse` goes over the same ones.
 */
const DISTINCT_EVENTS = 1_000;
const PARTITIONS = 8;
const CHECKED_EVENTS = 1_000;

/** The result. */
export interface EngineFigures extends Figures {
  readonly transport: 'memory';
  readonly threads: number;
  readonly eventBytes: number;
  /** CPU of `JSON.parse(bytes.toString())` of the same events, before and after the run, µs. */
  readonly parseUs: number;
  /** CPU of the main thread per event, over that. */
  readonly mainToParse: number;
}

const COUNT = { usual: 1_000_000, quick: 20_000 };

/** The section. */
export const engine: Section<readonly EngineFigures[]> = {
  name: 'engine',
  about: 'CPU of the main thread per event over the memory transport, against JSON.parse',
  transports: ['memory'],
  isUsual: true,
  flags: { 'engine-count': 'N: events of a run' },
  run,
  report,
};

async function run(options: BenchOptions): Promise<readonly EngineFigures[]> {
  const { isQuick, seed, settings, tell } = options;
  const given = options.flag('engine-count');
  const usual = options.count ?? (isQuick ? COUNT.quick : COUNT.usual);
  const count = given === undefined ? usual : wholeNumber('engine-count', given);
  const figures: EngineFigures[] = [];
  for (const threads of options.threads) {
    tell(`${threads} threads, ${count} events`);
    figures.push(await runEngine({ count, threads, settings, seed }));
  }
  return figures;
}

function report(runs: readonly EngineFigures[]): Report {
  const rows = runs.map((run) => [
    String(run.threads),
    whole(run.events),
    whole(run.eventBytes),
    whole(run.eventsPerSecond),
    run.deliveriesPerBatch.toFixed(0),
    run.cpuUsPerEvent.main.toFixed(2),
    run.parseUs.toFixed(2),
    times(run.mainToParse, 2),
    run.cpuUsPerEvent.workers.toFixed(1),
    run.cpuUsPerEvent.total.toFixed(1),
    run.anonymousMb.toFixed(0),
  ]);
  const head = [
    'threads',
    'events',
    'bytes',
    'events/s',
    'per batch',
    'main µs',
    'JSON.parse µs',
    'ratio',
    'workers µs',
    'all µs',
    'anonymous MiB',
  ];
  const title = 'Engine over the memory transport: CPU of the main thread per event, hand-over included';
  return { tables: [{ title, head, rows }], bars: [], plots: [] };
}

/** Runs `count` events on `threads` threads. Throws when the result is not right. */
export async function runEngine(options: {
  count: number;
  threads: number;
  settings: Readonly<Record<string, string>>;
  seed?: number;
}): Promise<EngineFigures> {
  const { threads, settings, seed = 0 } = options;
  const events = Array.from({ length: Math.min(options.count, DISTINCT_EVENTS) }, (_, i) =>
    javaCrashEvent(seed * DISTINCT_EVENTS + i),
  );
  await checkOrder(events, threads, settings);
  const sink = new MemorySink({ keep: false });
  const before = parseUs(events);
  const figures = await consume(events, { ...options, sink });
  const parse = (before + parseUs(events)) / 2;
  if (sink.count !== options.count) throw new Error(`${sink.count} findings of ${options.count} events`);
  const eventBytes = events.reduce((total, { value }) => total + value.length, 0) / events.length;
  return {
    transport: 'memory',
    threads,
    eventBytes,
    parseUs: parse,
    mainToParse: figures.cpuUsPerEvent.main / parse,
    ...figures,
  };
}

type Events = readonly ReturnType<typeof javaCrashEvent>[];

async function consume(
  events: Events,
  options: { count: number; threads: number; sink: MemorySink; settings: Readonly<Record<string, string>> },
): Promise<Figures> {
  const broker = new MemoryBroker({ partitions: PARTITIONS });
  for (let from = 0; from < options.count; from += events.length) {
    broker.append('app-crash', events.slice(0, Math.min(events.length, options.count - from)));
  }
  const flags = { transport: 'memory', threads: String(options.threads), ...options.settings };
  const config = await loadConfig({ flags, env: {} });
  const meter = new Meter();
  const logger = createLogger({ level: 'error', format: 'json' });
  const app = await openApp(config, {
    logger,
    untilIdle: true,
    probes: [meter.probe],
    broker,
    sink: options.sink,
  });
  meter.start();
  await app.run();
  return meter.stop();
}

/** A run that is small enough to keep: every event has its finding, those of each key in order. */
async function checkOrder(
  events: Events,
  threads: number,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const sink = new MemorySink({ keep: true });
  const count = Math.min(CHECKED_EVENTS, events.length);
  await consume(events.slice(0, count), { count, threads, sink, settings });
  if (sink.publications.length !== count)
    throw new Error(`${sink.publications.length} findings of ${count} events`);
  const lastOf = new Map<string, number>();
  for (const publication of sink.publications) {
    const key = Buffer.from(publication.key ?? []).toString('latin1');
    const offset = offsetOf(publication);
    if ((lastOf.get(key) ?? -1) >= offset) throw new Error(`findings of ${key} are out of order`);
    lastOf.set(key, offset);
  }
}

function offsetOf({ value }: Publication): number {
  return (JSON.parse(Buffer.from(value).toString()) as { source: { offset: number } }).source.offset;
}
