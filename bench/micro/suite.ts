/**
 * Micro-benchmarks of the hot parts, each with its result checked first. Times are told as multiples
 * of `JSON.parse(bytes.toString())` of the 2-KB Java crash event in the same process too.
 */
import assert from 'node:assert/strict';
import { Bench } from 'tinybench';
import { analyzeCrash } from '../../src/analysis/crash/analyze.ts';
import { analyzeLag } from '../../src/analysis/lag/analyze.ts';
import { analysisLimits } from '../../src/config/resolve.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Deque } from '../../src/engine/deque.ts';
import { hashKey } from '../../src/engine/shard.ts';
import { Watermark } from '../../src/engine/watermark.ts';
import { generateEvents, javaCrashEvent } from '../../src/load/generate.ts';
import { NO_TALLY } from '../../src/model/batch.ts';
import { NO_HEADERS } from '../../src/model/delivery.ts';
import type { PerfEvent } from '../../src/model/event.ts';
import { FreeBuffers } from '../../src/pool/buffers.ts';
import { packPublications, unpackPublications } from '../../src/transport/publisher/packing.ts';
import { packBatch, unpackBatch } from '../../src/wire/batch.ts';
import { decodeEvent } from '../../src/wire/event.ts';
import { packOutcome, unpackOutcome } from '../../src/wire/outcome.ts';
import type { Report, Section } from '../section.ts';

/** One part: the median time of one `unit`. */
export interface MicroFigures {
  readonly name: string;
  readonly unit: string;
  readonly us: number;
  readonly toParse: number;
}

interface Part {
  readonly name: string;
  readonly unit: string;
  /** Units in one call of `run`. */
  readonly count: number;
  readonly run: () => void;
}

const DELIVERIES = 256;
const FINDING_BYTES = 700;
/** One request of the publisher thread, of the findings of the smallest analyzer. */
const PUBLICATIONS = 500;
const SMALL_FINDING_BYTES = 340;
const SCENARIO_EVENTS = 400;
const PARSE = 'JSON.parse of the 2-KB event';

/** The section. */
export const micro: Section<readonly MicroFigures[]> = {
  name: 'micro',
  about: 'micro-benchmarks of the hot parts, as multiples of JSON.parse',
  transports: ['memory'],
  isUsual: true,
  flags: {},
  run: ({ isQuick, seed }) => runMicro({ seed, timeMs: isQuick ? 30 : TIME_MS }),
  report,
};

/** How long each part is measured. */
const TIME_MS = 300;

/** Runs all parts. Throws when a result is not right. */
export async function runMicro({
  seed = 0,
  timeMs = TIME_MS,
}: {
  readonly seed?: number;
  readonly timeMs?: number;
} = {}): Promise<readonly MicroFigures[]> {
  const parts = [...(await eventParts(seed)), ...wireParts(seed), publisherPart(), ...engineParts()];
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 3 });
  for (const { name, run } of parts) bench.add(name, run);
  await bench.run();
  const usOf = ({ name, count }: Part): number => {
    const result = bench.getTask(name)?.result;
    if (result === undefined || !('latency' in result)) throw new Error(`${name} failed`);
    return (result.latency.p50 * 1000) / count;
  };
  const parse = parts.find(({ name }) => name === PARSE);
  assert.ok(parse !== undefined);
  const parseUs = usOf(parse);
  return parts.map((part) => ({
    name: part.name,
    unit: part.unit,
    us: usOf(part),
    toParse: usOf(part) / parseUs,
  }));
}

function report(figures: readonly MicroFigures[]): Report {
  const rows = figures.map(({ name, unit, us, toParse }) => [name, unit, us.toFixed(3), toParse.toFixed(3)]);
  const head = ['what', 'per', 'µs', 'of JSON.parse'];
  return { tables: [{ title: 'Micro-benchmarks (medians)', head, rows }], bars: [], plots: [] };
}

/** Decoding, and each format's analysis on events of the generator. */
async function eventParts(seed: number): Promise<readonly Part[]> {
  const { system } = await loadConfig({ flags: {}, env: {} });
  const limits = analysisLimits(system);
  const place = { topic: 'app-crash', partition: 0, offset: 0, timestampMs: 0 };
  const decode = (value: Uint8Array): PerfEvent => decodeEvent(value, NO_HEADERS, place, limits);
  const java = Buffer.from(javaCrashEvent(seed * DELIVERIES).value);
  const parts: Part[] = [
    { name: PARSE, unit: 'event', count: 1, run: () => void JSON.parse(java.toString()) },
    { name: 'decode the 2-KB event', unit: 'event', count: 1, run: () => void decode(java) },
  ];
  const formats = new Map<string, PerfEvent>([['java (2 KB)', decode(java)]]);
  for (const { value } of generateEvents({
    count: SCENARIO_EVENTS,
    keys: 10,
    zipf: 0,
    duplicates: 0,
    seed: seed + 1,
    start: 0,
  })) {
    const event = decode(value);
    const name = `${event.category === 'PERF_LAG' ? 'lag' : 'crash'} ${String(event.dimensions['platform'])}, ${Math.round(value.length / 100) / 10} KB`;
    const kind = name.replace(/,.*/, '');
    if (![...formats.keys()].some((known) => known.startsWith(kind))) formats.set(name, event);
  }
  for (const [name, event] of formats) {
    const analyze = event.category === 'PERF_LAG' ? analyzeLag : analyzeCrash;
    assert.ok(analyze(event, limits, { explain: true }).group.length > 0, name);
    parts.push({
      name: `analyse ${name}`,
      unit: 'event',
      count: 1,
      run: () => void analyze(event, limits, { explain: true }),
    });
  }
  return parts;
}

/** What crosses the thread border, in batches. */
function wireParts(seed: number): readonly Part[] {
  const items = Array.from({ length: DELIVERIES }, (_, offset) => {
    const { topic, key, value, timestampMs } = javaCrashEvent(seed * DELIVERIES + offset);
    return {
      delivery: { topic, partition: offset % 8, offset, key, value, headers: NO_HEADERS, timestampMs },
      task: 0,
      attempt: 1,
      order: offset,
    };
  });
  const batch = { id: 1, items };
  const buffers = new FreeBuffers(2);
  const findings = [
    {
      id: Buffer.from('0123456789abcdef0123456789abcdef'),
      value: Buffer.alloc(FINDING_BYTES, 'x'),
      category: 'PERF_CRASH',
    },
  ];
  const outcome = {
    results: items.map(() => ({ status: 'done' as const, findings })),
    elapsedMs: 1,
    cpuMs: 1,
    tally: NO_TALLY,
    logs: [],
  };
  const packed = packOutcome(outcome);
  const unpacked = unpackBatch(packBatch(batch, (bytes) => new ArrayBuffer(bytes)));
  assert.equal(unpacked.items.at(-1)?.delivery.offset, DELIVERIES - 1);
  assert.equal(unpackOutcome(packed).results.length, DELIVERIES);
  return [
    {
      name: 'pack a batch',
      unit: 'delivery',
      count: DELIVERIES,
      run: () => buffers.give(packBatch(batch, (bytes) => buffers.take(bytes))),
    },
    { name: 'unpack an outcome', unit: 'delivery', count: DELIVERIES, run: () => void unpackOutcome(packed) },
    {
      name: 'pack an outcome (worker)',
      unit: 'delivery',
      count: DELIVERIES,
      run: () => void packOutcome(outcome),
    },
  ];
}

/** What the main thread hands to the thread that writes. */
function publisherPart(): Part {
  const publications = Array.from({ length: PUBLICATIONS }, (_, timestampMs) => ({
    topic: 'findings',
    key: Buffer.from('device-7f9c2b1e-5a4d-4c3b-9e8f-0123'),
    value: Buffer.alloc(SMALL_FINDING_BYTES, 'x'),
    headers: [['faultline-id', Buffer.from('0123456789abcdef0123456789abcdef')] as const],
    timestampMs,
  }));
  const buffers = new FreeBuffers(2);
  const packed = packPublications(publications, (bytes) => buffers.take(bytes));
  assert.equal(unpackPublications(packed).at(-1)?.timestampMs, PUBLICATIONS - 1);
  return {
    name: 'pack a request of findings',
    unit: 'finding',
    count: PUBLICATIONS,
    run: () => buffers.give(packPublications(publications, (bytes) => buffers.take(bytes)).buffer),
  };
}

/** The structures that every delivery passes. */
function engineParts(): readonly Part[] {
  const key = Buffer.from('device-7f9c2b1e-5a4d-4c3b-9e8f-0123');
  const deque = new Deque<number>();
  const watermark = new Watermark<number>();
  let offset = 0;
  assert.equal(hashKey(Buffer.from('hello')), 0x248bfa47);
  return [
    { name: 'hash of a 36-byte key', unit: 'delivery', count: 1, run: () => void hashKey(key) },
    {
      name: 'lane: in and out',
      unit: 'delivery',
      count: DELIVERIES,
      run: () => {
        for (let i = 0; i < DELIVERIES; i++) deque.pushBack(i);
        for (let i = 0; i < DELIVERIES; i++) assert.equal(deque.popFront(), i);
      },
    },
    {
      name: 'watermark: begin and finish, last first',
      unit: 'delivery',
      count: DELIVERIES,
      run: () => {
        const first = watermark.begin(offset++, 1);
        for (let i = 1; i < DELIVERIES; i++) watermark.begin(offset++, 1);
        for (let i = DELIVERIES - 1; i >= 0; i--) watermark.finish(first + i);
        assert.equal(watermark.position, offset);
      },
    },
  ];
}
