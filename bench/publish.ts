/**
 * Sync against async publish over the embedded log, for each number of threads, with an analyzer that does
 * nothing and with the built-in ones; then, with samples, what the threads do.
 */
import { USUAL_ANALYZERS } from './analyzer.ts';
import { wholeNumber } from './flags.ts';
import type { LogRun } from './log-runs.ts';
import { measureOnLog, sampleOnLog } from './log-runs.ts';
import type { Figures } from './meter.ts';
import { publishReport } from './report/publish.ts';
import type { Sampled } from './sampling.ts';
import type { BenchOptions, Section } from './section.ts';

/** The result of one run, with what was run. */
export interface PublishFigures extends Figures, Omit<LogRun, 'settings'> {
  readonly transport: 'log';
  /** Of a run of its own, for async on the most threads. */
  readonly sampled: Sampled | null;
}

const COUNT = { usual: 200_000, quick: 5000 };
const SYNC_COUNT = { usual: 2000, quick: 200 };

/** The section. */
export const publish: Section<readonly PublishFigures[]> = {
  name: 'publish',
  about: 'sync against async publish over the embedded log',
  transports: ['log'],
  isUsual: true,
  flags: { 'sync-count': 'N: events of a run with sync publish' },
  run,
  report: publishReport,
};

/** How many events a run of this mode has. Throws FlagError. */
export function publishCount(options: BenchOptions, mode: 'sync' | 'async'): number {
  const size = options.isQuick ? 'quick' : 'usual';
  if (mode === 'async') return options.count ?? COUNT[size];
  const given = options.flag('sync-count');
  return given === undefined ? SYNC_COUNT[size] : wholeNumber('sync-count', given);
}

async function run(options: BenchOptions): Promise<readonly PublishFigures[]> {
  const figures: PublishFigures[] = [];
  for (const each of runs(options)) {
    const { publish: mode, analyzer, threads, count } = each;
    options.tell(`${mode} publish, ${analyzer}, ${threads} threads, ${count} events`);
    figures.push(await measure(each, mode === 'async' && threads === Math.max(...options.threads)));
  }
  return figures;
}

function runs(options: BenchOptions): readonly LogRun[] {
  const { seed, settings } = options;
  return (options.analyzers ?? USUAL_ANALYZERS).flatMap((analyzer) =>
    options.publish.flatMap((mode) =>
      options.threads.map((threads) => ({
        publish: mode,
        threads,
        count: publishCount(options, mode),
        seed,
        analyzer,
        settings,
      })),
    ),
  );
}

async function measure(run: LogRun, isSampled: boolean): Promise<PublishFigures> {
  const { settings: _, ...what } = run;
  const figures = await measureOnLog(run);
  return { transport: 'log', ...what, sampled: isSampled ? await sampleOnLog(run) : null, ...figures };
}
