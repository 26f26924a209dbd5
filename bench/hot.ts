/**
 * What others feel of a neighbour that takes much: a key, or a partition, with as many events as all others
 * together, a partition that is far behind, and a task whose analyzer takes 50 ms beside one that takes
 * nothing. The others' latency without it and with it, in turns, in one run of one engine each; and that
 * nothing starves: every event of both has its finding at the end, and the longest time in which none of the
 * others had one.
 *
 * Over the memory transport, in an open loop (bench/latency.ts): the others come at a quarter of what the
 * engine gets done at most, and the neighbour at the same rate, so that the cores are half busy; the slow
 * task keeps half a core busy; the partition that is behind has two seconds of work for all cores, at once.
 * Others that share a lane with the hot key wait behind it: lanes are many, and they are among the others.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { MemoryBroker } from '../src/transport/memory/broker.ts';
import { MemorySink } from '../src/transport/memory/sink.ts';
import { BareLoops } from './efficiency/bare.ts';
import { Arrivals } from './feed/arrivals.ts';
import { acknowledged, capacityOf } from './feed/closed-loop.ts';
import type { FedEngine, FedTask } from './feed/fed-engine.ts';
import { openFedEngine } from './feed/fed-engine.ts';
import { MemoryFeeder } from './feed/feeder.ts';
import type { Pace } from './feed/pace.ts';
import { dueBy } from './feed/pace.ts';
import type { Latencies } from './feed/recorder.ts';
import { Recorder } from './feed/recorder.ts';
import { listOf } from './flags.ts';
import type { Neighbour, NeighbourLoad } from './hot/neighbours.ts';
import { NEIGHBOURS, NOTHING, OTHERS_LOAD, planOf } from './hot/neighbours.ts';
import { hotReport } from './hot/report.ts';
import type { BenchOptions, Section } from './section.ts';

/** One neighbour and one turn. */
export interface HotFigures {
  readonly neighbour: string;
  readonly threads: number;
  readonly turn: number;
  /** Events of the others in a second. */
  readonly ratePerSecond: number;
  /** The others, when they are alone. */
  readonly without: Latencies;
  /** The others, with the neighbour. */
  readonly beside: Latencies;
  /** The neighbour. */
  readonly neighbourLatencies: Latencies;
}

/** Everything that was measured. */
export interface HotResults {
  readonly rows: readonly HotFigures[];
}

const PARTITIONS = 8;
const ANALYZER = new URL('./analyzers/burn.ts', import.meta.url).pathname;
const FLAG = 'hot-neighbours';
const USUAL = { turns: 3, seconds: 4, warmUpEvents: 30_000, capacitySeconds: 3 };
const QUICK = { turns: 1, seconds: 2, warmUpEvents: 5000, capacitySeconds: 1 };
const RAMP_MS = 500;
/** The first character of ids and keys. */
const OTHERS = 'o';
const NEIGHBOUR = 'n';

/** The section. */
export const hot: Section<HotResults> = {
  name: 'hot',
  about: 'hot key, hot partition, one far behind, slow task: the latency of the others, without and with it',
  transports: ['memory'],
  isUsual: true,
  flags: { [FLAG]: `those to run: ${NEIGHBOURS.map(({ name }) => name).join(',')}` },
  run,
  report: hotReport,
};

async function run(options: BenchOptions): Promise<HotResults> {
  const threads = Math.max(...options.threads);
  const bare = new BareLoops(threads);
  const chunkUs = await bare.calibrate();
  await bare.close();
  const names = NEIGHBOURS.map(({ name }) => name);
  const rows: HotFigures[] = [];
  for (const name of listOf(FLAG, options.flag(FLAG), names) ?? names) {
    const neighbour = NEIGHBOURS.find((each) => each.name === name);
    if (neighbour !== undefined) rows.push(...(await measure(options, neighbour, chunkUs)));
  }
  return { rows };
}

async function measure(options: BenchOptions, neighbour: Neighbour, chunkUs: number): Promise<HotFigures[]> {
  const extent = options.isQuick ? QUICK : USUAL;
  const threads = Math.max(...options.threads);
  const bed = await open(options, neighbour, chunkUs);
  try {
    options.tell(`${neighbour.name}: capacity of the others, ${threads} threads`);
    const capacity = await capacityOf({ ...bed, ...extent, seconds: extent.capacitySeconds });
    const ratePerSecond = Math.floor(capacity.perSecond * OTHERS_LOAD);
    const fed: Fed = { others: capacity.events, neighbour: 0 };
    const rows: HotFigures[] = [];
    for (let turn = 0; turn < extent.turns; turn += 1) {
      options.tell(
        `${neighbour.name}: turn ${turn + 1} of ${extent.turns}, ${ratePerSecond} events a second`,
      );
      const others = { ratePerSecond, seconds: extent.seconds };
      const alone = await runPhase(bed, fed, { others, neighbour: NOTHING });
      const both = await runPhase(bed, fed, { others, neighbour: neighbour.load(capacity.perSecond) });
      rows.push({
        neighbour: neighbour.name,
        threads,
        turn,
        ratePerSecond,
        without: of(alone, OTHERS),
        beside: of(both, OTHERS),
        neighbourLatencies: of(both, NEIGHBOUR),
      });
    }
    await bed.engine.close();
    bed.arrivals.check({
      [OTHERS]: { first: 0, count: fed.others },
      [NEIGHBOUR]: { first: 0, count: fed.neighbour },
    });
    return rows;
  } finally {
    await bed.engine.close();
  }
}

/** Events that were fed so far. */
interface Fed {
  others: number;
  neighbour: number;
}

interface HotBed {
  readonly engine: FedEngine;
  readonly recorder: Recorder;
  readonly arrivals: Arrivals;
  /** Of the others. */
  readonly feeder: MemoryFeeder;
  readonly neighbour: MemoryFeeder;
}

async function open(options: BenchOptions, neighbour: Neighbour, chunkUs: number): Promise<HotBed> {
  const arrivals = new Arrivals();
  const broker = new MemoryBroker({ partitions: PARTITIONS });
  const recorder = new Recorder(new MemorySink({ keep: false }), arrivals);
  const context = { seed: options.seed, chunkUs, partitions: PARTITIONS };
  const others: FedTask = { topic: 'others', analyzer: ANALYZER };
  const slow: FedTask = { topic: 'slow', analyzer: ANALYZER };
  const feeder = new MemoryFeeder(broker, others.topic, planOf(neighbour.others, OTHERS, context));
  const topic = neighbour.hasTask ? slow.topic : others.topic;
  const second = new MemoryFeeder(broker, topic, planOf(neighbour.itself, NEIGHBOUR, context));
  const engine = await openFedEngine({
    tasks: neighbour.hasTask ? { others, slow } : { others },
    flags: { transport: 'memory', threads: String(Math.max(...options.threads)), ...options.settings },
    broker,
    wrap: () => recorder,
  });
  return { engine, recorder, arrivals, feeder, neighbour: second };
}

/** How fast the others come, and what comes beside them. */
interface Phase {
  readonly others: Pace;
  readonly neighbour: NeighbourLoad;
}

/** The others for so long, alone or beside the neighbour; everything is finished at the end. */
async function runPhase(bed: HotBed, fed: Fed, phase: Phase): Promise<Readonly<Record<string, Latencies>>> {
  const { engine, recorder, feeder, neighbour } = bed;
  const { seconds } = phase.others;
  const { atOnce, ratePerSecond } = phase.neighbour;
  await feeder.prepare(dueBy(seconds * 1000, phase.others.ratePerSecond));
  await neighbour.prepare(atOnce + dueBy(seconds * 1000, ratePerSecond));
  recorder.begin(Date.now() + RAMP_MS);
  const besideThem = async (): Promise<number> => {
    if (ratePerSecond > 0) return (await neighbour.pace({ ratePerSecond, seconds })).events;
    // Where it comes at once, it comes while the others are measured.
    if (atOnce > 0) await pause(RAMP_MS).then(() => neighbour.send(atOnce));
    return atOnce;
  };
  const [others, beside] = await Promise.all([feeder.pace(phase.others), besideThem()]);
  fed.others += others.events;
  fed.neighbour += beside;
  await acknowledged({ engine, recorder }, fed.others + fed.neighbour);
  return recorder.end();
}

function of(measured: Readonly<Record<string, Latencies>>, mark: string): Latencies {
  const found = measured[mark];
  if (found === undefined) throw new Error(`no event of ${mark} was measured`);
  return found;
}
