/**
 * Sync against async publish over Kafka, and what the main thread spends: 2-KB Java crash events from
 * one topic to another, held against `JSON.parse` of the same events in the same run. Each run checks,
 * as a consumer that reads what is committed, that every event has its finding and that those of each
 * key are in order.
 */
import { writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { App } from '../src/app.ts';
import { openApp } from '../src/app.ts';
import { parseConfig } from '../src/config/load.ts';
import { createLogger } from '../src/observe/logger.ts';
import type { Probe } from '../src/ports/probe.ts';
import { startKafka } from '../test/helpers/kafka/cluster.ts';
import { givenBrokers } from '../test/helpers/kafka/use-kafka.ts';
import type { Input } from './kafka-topics.ts';
import { BenchTopics, eventsOf } from './kafka-topics.ts';
import type { Figures } from './meter.ts';
import { Meter } from './meter.ts';
import { parseUs } from './parse.ts';
import type { StageShares } from './stages.ts';
import { profiled, stageShares } from './stages.ts';

/** What is run: each analyzer with each way to publish and each number of threads. */
export interface KafkaBench {
  readonly publish: readonly ('sync' | 'async')[];
  readonly threads: readonly number[];
  /** Who writes with async publish, in turns. */
  readonly publishers: readonly PublisherOf[];
  /** How often each run is made; the turns of `publishers` alternate. */
  readonly rounds: number;
  /** `small` (does nothing, a finding of about 300 bytes), `crash`, or the path of a module. */
  readonly analyzers: readonly string[];
  readonly count: number;
  /** Of sync, where each finding is waited for. */
  readonly syncCount: number;
  readonly seed: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Where the sampling profile goes, as a `.cpuprofile`; `undefined`: nowhere. */
  readonly profile: string | undefined;
  /** Is told what is done now. */
  readonly tell: (what: string) => void;
}

/** Who writes: the main thread, a thread of its own, or the producer of `@platformatic/kafka` in the main thread. */
export type PublisherOf = 'main' | 'thread' | 'platformatic';

/** The result of one run, with what was run. */
export interface KafkaFigures extends Figures {
  readonly transport: 'kafka';
  readonly publish: 'sync' | 'async';
  readonly publisher: PublisherOf;
  readonly analyzer: string;
  readonly threads: number;
  readonly seed: number;
  readonly findingBytes: number;
  /** CPU of `JSON.parse(bytes.toString())` of the same events, before and after the run, µs. */
  readonly parseUs: number;
  /** CPU of the main thread per event, over that. */
  readonly mainToParse: number;
}

/** What the main thread did in one async run, by samples. */
export interface KafkaStages {
  readonly publisher: PublisherOf;
  readonly analyzer: string;
  readonly threads: number;
  /** Of the time in which it did anything. */
  readonly shares: StageShares;
}

/** Everything that was measured. */
export interface KafkaResults {
  readonly runs: readonly KafkaFigures[];
  readonly stages: readonly KafkaStages[];
}

/** One run. */
interface Run {
  readonly publish: 'sync' | 'async';
  readonly publisher: PublisherOf;
  readonly analyzer: string;
  readonly threads: number;
}

/** Enough to stay in a cache. */
const PARSED_EVENTS = 1000;
const SMALL = join(import.meta.dirname, '../test/fixtures/analyzers/small-finding.ts');

/** Runs it on the brokers of KAFKA_BROKERS, else on one of its own. Throws when a result is not right. */
export async function runKafka(bench: KafkaBench): Promise<KafkaResults> {
  const given = givenBrokers();
  if (given !== undefined) return new KafkaRuns(bench, given).all();
  bench.tell('a broker starts');
  const cluster = await startKafka();
  try {
    return await new KafkaRuns(bench, cluster.brokers).all();
  } finally {
    await cluster.close();
  }
}

class KafkaRuns {
  readonly #bench: KafkaBench;
  readonly #brokers: readonly string[];
  readonly #topics: BenchTopics;
  readonly #parsed: ReturnType<typeof eventsOf>;

  /** Nothing comes there: a finding that is missing is told. */
  #deadLetters = '';

  constructor(bench: KafkaBench, brokers: readonly string[]) {
    this.#bench = bench;
    this.#brokers = brokers;
    this.#topics = new BenchTopics(brokers, bench.seed);
    this.#parsed = eventsOf(bench.seed, PARSED_EVENTS);
  }

  async all(): Promise<KafkaResults> {
    const { publish, count, syncCount, tell } = this.#bench;
    try {
      this.#deadLetters = await this.#topics.make('dead-letters');
      tell(`${count} events are written`);
      const many = await this.#topics.fill(count);
      const few = publish.includes('sync') ? await this.#topics.fill(syncCount) : many;
      const figures: KafkaFigures[] = [];
      for (const run of this.#runs())
        figures.push(await this.#measure(run, run.publish === 'sync' ? few : many));
      const stages: KafkaStages[] = [];
      for (const run of this.#sampled()) stages.push(await this.#sample(run, many));
      return { runs: figures, stages };
    } finally {
      await this.#topics.close();
    }
  }

  #runs(): readonly Run[] {
    const { analyzers, publish, threads, rounds } = this.#bench;
    const runs = analyzers.flatMap((analyzer) =>
      publish.flatMap((mode) =>
        threads.flatMap((of) =>
          this.#publishers(mode).map((publisher) => ({ publish: mode, publisher, analyzer, threads: of })),
        ),
      ),
    );
    return Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? runs : runs.toReversed())).flat();
  }

  /** One run for each analyzer and publisher, on the most threads. */
  #sampled(): readonly Run[] {
    const { analyzers, publish } = this.#bench;
    const threads = Math.max(...this.#bench.threads);
    if (!publish.includes('async')) return [];
    return analyzers.flatMap((analyzer) =>
      this.#publishers('async').map((publisher) => ({ publish: 'async', publisher, analyzer, threads })),
    );
  }

  #publishers(mode: 'sync' | 'async'): readonly PublisherOf[] {
    return mode === 'async' ? this.#bench.publishers : ['main'];
  }

  async #measure(run: Run, input: Input): Promise<KafkaFigures> {
    const { publish, publisher, analyzer, threads } = run;
    const how = `${publish} publish (${publisher})`;
    this.#bench.tell(`${how}, ${analyzer}, ${threads} threads, ${input.count} events`);
    const meter = new Meter();
    const findings = await this.#topics.make('findings');
    const app = await this.#open(run, input, { findings, probes: [meter.probe] });
    const before = parseUs(this.#parsed);
    meter.start();
    await app.run();
    const figures = meter.stop();
    const parse = (before + parseUs(this.#parsed)) / 2;
    const findingBytes = await this.#topics.check(input, findings);
    await this.#topics.remove(findings);
    const { seed } = this.#bench;
    return {
      transport: 'kafka',
      publish,
      publisher,
      analyzer,
      threads,
      seed,
      findingBytes,
      parseUs: parse,
      mainToParse: figures.cpuUsPerEvent.main / parse,
      ...figures,
    };
  }

  async #sample(run: Run, input: Input): Promise<KafkaStages> {
    const { publisher, analyzer, threads } = run;
    const { tell, profile: file } = this.#bench;
    tell(`a profile of async publish (${publisher}), ${analyzer}, ${threads} threads`);
    const findings = await this.#topics.make('findings');
    const app = await this.#open(run, input, { findings, probes: [] });
    const profile = await profiled(() => app.run());
    await this.#topics.check(input, findings);
    await this.#topics.remove(findings);
    if (file !== undefined)
      writeFileSync(`${file}-${basename(analyzer)}-${publisher}.cpuprofile`, JSON.stringify(profile));
    return { publisher, analyzer, threads, shares: stageShares(profile) };
  }

  async #open(
    { publish, publisher, analyzer, threads }: Run,
    { topic }: Input,
    { findings, probes }: { readonly findings: string; readonly probes: readonly Probe[] },
  ): Promise<App> {
    const task = {
      topics: [`^${topic}$`],
      analyzer: analyzer === 'small' ? SMALL : isBuiltIn(analyzer) ? analyzer : resolve(analyzer),
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
        ...this.#bench.settings,
      },
    });
    const logger = createLogger({ level: 'error', format: 'json' });
    return openApp(config, { logger, untilIdle: true, probes });
  }
}

function isBuiltIn(analyzer: string): boolean {
  return analyzer === 'crash' || analyzer === 'lag';
}
