/**
 * `npm run bench`: one command, one page of results.
 *
 *   npm run bench -- [--threads 1,2] [--publish sync,async] [--count N] [--sync-count N]
 *                    [--engine-count N] [--memory-count N] [--poison-count N] [--poisons 1,10,100]
 *                    [--standstill-seconds N] [--transport log|kafka] [--analyzer NAME|PATH,…]
 *                    [--publisher main,thread,platformatic] [--rounds N] [--profile FILE] [--only publish,engine,memory,standstill,poison,micro]
 *                    [--seed N] [--set FLAG=VALUE]… [--json FILE]
 *
 * With `--transport kafka` the section `publish` runs over Kafka, on the brokers of KAFKA_BROKERS or on one of
 * its own, and is the only one unless `--only` says otherwise.
 *
 * Every part checks that its result is right and ends the command with 1 when it is not.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { EngineFigures } from './engine.ts';
import { runEngine } from './engine.ts';
import type { KafkaResults, PublisherOf } from './kafka.ts';
import { runKafka } from './kafka.ts';
import type { MemoryFigures } from './memory.ts';
import { runMemory } from './memory.ts';
import type { MicroFigures } from './micro/suite.ts';
import { runMicro } from './micro/suite.ts';
import type { PoisonFigures } from './poison.ts';
import { POISON_KINDS, runPoison } from './poison.ts';
import type { PublishFigures } from './publish.ts';
import { runPublish } from './publish.ts';
import type { StandstillFigures } from './standstill.ts';
import { runStandstill } from './standstill.ts';
import {
  engineTable,
  kafkaStagesTable,
  kafkaTable,
  memoryTable,
  microTable,
  poisonTable,
  publishTable,
  standstillTable,
} from './tables.ts';

/** Run unless `--only` says otherwise; `poison` (ten minutes) and `standstill` only when they are asked for. */
const SECTIONS = ['publish', 'engine', 'memory', 'micro'] as const;

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1,2' },
    publish: { type: 'string', default: 'sync,async' },
    count: { type: 'string', default: '200000' },
    'sync-count': { type: 'string', default: '2000' },
    'engine-count': { type: 'string', default: '1000000' },
    'memory-count': { type: 'string', default: '1000000' },
    'poison-count': { type: 'string', default: '100000' },
    'standstill-seconds': { type: 'string', default: '60' },
    poisons: { type: 'string', default: '1,10,100' },
    transport: { type: 'string', default: 'log' },
    analyzer: { type: 'string', default: 'small,crash' },
    publisher: { type: 'string', default: 'main,thread' },
    rounds: { type: 'string', default: '1' },
    profile: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    set: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
  },
});

const settings = Object.fromEntries(values.set.map((text) => text.split('=', 2) as [string, string]));
const threads = values.threads.split(',').map((text) => wholeNumber('threads', text));
const overKafka = values.transport === 'kafka';
if (!overKafka && values.transport !== 'log')
  fail(`--transport takes log and kafka, not ${values.transport}`);
const only: readonly string[] = values.only?.split(',') ?? (overKafka ? ['publish'] : SECTIONS);
const results: {
  machine: object;
  publish: PublishFigures[];
  kafka: KafkaResults | null;
  engine: EngineFigures[];
  memory: MemoryFigures[];
  standstill: StandstillFigures[];
  poison: PoisonFigures[];
  micro: MicroFigures[];
} = {
  machine: machine(),
  publish: [],
  kafka: null,
  engine: [],
  memory: [],
  standstill: [],
  poison: [],
  micro: [],
};

console.log(machineLine());
if (only.includes('publish')) await (overKafka ? kafkaSection() : publishSection());
if (only.includes('engine')) await engineSection();
if (only.includes('memory')) await memorySection();
if (only.includes('standstill')) await standstillSection();
if (only.includes('poison')) await poisonSection();
if (only.includes('micro')) await microSection();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);

async function publishSection(): Promise<void> {
  for (const publish of publishModes()) {
    const count = wholeNumber('count', publish === 'sync' ? values['sync-count'] : values.count);
    for (const of of threads) {
      console.error(`bench: ${publish} publish, ${of} threads, ${count} events …`);
      results.publish.push(
        await runPublish({ publish, threads: of, count, seed: wholeNumber('seed', values.seed), settings }),
      );
    }
  }
  console.log(publishTable(results.publish));
}

async function kafkaSection(): Promise<void> {
  results.kafka = await runKafka({
    publish: publishModes(),
    threads,
    publishers: publishers(),
    rounds: wholeNumber('rounds', values.rounds),
    analyzers: values.analyzer.split(','),
    count: wholeNumber('count', values.count),
    syncCount: wholeNumber('sync-count', values['sync-count']),
    seed: wholeNumber('seed', values.seed),
    settings,
    profile: values.profile,
    tell: (what) => console.error(`bench: Kafka, ${what} …`),
  });
  console.log(kafkaTable(results.kafka.runs));
  console.log(kafkaStagesTable(results.kafka));
}

async function engineSection(): Promise<void> {
  const count = wholeNumber('engine-count', values['engine-count']);
  for (const of of threads) {
    console.error(`bench: engine over the memory transport, ${of} threads, ${count} events …`);
    results.engine.push(await runEngine({ count, threads: of, settings }));
  }
  console.log(engineTable(results.engine));
}

async function memorySection(): Promise<void> {
  const count = wholeNumber('memory-count', values['memory-count']);
  const of = Math.max(...threads);
  console.error(`bench: memory over the embedded log, ${of} threads, ${count} events …`);
  results.memory.push(
    await runMemory({ count, threads: of, seed: wholeNumber('seed', values.seed), settings }),
  );
  console.log(memoryTable(results.memory));
}

async function standstillSection(): Promise<void> {
  const seconds = wholeNumber('standstill-seconds', values['standstill-seconds']);
  console.error(`bench: a sink that stands still for ${seconds} s …`);
  results.standstill.push(await runStandstill({ seconds, threads: Math.max(...threads), settings }));
  console.log(standstillTable(results.standstill));
}

async function poisonSection(): Promise<void> {
  const events = wholeNumber('poison-count', values['poison-count']);
  const poisons = values.poisons.split(',').map((text) => wholeNumber('poisons', text));
  const of = Math.max(...threads);
  for (const kind of POISON_KINDS) {
    console.error(`bench: poison that ends in ${kind}, ${of} threads, ${events} events …`);
    results.poison.push(...(await runPoison({ kind, events, poisons, threads: of })));
  }
  console.log(poisonTable(results.poison));
}

async function microSection(): Promise<void> {
  console.error('bench: micro-benchmarks …');
  results.micro.push(...(await runMicro()));
  console.log(microTable(results.micro));
}

function machine(): object {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpu?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
  };
}

function machineLine(): string {
  const [cpu] = cpus();
  return `Node ${process.version}, ${availableParallelism()} cores of ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

function publishModes(): readonly ('sync' | 'async')[] {
  return values.publish.split(',').map((mode) => {
    if (mode !== 'sync' && mode !== 'async') fail(`--publish takes sync and async, not ${mode}`);
    return mode;
  });
}

function publishers(): readonly PublisherOf[] {
  return values.publisher.split(',').map((of) => {
    if (of !== 'main' && of !== 'thread' && of !== 'platformatic')
      fail(`--publisher takes main, thread and platformatic, not ${of}`);
    return of;
  });
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    fail(`--${name} takes whole numbers of at least 1, not ${text}`);
  return value;
}

function fail(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(2);
}
