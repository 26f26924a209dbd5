/**
 * Where a fed engine stands: a transport of its own with an input topic, an engine whose sink is recorded,
 * a feeder, and at the end the look at what came out: in memory as it was published, on the log and on Kafka
 * as somebody else reads it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '../../src/transport/log/store.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { MemorySink } from '../../src/transport/memory/sink.ts';
import { BenchTopics } from '../kafka-topics.ts';
import { Arrivals } from './arrivals.ts';
import { startFeeder } from './child-feeder.ts';
import { Closers } from './closers.ts';
import type { FedEngine } from './fed-engine.ts';
import { openFedEngine } from './fed-engine.ts';
import type { Feeder } from './feeder.ts';
import { MemoryFeeder } from './feeder.ts';
import { readKafka } from './kafka.ts';
import type { FeedPlan } from './plan.ts';
import { Recorder } from './recorder.ts';

/** What is to stand there. */
export interface BedOptions {
  readonly plan: FeedPlan;
  readonly analyzer: string;
  /** As of the run command. */
  readonly flags: Readonly<Record<string, string>>;
}

/** An engine that is fed. */
export interface Bed {
  readonly engine: FedEngine;
  readonly feeder: Feeder;
  readonly recorder: Recorder;
  /** What came out of it all; call it when the engine is closed. */
  outcome(): Promise<Arrivals>;
  /** Ends the feeder and removes everything; the engine is closed before. */
  close(): Promise<void>;
}

const TOPIC = 'bench-crash';
const FINDINGS = 'faultline-findings';
const PARTITIONS = 8;

/** Over the memory transport. */
export async function memoryBed({ plan, analyzer, flags }: BedOptions): Promise<Bed> {
  const arrivals = new Arrivals();
  const broker = new MemoryBroker({ partitions: PARTITIONS });
  const feeder = new MemoryFeeder(broker, TOPIC, plan);
  const recorder = new Recorder(new MemorySink({ keep: false }), arrivals);
  const engine = await openFedEngine({
    tasks: { bench: { topic: TOPIC, analyzer } },
    flags: { transport: 'memory', ...flags },
    broker,
    wrap: () => recorder,
  });
  return { engine, feeder, recorder, outcome: async () => arrivals, close: () => feeder.close() };
}

/** Over an embedded log in a temporary directory, as durable as it is by default. */
export function logBed({ plan, analyzer, flags }: BedOptions): Promise<Bed> {
  return Closers.around(async (closers) => {
    const dir = await mkdtemp(join(tmpdir(), 'faultline-bench-'));
    closers.add(() => rm(dir, { recursive: true }));
    const feeder = await startFeeder({ kind: 'log', dir }, TOPIC, plan);
    closers.add(() => feeder.close());
    const recorded = await recordedEngine({ bench: { topic: TOPIC, analyzer } }, { data: dir, ...flags });
    return { ...recorded, feeder, outcome: () => readLog(dir), close: () => closers.close() };
  });
}

/** Over Kafka, from a new topic to another. */
export function kafkaBed({ plan, analyzer, flags }: BedOptions, brokers: readonly string[]): Promise<Bed> {
  return Closers.around(async (closers) => {
    const topics = new BenchTopics(brokers, plan.seed);
    closers.add(() => topics.close());
    const topic = await topics.make('crash');
    const outputs = { findings: await topics.make('findings'), deadLetters: await topics.make('dead') };
    const feeder = await startFeeder({ kind: 'kafka', brokers }, topic, plan);
    closers.add(() => feeder.close());
    const recorded = await recordedEngine(
      { bench: { topic, analyzer, outputs } },
      { transport: 'kafka', brokers: brokers.join(), group: outputs.findings, ...flags },
    );
    const outcome = (): Promise<Arrivals> => arrivalsOf(readKafka(brokers, outputs.findings));
    return { ...recorded, feeder, outcome, close: () => closers.close() };
  });
}

async function recordedEngine(
  tasks: Parameters<typeof openFedEngine>[0]['tasks'],
  flags: Readonly<Record<string, string>>,
): Promise<Pick<Bed, 'engine' | 'recorder'>> {
  const made: { recorder: Recorder | null } = { recorder: null };
  const engine = await openFedEngine({
    tasks,
    flags,
    wrap: (sink) => (made.recorder = new Recorder(sink, null)),
  });
  if (made.recorder === null) throw new Error('an engine has a sink');
  return { engine, recorder: made.recorder };
}

async function readLog(dir: string): Promise<Arrivals> {
  const log = await openLog({
    dir,
    durability: 'process',
    partitions: PARTITIONS,
    recordBytesMax: 2 ** 24,
    pollMs: 20,
    readOnly: true,
  });
  try {
    return await arrivalsOf(log.read(FINDINGS));
  } finally {
    await log.close();
  }
}

async function arrivalsOf(records: AsyncIterable<Parameters<Arrivals['note']>[0]>): Promise<Arrivals> {
  const arrivals = new Arrivals();
  for await (const record of records) arrivals.note(record);
  arrivals.sift();
  return arrivals;
}
