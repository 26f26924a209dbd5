/**
 * Runs over Kafka, from one topic to another: 2-KB Java crash events, held against `JSON.parse` of the
 * same events in the same run. Each run checks, as a consumer that reads what is committed, that every
 * event has its finding and that those of each key are in order.
 */
import type { App } from '../src/app.ts';
import { openApp } from '../src/app.ts';
import { parseConfig } from '../src/config/load.ts';
import { createLogger } from '../src/observe/logger.ts';
import type { Probe } from '../src/ports/probe.ts';
import { analyzerOf } from './analyzer.ts';
import type { Input } from './kafka-topics.ts';
import { BenchTopics, eventsOf } from './kafka-topics.ts';
import type { Figures } from './meter.ts';
import { Meter } from './meter.ts';
import { parseUs } from './parse.ts';
import type { Sampled, ThreadProfile } from './sampling.ts';
import { sampleRun } from './sampling.ts';

/** Who writes: the main thread, a thread of its own, or the producer of `@platformatic/kafka` in the main thread. */
export type PublisherOf = 'main' | 'thread' | 'platformatic';

/** One run. */
export interface KafkaRun {
  readonly publish: 'sync' | 'async';
  readonly publisher: PublisherOf;
  readonly analyzer: string;
  readonly threads: number;
  /** Flags of the run command. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What was measured. */
export interface KafkaRunFigures extends Figures {
  readonly findingBytes: number;
  /** CPU of `JSON.parse(bytes.toString())` of the same events, before and after the run, µs. */
  readonly parseUs: number;
  /** CPU of the main thread per event, over that. */
  readonly mainToParse: number;
}

/** Enough to stay in a cache. */
const PARSED_EVENTS = 1000;

/** Topics on the brokers, and runs over them. */
export class KafkaRuns {
  readonly #brokers: readonly string[];
  readonly #topics: BenchTopics;
  readonly #parsed: ReturnType<typeof eventsOf>;
  /** Nothing comes there: a finding that is missing is told. */
  readonly #deadLetters: string;

  private constructor(
    brokers: readonly string[],
    topics: BenchTopics,
    made: { seed: number; deadLetters: string },
  ) {
    this.#brokers = brokers;
    this.#topics = topics;
    this.#parsed = eventsOf(made.seed, PARSED_EVENTS);
    this.#deadLetters = made.deadLetters;
  }

  /** Runs `work` with them and removes all topics afterwards. */
  static async use<T>(
    brokers: readonly string[],
    seed: number,
    work: (runs: KafkaRuns) => Promise<T>,
  ): Promise<T> {
    const topics = new BenchTopics(brokers, seed);
    try {
      const deadLetters = await topics.make('dead-letters');
      return await work(new KafkaRuns(brokers, topics, { seed, deadLetters }));
    } finally {
      await topics.close();
    }
  }

  /** A topic with the first events of the seed. */
  fill(count: number): Promise<Input> {
    return this.#topics.fill(count);
  }

  /** Throws when the result is not right. */
  async measure(run: KafkaRun, input: Input): Promise<KafkaRunFigures> {
    return this.#checked(input, async (findings) => {
      const meter = new Meter();
      const app = await this.#open(run, input, { findings, probe: meter.probe });
      const before = parseUs(this.#parsed);
      meter.start();
      await app.run();
      const figures = meter.stop();
      const parse = (before + parseUs(this.#parsed)) / 2;
      return { parseUs: parse, mainToParse: figures.cpuUsPerEvent.main / parse, ...figures };
    });
  }

  /** Takes samples of its threads. Throws when the result is not right. */
  async sample(
    run: KafkaRun,
    input: Input,
  ): Promise<{ readonly sampled: Sampled; readonly profiles: readonly ThreadProfile[] }> {
    return this.#checked(input, (findings) =>
      sampleRun(input.count, (probe) => this.#open(run, input, { findings, probe })),
    );
  }

  async #checked<T>(
    input: Input,
    work: (findings: string) => Promise<T>,
  ): Promise<T & { readonly findingBytes: number }> {
    const findings = await this.#topics.make('findings');
    const result = await work(findings);
    const findingBytes = await this.#topics.check(input, findings);
    await this.#topics.remove(findings);
    return { findingBytes, ...result };
  }

  async #open(
    { publish, publisher, analyzer, threads, settings }: KafkaRun,
    { topic }: Input,
    { findings, probe }: { readonly findings: string; readonly probe: Probe },
  ): Promise<App> {
    const task = {
      topics: [`^${topic}$`],
      analyzer: analyzerOf(analyzer),
      outputs: { findings, deadLetters: this.#deadLetters },
    };
    const client = publisher === 'platformatic' ? 'platformatic' : 'faultline';
    const system = { kafka: { produce: { thread: publisher === 'thread', client } } };
    const config = parseConfig({
      file: { name: 'bench', text: JSON.stringify({ system, tasks: { bench: task } }) },
      flags: {
        transport: 'kafka',
        brokers: this.#brokers.join(),
        group: findings,
        publish,
        threads: String(threads),
        ...settings,
      },
    });
    const logger = createLogger({ level: 'error', format: 'json' });
    return openApp(config, { logger, untilIdle: true, probes: [probe] });
  }
}
