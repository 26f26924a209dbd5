/**
 * What linger and the sizes of batches do to async publish at saturation, on the most threads: one setting
 * changes, the others stay as they are. Over the embedded log with the built-in analyzers, over Kafka with
 * the one that does nothing. Latency is from consumed; at given rates it is another section's.
 */
import type { KafkaRun } from './kafka-runs.ts';
import { KafkaRuns } from './kafka-runs.ts';
import { measureOnLog } from './log-runs.ts';
import type { Figures } from './meter.ts';
import { sweepsReport } from './report/sweeps.ts';
import type { BenchOptions, Section } from './section.ts';

/** One point. */
export interface SweepFigures extends Figures {
  readonly transport: 'log' | 'kafka';
  readonly analyzer: string;
  readonly threads: number;
  readonly seed: number;
  /** Flag of the run command, and what it was set to. */
  readonly setting: string;
  readonly value: number;
}

const SWEPT = {
  'linger-ms': [0, 1, 5, 20, 100],
  'publish-events': [1, 10, 100, 500, 2000],
  'batch-events': [1, 16, 64, 256, 512, 2048],
} as const;
const SWEPT_QUICK = { 'linger-ms': [5], 'publish-events': [100, 500], 'batch-events': [512] } as const;
const COUNT = { usual: 50_000, quick: 5000 };

/** The section over the embedded log. */
export const logSweeps: Section<readonly SweepFigures[]> = {
  name: 'log-sweeps',
  about: 'linger and sizes of batches over the embedded log',
  transports: ['log'],
  isUsual: true,
  flags: {},
  run: sweepLog,
  report: sweepsReport,
};

/** The section over Kafka. */
export const kafkaSweeps: Section<readonly SweepFigures[]> = {
  name: 'kafka-sweeps',
  about: 'linger and sizes of batches over Kafka',
  transports: ['kafka'],
  isUsual: true,
  flags: {},
  run: sweepKafka,
  report: sweepsReport,
};

interface Point extends Pick<SweepFigures, 'setting' | 'value' | 'analyzer' | 'threads' | 'seed'> {
  readonly count: number;
  readonly settings: Readonly<Record<string, string>>;
}

async function sweepLog(options: BenchOptions): Promise<readonly SweepFigures[]> {
  return sweep('log', points(options, 'crash'), options, (point) =>
    measureOnLog({ publish: 'async', ...point }),
  );
}

async function sweepKafka(options: BenchOptions): Promise<readonly SweepFigures[]> {
  const all = points(options, 'small');
  return KafkaRuns.use(await options.brokers(), options.seed, async (bed) => {
    const input = await bed.fill(all[0]?.count ?? 0);
    return sweep('kafka', all, options, ({ analyzer, threads, settings }) => {
      const run: KafkaRun = { publish: 'async', publisher: 'thread', analyzer, threads, settings };
      return bed.measure(run, input);
    });
  });
}

async function sweep(
  transport: SweepFigures['transport'],
  all: readonly Point[],
  { tell }: BenchOptions,
  measure: (point: Point) => Promise<Figures>,
): Promise<readonly SweepFigures[]> {
  const figures: SweepFigures[] = [];
  for (const point of all) {
    const { setting, value, analyzer, threads, seed, count } = point;
    tell(`--${setting} ${value}, ${analyzer}, ${threads} threads, ${count} events`);
    figures.push({ transport, analyzer, threads, seed, setting, value, ...(await measure(point)) });
  }
  return figures;
}

function points(options: BenchOptions, usualAnalyzer: string): readonly Point[] {
  const { isQuick, seed } = options;
  const analyzer = options.analyzers?.[0] ?? usualAnalyzer;
  const count = options.count ?? (isQuick ? COUNT.quick : COUNT.usual);
  const swept: Readonly<Record<string, readonly number[]>> = isQuick ? SWEPT_QUICK : SWEPT;
  return Object.entries(swept).flatMap(([setting, values]) =>
    values.map((value) => ({
      setting,
      value,
      analyzer,
      count,
      seed,
      threads: Math.max(...options.threads),
      settings: { ...options.settings, [setting]: String(value) },
    })),
  );
}
