/** The job in the engine, over Kafka in and out: one run from start to end, its result checked. */
import { join } from 'node:path';
import type { Profiler } from 'node:inspector';
import { openApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { BenchTopics, Input } from '../kafka-topics.ts';
import { profiled } from '../stages.ts';
import type { SpanFigures } from './span.ts';
import { Span } from './span.ts';

/** The two analyzers of the job. */
export const JOB_ANALYZERS = ['java-regexp', 'java-scanner'] as const;

/** The name of one. */
export type JobAnalyzer = (typeof JOB_ANALYZERS)[number];

/** Where the job is run. */
export interface JobPlace {
  readonly brokers: readonly string[];
  readonly topics: BenchTopics;
  readonly input: Input;
  /** Nothing comes there: a finding that is missing is told. */
  readonly deadLetters: string;
  readonly threads: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** Share of the events after which the measurement begins. */
const WARM_UP_SHARE = 0.2;

/** Figures of a run, and the mean size of its findings. */
export interface JobRunFigures extends SpanFigures {
  readonly findingBytes: number;
}

/** Runs the job without looking closer. Throws when the result is not right. */
export async function runJob(place: JobPlace, analyzer: JobAnalyzer): Promise<JobRunFigures> {
  return inEngine(place, analyzer, async (span, ended) => {
    await ended;
    return span.figures();
  });
}

/** The same with samples of the main thread, between the same points. Their taking costs CPU: no figures. */
export async function sampleJob(place: JobPlace, analyzer: JobAnalyzer): Promise<Profiler.Profile> {
  const { profile } = await inEngine(place, analyzer, async (span, ended) => {
    // A run that fails on the way ends both waits.
    await Promise.race([span.begun, ended]);
    const taken = await profiled(() => Promise.race([span.ended, ended]));
    await ended;
    return { profile: taken };
  });
  return profile;
}

/** A span from the warm-up to the last event. */
export function spanOf({ count }: Input): Span {
  return new Span({ from: Math.ceil(count * WARM_UP_SHARE), to: count });
}

async function inEngine<T extends object>(
  place: JobPlace,
  analyzer: JobAnalyzer,
  watch: (span: Span, ended: Promise<unknown>) => Promise<T>,
): Promise<T & { readonly findingBytes: number }> {
  const { topics, input, brokers, deadLetters, threads, settings } = place;
  const findings = await topics.make('findings');
  const task = {
    topics: [`^${input.topic}$`],
    analyzer: join(import.meta.dirname, `../analyzers/${analyzer}.ts`),
    outputs: { findings, deadLetters },
  };
  const config = parseConfig({
    file: { name: 'bench', text: JSON.stringify({ tasks: { bench: task } }) },
    flags: {
      transport: 'kafka',
      brokers: brokers.join(),
      group: findings,
      threads: String(threads),
      ...settings,
    },
  });
  const span = spanOf(input);
  const logger = createLogger({ level: 'error', format: 'json' });
  const app = await openApp(config, { logger, untilIdle: true, probes: [span.probe] });
  const seen = await watch(span, app.run());
  const findingBytes = await topics.check(input, findings);
  await topics.remove(findings);
  return { ...seen, findingBytes };
}
