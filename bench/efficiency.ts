/**
 * How much of the cores' ceiling the engine leaves to the analysis: analyzers that burn a known amount of
 * CPU, over memory and Kafka, with keys that come alike, by Zipf's law or most often one.
 *
 * The share is the CPU that as many bare worker loops take for the work of a slice, over the CPU of the
 * whole process while the engine does the same work, order within keys kept and findings published. What is
 * fair: start-up and compiling are outside; both sides have the same number of threads, burn the same chunks
 * and alternate in slices of half a second. A slice is so many events that the engine needs about that long:
 * it begins idle and ends when the last event is finished, so that no work of a slice is counted in another
 * one; what it costs to start from idle and to run empty at the end is the engine's to bear. Events are made
 * and fed outside the count: in memory before the slice, on Kafka by another process. Fetching, committing
 * and publishing are inside, and so is the note of each id that the check takes.
 *
 * CPU says what an event costs, not whether the cores were busy: the same share of time stands beside it.
 * One key alone runs on one thread, whatever the number of threads.
 */
import { BareLoops } from './efficiency/bare.ts';
import type { Measured } from './efficiency/measure.ts';
import { IDLE_EVENTS, measure } from './efficiency/measure.ts';
import { reportOf } from './efficiency/report.ts';
import type { Subject } from './efficiency/subject.ts';
import { kafkaSubject, memorySubject } from './efficiency/subject.ts';
import type { BurnPlan } from './feed/plan.ts';
import { listOf } from './flags.ts';
import type { BenchOptions, Section } from './section.ts';

/** One case with what was measured. */
export interface EfficiencyFigures extends Measured {
  readonly transport: 'memory' | 'kafka';
  readonly keys: keyof typeof SPREADS;
  readonly threads: number;
  /** The work that was aimed at, µs, and in chunks. */
  readonly workUs: number;
  readonly chunks: number;
}

/** Everything that was measured. */
export interface EfficiencyResults {
  /** CPU of a chunk, µs. */
  readonly chunkUs: number;
  readonly rows: readonly EfficiencyFigures[];
}

const TRANSPORTS = ['memory', 'kafka'] as const;
const TRANSPORT_FLAG = 'efficiency-transport';
const KEYS_FLAG = 'efficiency-keys';
const WORKS_US = [0, 20, 100, 1000, 10_000] as const;
const KEYS = 1000;
/** How keys come: all alike, by Zipf's law with exponent 1, one of them in nine of ten events, one alone. */
const SPREADS = { uniform: 'uniform', zipf: 'zipf', 'one-hot-90': 0.9, 'one-hot': 1 } as const;
const USUAL = { sliceMs: 500, pairs: 9 };
const QUICK = { sliceMs: 200, pairs: 2 };

/** The section. */
export const efficiency: Section<EfficiencyResults> = {
  name: 'efficiency',
  about: 'CPU of bare worker loops over CPU of the whole process, for analyses of 0 to 10 ms',
  transports: TRANSPORTS,
  isUsual: true,
  flags: {
    [TRANSPORT_FLAG]: `those to run on: ${TRANSPORTS.join(',')}`,
    [KEYS_FLAG]: `how keys come in memory: ${Object.keys(SPREADS).join(',')}`,
  },
  run,
  report: reportOf,
};

async function run(options: BenchOptions): Promise<EfficiencyResults> {
  const threads = Math.max(...options.threads);
  const bare = new BareLoops(threads);
  try {
    const chunkUs = await bare.calibrate();
    const rows: EfficiencyFigures[] = [];
    for (const each of cases(options)) {
      options.tell(`${each.transport}, keys ${each.keys}, ${each.workUs} µs of work, ${threads} threads`);
      const chunks = Math.round(each.workUs / chunkUs);
      const subject = await open(options, each, chunks);
      const extent = { ...(options.isQuick ? QUICK : USUAL), threads };
      try {
        const measured = await measure(subject, bare, { chunks, chunkUs, extent });
        await subject.finish();
        rows.push({ ...each, threads, chunks, ...measured });
      } finally {
        await subject.close();
      }
    }
    return { chunkUs, rows };
  } finally {
    await bare.close();
  }
}

type Case = Pick<EfficiencyFigures, 'transport' | 'keys' | 'workUs'>;

/** On Kafka, where feeding and reading back take their time, keys by Zipf's law only. */
function cases(options: BenchOptions): readonly Case[] {
  const all = Object.keys(SPREADS) as (keyof typeof SPREADS)[];
  const spreads =
    listOf(KEYS_FLAG, options.flag(KEYS_FLAG), all) ?? (options.isQuick ? ['zipf' as const] : all);
  const transports = listOf(TRANSPORT_FLAG, options.flag(TRANSPORT_FLAG), TRANSPORTS) ?? TRANSPORTS;
  return transports.flatMap((transport) =>
    (transport === 'kafka' ? (['zipf'] as const) : spreads).flatMap((keys) =>
      WORKS_US.map((workUs) => ({ transport, keys, workUs })),
    ),
  );
}

async function open(options: BenchOptions, { transport, keys }: Case, chunks: number): Promise<Subject> {
  const { seed, settings, threads } = options;
  const plan: BurnPlan = {
    kind: 'burn',
    mark: 'b',
    seed,
    chunks,
    idle: IDLE_EVENTS,
    keys: Array.from({ length: KEYS }, (_, i) => String(seed * KEYS + i)),
    pick: SPREADS[keys],
  };
  const subject = { plan, threads: Math.max(...threads), settings };
  return transport === 'kafka' ? kafkaSubject(subject, await options.brokers()) : memorySubject(subject);
}
