/**
 * What the engine adds and costs: the job of ./job.ts, regular expressions and all, in a bare loop of
 * kafkajs and in the engine, on the same events. Results are checked alike: every event once, the findings
 * of each key in order. Batch by batch and the engine alternate; one by one, where each record is waited
 * for, runs once and on fewer events. CPU is counted from a fifth of the events to the last.
 */
import type { BareLoop } from './bare/loops.ts';
import { runBare } from './bare/loops.ts';
import { wholeNumber } from './flags.ts';
import { runJob, spanOf } from './job/engine-run.ts';
import type { JobPlace, JobRunFigures } from './job/engine-run.ts';
import { thereAndBack } from './job/rounds.ts';
import { BenchTopics, eventsOf } from './kafka-topics.ts';
import { parseUs } from './parse.ts';
import { median, times, whole } from './report/format.ts';
import type { BenchOptions, Report, Section } from './section.ts';

/** One run. */
export interface BareFigures extends JobRunFigures {
  readonly by: BareLoop | 'engine';
  readonly round: number;
  /** Worker threads: none in a bare loop. */
  readonly threads: number;
  readonly seed: number;
  /** CPU of `JSON.parse(bytes.toString())` of the same events, before and after the run, µs. */
  readonly parseUs: number;
}

/** All runs. */
export interface BareResults {
  readonly runs: readonly BareFigures[];
}

const ROUNDS_FLAG = 'bare-rounds';
const SLOW_FLAG = 'bare-one-by-one';
const ROUNDS = 3;
const EVENTS = 200_000;
const QUICK_EVENTS = 20_000;
const SLOW_EVENTS = 5000;
const QUICK_SLOW_EVENTS = 500;
const PARSED_EVENTS = 1000;

/** The section. */
export const bare: Section<BareResults> = {
  name: 'bare',
  about: 'the same job in a bare loop of kafkajs, beside the engine',
  transports: ['kafka'],
  isUsual: true,
  flags: {
    [ROUNDS_FLAG]: `how often batch by batch and the engine are run; ${ROUNDS} unless told`,
    [SLOW_FLAG]: `events of the loop that waits for each; ${SLOW_EVENTS} unless told`,
  },
  run,
  report,
};

async function run(options: BenchOptions): Promise<BareResults> {
  const { isQuick, seed, settings, tell } = options;
  const count = options.count ?? (isQuick ? QUICK_EVENTS : EVENTS);
  const slowCount = wholeNumber(
    SLOW_FLAG,
    options.flag(SLOW_FLAG) ?? String(isQuick ? QUICK_SLOW_EVENTS : SLOW_EVENTS),
  );
  const rounds = wholeNumber(ROUNDS_FLAG, options.flag(ROUNDS_FLAG) ?? String(isQuick ? 1 : ROUNDS));
  const events = eventsOf(seed, PARSED_EVENTS);
  const threads = Math.max(...options.threads);
  const brokers = await options.brokers();
  const topics = new BenchTopics(brokers, seed);
  const runs: BareFigures[] = [];
  try {
    tell(`${count} events are written`);
    const deadLetters = await topics.make('dead-letters');
    const many = await topics.fill(count);
    const few = await topics.fill(slowCount);
    const measure = async (by: BareFigures['by'], round: number): Promise<void> => {
      tell(`${by}, round ${round + 1} of ${rounds}`);
      const before = parseUs(events);
      const input = by === 'one by one' ? few : many;
      const place = { brokers, topics, input, deadLetters, threads, settings };
      const figures = await (by === 'engine' ? runJob(place, 'java-regexp') : inLoop(place, by));
      const parse = (before + parseUs(events)) / 2;
      runs.push({ by, round, threads: by === 'engine' ? threads : 0, seed, parseUs: parse, ...figures });
    };
    await measure('one by one', 0);
    for (const { round, item } of thereAndBack(['batch by batch', 'engine'] as const, rounds))
      await measure(item, round);
    return { runs };
  } finally {
    await topics.close();
  }
}

async function inLoop({ brokers, topics, input }: JobPlace, loop: BareLoop): Promise<JobRunFigures> {
  const findings = await topics.make('findings');
  const run = { brokers, topic: input.topic, findings, span: spanOf(input) };
  const figures = await runBare(loop, run);
  const findingBytes = await topics.check(input, findings);
  await topics.remove(findings);
  return { ...figures, findingBytes };
}

const ORDER: readonly BareFigures['by'][] = ['one by one', 'batch by batch', 'engine'];

function report({ runs }: BareResults): Report {
  const rows = ORDER.map((by) => {
    const mine = runs.filter((each) => each.by === by);
    const of = (pick: (figures: BareFigures) => number): number => median(mine.map(pick));
    return [
      by,
      whole(of(({ threads }) => threads)),
      whole(of(({ events }) => events)),
      whole(of(({ findingBytes }) => findingBytes)),
      whole(of(({ eventsPerSecond }) => eventsPerSecond)),
      of(({ cpuUsPerEvent }) => cpuUsPerEvent.main).toFixed(1),
      of(({ cpuUsPerEvent }) => cpuUsPerEvent.total - cpuUsPerEvent.main).toFixed(1),
      of(({ cpuUsPerEvent }) => cpuUsPerEvent.total).toFixed(1),
      times(of(({ cpuUsPerEvent, parseUs: parse }) => cpuUsPerEvent.total / parse)),
    ];
  });
  const head = [
    'by',
    'worker threads',
    'events',
    'finding bytes',
    'events/s',
    'main µs',
    'other threads µs',
    'all µs',
    'all, of JSON.parse',
  ];
  return {
    tables: [
      {
        title: 'The job in a bare loop of kafkajs and in the engine: CPU per event, medians',
        note: 'A bare loop has one thread, no deadline for an analysis, no dead letters and no memory of what is done above the committed offset; its findings lack the envelope.',
        head,
        rows,
      },
    ],
    bars: [],
    plots: [],
  };
}
