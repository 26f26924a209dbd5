/**
 * The engine under measurement: the app as it is run, over memory or Kafka, which stays open and is idle
 * between slices. A slice is so many events, from the first of them to the last that is finished.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { App } from '../../src/app.ts';
import { openApp } from '../../src/app.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { Probe } from '../../src/ports/probe.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { MemorySink } from '../../src/transport/memory/sink.ts';
import { Arrivals } from '../feed/arrivals.ts';
import { startFeeder } from '../feed/child-feeder.ts';
import { Closers } from '../feed/closers.ts';
import { fedConfig } from '../feed/fed-engine.ts';
import type { Feeder } from '../feed/feeder.ts';
import { MemoryFeeder } from '../feed/feeder.ts';
import { readKafka } from '../feed/kafka.ts';
import type { BurnPlan } from '../feed/plan.ts';
import { BenchTopics } from '../kafka-topics.ts';

/** What is measured. */
export interface SubjectOptions {
  readonly plan: BurnPlan;
  readonly threads: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** What one slice took. */
export interface Slice {
  /** Of the whole process, µs. */
  readonly cpuUs: number;
  /** Of it the main thread. */
  readonly mainUs: number;
  readonly ms: number;
}

/** An engine that can be given work. */
export interface Subject {
  /** Gives it so many events and waits until all are finished. Rejects when the engine ends instead. */
  slice(events: number): Promise<Slice>;
  /** Ends the engine. Rejects when an event is missing or twice, or a key was not in order. */
  finish(): Promise<void>;
  /** Ends everything and removes it; after `finish`, or when something has failed. */
  close(): Promise<void>;
}

const PARTITIONS = 8;
const TOPIC = 'burn-crash';
const ANALYZER = new URL('../analyzers/burn.ts', import.meta.url).pathname;

/** Over the memory transport. What is published is noted, and judged between the slices. */
export async function memorySubject({ plan, threads, settings }: SubjectOptions): Promise<Subject> {
  const arrivals = new Arrivals();
  const broker = new MemoryBroker({ partitions: PARTITIONS });
  const feeder = new MemoryFeeder(broker, TOPIC, plan);
  const counted = new MemorySink({ keep: false });
  const sink = {
    publish: (publications: Parameters<MemorySink['publish']>[0]) => {
      for (const each of publications) arrivals.note(each);
      return counted.publish(publications);
    },
    close: () => counted.close(),
  };
  const finished = new Finished();
  const config = fedConfig(
    { burn: { topic: TOPIC, analyzer: ANALYZER } },
    { transport: 'memory', threads: String(threads), ...settings },
  );
  const app = await openApp(config, { ...quiet(), probes: [finished.probe], broker, sink });
  return new FedSubject({
    app,
    feeder,
    finished,
    closers: new Closers(),
    between: () => arrivals.sift(),
    check: async (count) => arrivals.check({ [plan.mark]: { first: 0, count } }),
  });
}

/** Over Kafka, fed by a process of its own. What is published is read back at the end. */
export function kafkaSubject(
  { plan, threads, settings }: SubjectOptions,
  brokers: readonly string[],
): Promise<Subject> {
  return Closers.around(async (closers) => {
    const topics = new BenchTopics(brokers, plan.seed);
    closers.add(() => topics.close());
    const topic = await topics.make('burn');
    const outputs = { findings: await topics.make('findings'), deadLetters: await topics.make('dead') };
    const feeder = await startFeeder({ kind: 'kafka', brokers }, topic, plan);
    closers.add(() => feeder.close());
    const finished = new Finished();
    const config = fedConfig(
      { burn: { topic, analyzer: ANALYZER, outputs } },
      {
        transport: 'kafka',
        brokers: brokers.join(),
        group: outputs.findings,
        threads: String(threads),
        ...settings,
      },
    );
    const app = await openApp(config, { ...quiet(), probes: [finished.probe] });
    const check = async (count: number): Promise<void> => {
      const arrivals = new Arrivals();
      for await (const delivery of readKafka(brokers, outputs.findings)) arrivals.note(delivery);
      arrivals.check({ [plan.mark]: { first: 0, count } });
    };
    return new FedSubject({ app, feeder, finished, closers, between: () => undefined, check });
  });
}

function quiet(): Pick<Parameters<typeof openApp>[1], 'logger' | 'untilIdle'> {
  return { logger: createLogger({ level: 'error', format: 'json' }), untilIdle: false };
}

/** Counts what the engine has finished. */
class Finished {
  #count = 0;
  #awaited = Infinity;
  #reached = Promise.withResolvers<void>();

  readonly probe: Probe = (event) => {
    if (event.type !== 'finished') return;
    this.#count += event.withFindings + event.silent + event.deadLettered;
    if (this.#count >= this.#awaited) this.#reached.resolve();
  };

  /** Resolves when so many are finished in all. */
  reach(count: number): Promise<void> {
    this.#awaited = count;
    this.#reached = Promise.withResolvers();
    if (this.#count >= count) this.#reached.resolve();
    return this.#reached.promise;
  }
}

/** What a subject consists of. */
interface Parts {
  readonly app: App;
  readonly feeder: Feeder;
  readonly finished: Finished;
  /** Of what is not the app. */
  readonly closers: Closers;
  /** After each slice, uncounted. */
  readonly between: () => void;
  /** Whether so many events have come out right. */
  readonly check: (count: number) => Promise<void>;
}

class FedSubject implements Subject {
  readonly #parts: Parts;
  readonly #failed: Promise<never>;
  #fed = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#failed = parts.app.run().then(() => {
      throw new Error('the engine has ended');
    });
    this.#failed.catch(() => undefined);
  }

  async slice(events: number): Promise<Slice> {
    const { feeder, finished, between } = this.#parts;
    await feeder.prepare(events);
    this.#fed += events;
    const reached = finished.reach(this.#fed);
    const sent = feeder.send(events);
    // In memory the events are there now and the engine has not run yet: feeding is not counted.
    const startMs = performance.now();
    const before = cpuUs();
    await Promise.race([Promise.all([reached, sent]), this.#failed]);
    const ms = performance.now() - startMs;
    await turn();
    const after = cpuUs();
    between();
    return { cpuUs: after.process - before.process, mainUs: after.main - before.main, ms };
  }

  async finish(): Promise<void> {
    await this.#parts.app.drain('the bench is done');
    await this.#parts.check(this.#fed);
  }

  async close(): Promise<void> {
    const { app, closers } = this.#parts;
    // Why it failed, if it did, was told by the slice.
    await app.drain('the bench is done').catch(() => undefined);
    await closers.close();
  }
}

function cpuUs(): { process: number; main: number } {
  const all = process.cpuUsage();
  const main = process.threadCpuUsage();
  return { process: all.user + all.system, main: main.user + main.system };
}
