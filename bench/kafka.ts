/**
 * Sync against async publish over Kafka, for each number of threads, each analyzer and each way to write;
 * what the main thread spends is held against `JSON.parse`. Then, with samples, what the threads do.
 */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { USUAL_ANALYZERS } from './analyzer.ts';
import { listOf, wholeNumber } from './flags.ts';
import type { KafkaRun, KafkaRunFigures, PublisherOf } from './kafka-runs.ts';
import { KafkaRuns } from './kafka-runs.ts';
import type { Input } from './kafka-topics.ts';
import { publishCount } from './publish.ts';
import { kafkaReport } from './report/kafka.ts';
import type { Sampled } from './sampling.ts';
import type { BenchOptions, Section } from './section.ts';
import type { StageShares } from './stages.ts';

/** The result of one run, with what was run. */
export interface KafkaFigures extends KafkaRunFigures, Omit<KafkaRun, 'settings'> {
  readonly transport: 'kafka';
  readonly seed: number;
}

/** What the threads did in one async run, by samples. */
export interface KafkaStages {
  readonly publisher: PublisherOf;
  readonly analyzer: string;
  readonly threads: number;
  /** Of the time in which the main thread did anything. */
  readonly shares: StageShares;
  readonly sampled: Sampled;
}

/** Everything that was measured. */
export interface KafkaResults {
  readonly runs: readonly KafkaFigures[];
  readonly stages: readonly KafkaStages[];
}

const PUBLISHERS = ['main', 'thread', 'platformatic'] as const;

/** The section. */
export const kafka: Section<KafkaResults> = {
  name: 'kafka',
  about: 'sync against async publish over Kafka, the main thread against JSON.parse',
  transports: ['kafka'],
  isUsual: true,
  flags: {
    'sync-count': 'N: events of a run with sync publish',
    publisher: `${PUBLISHERS.join('|')},…: who writes; the first two unless told`,
    rounds: 'N: how often each run is made, in alternating order',
    profile: 'FILE: where CPU profiles go, as FILE-ANALYZER-PUBLISHER[-THREAD].cpuprofile',
  },
  run,
  report: kafkaReport,
};

async function run(options: BenchOptions): Promise<KafkaResults> {
  const plan = planOf(options);
  const { seed } = options;
  return KafkaRuns.use(await options.brokers(), seed, async (bed) => {
    const count = publishCount(options, 'async');
    options.tell(`${count} events are written`);
    const many = await bed.fill(count);
    const few = options.publish.includes('sync') ? await bed.fill(publishCount(options, 'sync')) : many;
    const runs: KafkaFigures[] = [];
    for (const { settings, ...what } of plan) {
      const input = what.publish === 'sync' ? few : many;
      options.tell(`${nameOf(what)}, ${what.threads} threads, ${input.count} events`);
      runs.push({ transport: 'kafka', ...what, seed, ...(await bed.measure({ ...what, settings }, input)) });
    }
    return { runs, stages: await sample(bed, plan, { input: many, options }) };
  });
}

function planOf(options: BenchOptions): readonly KafkaRun[] {
  const { analyzers, settings } = options;
  const rounds = wholeNumber('rounds', options.flag('rounds') ?? '1');
  const publishers = listOf('publisher', options.flag('publisher'), PUBLISHERS) ?? ['main', 'thread'];
  const runs = (analyzers ?? USUAL_ANALYZERS).flatMap((analyzer) =>
    options.publish.flatMap((publish) =>
      options.threads.flatMap((threads) =>
        (publish === 'async' ? publishers : (['main'] as const)).map((publisher) => ({
          publish,
          publisher,
          analyzer,
          threads,
          settings,
        })),
      ),
    ),
  );
  return Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? runs : runs.toReversed())).flat();
}

/** One run for each analyzer and way to write, on the most threads. */
async function sample(
  bed: KafkaRuns,
  plan: readonly KafkaRun[],
  { input, options }: { readonly input: Input; readonly options: BenchOptions },
): Promise<readonly KafkaStages[]> {
  const most = Math.max(...options.threads);
  const wanted = plan.filter(({ publish, threads }) => publish === 'async' && threads === most);
  const stages = new Map<string, KafkaStages>();
  for (const run of wanted) {
    const name = nameOf(run);
    if (stages.has(name)) continue;
    options.tell(`samples of ${name}, ${run.threads} threads`);
    const { sampled, profiles } = await bed.sample(run, input);
    const { publisher, analyzer, threads } = run;
    stages.set(name, { publisher, analyzer, threads, shares: sampled.main.shares, sampled });
    const file = options.flag('profile');
    if (file === undefined) continue;
    for (const [i, { thread, cpu }] of profiles.entries()) {
      const which = thread === 'main' ? '' : `-${thread}-${i}`;
      writeFileSync(`${file}-${basename(analyzer)}-${publisher}${which}.cpuprofile`, JSON.stringify(cpu));
    }
  }
  return [...stages.values()];
}

function nameOf({ publish, publisher, analyzer }: Omit<KafkaRun, 'settings'>): string {
  return `${publish} publish (${publisher}), ${analyzer}`;
}
