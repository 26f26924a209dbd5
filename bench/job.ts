/**
 * The job that others are measured by: parse the JSON, one regular expression for each line, digits folded
 * in class names, SHA-256 of the top 16 frames, publish keyed JSON with acks=all, commit after the
 * acknowledgement, order kept. 2-KB Java crash events from one topic of Kafka to another, with the publisher
 * and all else as the config has it; a second analyzer has the same output by the project's own scanner.
 *
 * CPU is counted from a fifth of the events to the last one: start-up, most of compiling and the end are
 * outside. It is told as multiples of `JSON.parse` of the same events, before and after each run. Rounds
 * alternate the analyzers; the median counts. Stages of the main thread are shares of a run of its own,
 * sampled between the same points.
 */
import { strict as assert } from 'node:assert';
import { readByRegexp } from './analyzers/java-regexp.ts';
import { readByScanner } from './analyzers/java-scanner.ts';
import { wholeNumber } from './flags.ts';
import type { JobAnalyzer, JobPlace, JobRunFigures } from './job/engine-run.ts';
import { JOB_ANALYZERS, runJob, sampleJob } from './job/engine-run.ts';
import type { ReadingFigures } from './job/reading.ts';
import { measureReading, reportsOf } from './job/reading.ts';
import { jobReport } from './job/report.ts';
import { thereAndBack } from './job/rounds.ts';
import { BenchTopics, eventsOf } from './kafka-topics.ts';
import { parseUs } from './parse.ts';
import type { BenchOptions, Section } from './section.ts';
import type { StageShares } from './stages.ts';
import { stageShares } from './stages.ts';

/** One run. */
export interface JobFigures extends JobRunFigures {
  readonly analyzer: JobAnalyzer;
  readonly round: number;
  readonly threads: number;
  readonly seed: number;
  /** CPU of `JSON.parse(bytes.toString())` of the same events, before and after the run, µs. */
  readonly parseUs: number;
}

/** What the main thread did in a run of its own. */
export interface JobStages {
  readonly analyzer: JobAnalyzer;
  /** Of the time in which it did anything. */
  readonly shares: StageShares;
}

/** Everything that was measured. */
export interface JobResults {
  readonly runs: readonly JobFigures[];
  readonly stages: readonly JobStages[];
  /** Reading of the stack alone, in this thread. */
  readonly reading: readonly ReadingFigures[];
}

const ROUNDS_FLAG = 'job-rounds';
const ROUNDS = 3;
const EVENTS = 200_000;
const QUICK_EVENTS = 20_000;
/** Enough to stay in a cache. */
const PARSED_EVENTS = 1000;
/** Of which only the stack is read. */
const READ_EVENTS = 10_000;

/** The section. */
export const job: Section<JobResults> = {
  name: 'job',
  about: 'the job that others are measured by, on Kafka: CPU of the whole process and of the main thread',
  transports: ['kafka'],
  isUsual: true,
  flags: { [ROUNDS_FLAG]: `how often each analyzer is run; ${ROUNDS} unless told` },
  run,
  report: jobReport,
};

async function run(options: BenchOptions): Promise<JobResults> {
  const { isQuick, seed, settings, tell } = options;
  const events = eventsOf(seed, PARSED_EVENTS);
  const reports = reportsOf(eventsOf(seed, READ_EVENTS));
  for (const report of reports) assert.deepEqual(readByScanner(report), readByRegexp(report));
  const brokers = await options.brokers();
  const topics = new BenchTopics(brokers, seed);
  try {
    const count = options.count ?? (isQuick ? QUICK_EVENTS : EVENTS);
    tell(`${count} events are written`);
    const deadLetters = await topics.make('dead-letters');
    const input = await topics.fill(count);
    const threads = Math.max(...options.threads);
    const place = { brokers, topics, input, deadLetters, threads, settings };
    const rounds = wholeNumber(ROUNDS_FLAG, options.flag(ROUNDS_FLAG) ?? String(isQuick ? 1 : ROUNDS));
    const runs: JobFigures[] = [];
    for (const { round, item: analyzer } of thereAndBack(JOB_ANALYZERS, rounds)) {
      tell(`${analyzer}, ${threads} threads, round ${round + 1} of ${rounds}`);
      const { parseUs: parse, ...figures } = await measured(place, analyzer, events);
      runs.push({ analyzer, round, threads, seed, parseUs: parse, ...figures });
    }
    const stages: JobStages[] = [];
    for (const analyzer of JOB_ANALYZERS) {
      tell(`a profile of the main thread, ${analyzer}`);
      stages.push({ analyzer, shares: stageShares(await sampleJob(place, analyzer)) });
    }
    tell('reading of the stack alone');
    return { runs, stages, reading: measureReading(reports, seed) };
  } finally {
    await topics.close();
  }
}

/** A run with `JSON.parse` before and after it. */
async function measured(
  place: JobPlace,
  analyzer: JobAnalyzer,
  events: ReturnType<typeof eventsOf>,
): Promise<JobRunFigures & { readonly parseUs: number }> {
  const before = parseUs(events);
  const figures = await runJob(place, analyzer);
  return { ...figures, parseUs: (before + parseUs(events)) / 2 };
}
