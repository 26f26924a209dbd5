/**
 * Latency over load: 2-KB Java crash events that come at 25, 50, 75 and 90 % of what the engine gets done at
 * most, measured in the same run with the same feeder at work.
 *
 * An open loop: an event is due at its time whether or not the ones before it are done, and its latency is
 * counted from there until its finding is acknowledged (the commit comes later, at its interval, and is
 * not counted). So nothing is left out that waits behind a slow moment. The feeder is a process of its own,
 * but in memory, where it is a timer of the main thread; how late it was stands beside the latencies, and
 * is part of them. Times of day are those of one machine. The first second of each load is not counted.
 */
import type { Bed, BedOptions } from './feed/bed.ts';
import { kafkaBed, logBed, memoryBed } from './feed/bed.ts';
import { acknowledged, capacityOf } from './feed/closed-loop.ts';
import type { Pace, Paced } from './feed/pace.ts';
import { dueBy } from './feed/pace.ts';
import type { FeedPlan } from './feed/plan.ts';
import { firstOf, JAVA_MARK } from './feed/plan.ts';
import type { Latencies } from './feed/recorder.ts';
import { listOf } from './flags.ts';
import { latencyReport } from './latency/report.ts';
import type { BenchOptions, Section } from './section.ts';

/** One load on one transport. */
export interface LatencyFigures extends Latencies {
  readonly transport: LatencyTransport;
  readonly threads: number;
  readonly analyzer: string;
  readonly capacityPerSecond: number;
  /** Of the capacity. */
  readonly load: number;
  readonly ratePerSecond: number;
  /** How long after an event was due the feeder got to it. */
  readonly feederLateP99Ms: number;
}

/** Everything that was measured. */
export interface LatencyResults {
  readonly lingerMs: number;
  readonly rows: readonly LatencyFigures[];
}

/** Those that it runs on. */
export type LatencyTransport = (typeof TRANSPORTS)[number];

interface Extent {
  readonly warmUpEvents: number;
  readonly capacitySeconds: number;
  readonly seconds: number;
}

const TRANSPORTS = ['memory', 'log', 'kafka'] as const;
const FLAG = 'latency-transport';
const LOADS = [0.25, 0.5, 0.75, 0.9] as const;
const LINGER_MS = 5;
const USUAL: Extent = { warmUpEvents: 50_000, capacitySeconds: 4, seconds: 8 };
const QUICK: Extent = { warmUpEvents: 5000, capacitySeconds: 1, seconds: 2 };
const RAMP_SECONDS = 1;

/** The section. */
export const latency: Section<LatencyResults> = {
  name: 'latency',
  about: 'from due to acknowledged, at fixed rates, at 25 to 90 % of capacity',
  transports: TRANSPORTS,
  isUsual: true,
  flags: { [FLAG]: `those to run on: ${TRANSPORTS.join(',')}` },
  run,
  report: latencyReport,
};

async function run(options: BenchOptions): Promise<LatencyResults> {
  const rows: LatencyFigures[] = [];
  for (const transport of listOf(FLAG, options.flag(FLAG), TRANSPORTS) ?? TRANSPORTS)
    rows.push(...(await measure(options, transport)));
  return { lingerMs: LINGER_MS, rows };
}

async function measure(options: BenchOptions, transport: LatencyTransport): Promise<LatencyFigures[]> {
  const plan: FeedPlan = { kind: 'java', seed: options.seed };
  const analyzer = options.analyzers?.[0] ?? 'crash';
  const threads = Math.max(...options.threads);
  const flags = { 'linger-ms': String(LINGER_MS), threads: String(threads), ...options.settings };
  const bed = await open(options, transport, { plan, analyzer, flags });
  try {
    const extent = options.isQuick ? QUICK : USUAL;
    options.tell(`${transport}, capacity, ${threads} threads`);
    const capacity = await capacityOf({ ...bed, ...extent, seconds: extent.capacitySeconds });
    const rows: LatencyFigures[] = [];
    let events = capacity.events;
    for (const load of LOADS) {
      const ratePerSecond = Math.floor(capacity.perSecond * load);
      options.tell(`${transport}, ${ratePerSecond} events a second, ${load * 100} % of capacity`);
      const { paced, latencies } = await atPace(bed, { ratePerSecond, seconds: extent.seconds }, events);
      events += paced.events;
      rows.push({
        transport,
        threads,
        analyzer,
        capacityPerSecond: capacity.perSecond,
        load,
        ratePerSecond,
        feederLateP99Ms: paced.lateP99Ms,
        ...latencies,
      });
    }
    await bed.engine.close();
    (await bed.outcome()).check({ [JAVA_MARK]: { first: firstOf(plan), count: events } });
    return rows;
  } finally {
    await bed.engine.close();
    await bed.close();
  }
}

async function open(options: BenchOptions, transport: LatencyTransport, bed: BedOptions): Promise<Bed> {
  switch (transport) {
    case 'memory':
      return memoryBed(bed);
    case 'log':
      return logBed(bed);
    case 'kafka':
      return kafkaBed(bed, await options.brokers());
  }
}

/** Feeds at a rate and waits until everything is acknowledged; `before` was fed earlier. */
async function atPace(bed: Bed, pace: Pace, before: number): Promise<{ paced: Paced; latencies: Latencies }> {
  const { feeder, recorder } = bed;
  await feeder.prepare(dueBy(pace.seconds * 1000, pace.ratePerSecond));
  recorder.begin(Date.now() + RAMP_SECONDS * 1000);
  const paced = await feeder.pace(pace);
  await acknowledged(bed, before + paced.events);
  const [latencies] = Object.values(recorder.end());
  if (latencies === undefined) throw new Error('no event was due after the first second');
  return { paced, latencies };
}
