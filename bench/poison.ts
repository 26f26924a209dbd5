/**
 * What poison costs: 2-KB Java crash events on two threads over the memory transport, some of them
 * replaced by events that hang, fill the heap or end their thread, held against the same run without.
 *
 * Every run checks that exactly the poisons are dead-lettered, with their code, and that each other
 * event has its one finding, in the order of its key.
 */
import { fileURLToPath } from 'node:url';
import { openApp } from '../src/app.ts';
import { parseConfig } from '../src/config/load.ts';
import { javaCrashEvent } from '../src/load/generate.ts';
import type { Publication } from '../src/model/delivery.ts';
import { createLogger } from '../src/observe/logger.ts';
import type { PublishResult, Sink } from '../src/ports/sink.ts';
import { MemoryBroker } from '../src/transport/memory/broker.ts';
import { wholeNumber } from './flags.ts';
import { whole } from './report/format.ts';
import type { BenchOptions, Report, Section } from './section.ts';

/**
 * What a poison does, what it is dead-lettered with, and `eventTimeoutMs`, which only a hang waits for,
 * twice. It is wall time: much less of it, and slow neighbours on a busy machine are suspected too.
 */
const KINDS = {
  hang: { word: 'loop', code: 'E_EVENT_TIMEOUT', eventTimeoutMs: 1_000 },
  heap: { word: 'heap-of-objects', code: 'E_EVENT_WORKER_DIED', eventTimeoutMs: 5_000 },
  exit: { word: 'exit', code: 'E_EVENT_WORKER_DIED', eventTimeoutMs: 5_000 },
} as const;

/** A kind of poison. */
export type PoisonKind = keyof typeof KINDS;

/** All kinds. */
const POISON_KINDS: readonly PoisonKind[] = ['hang', 'heap', 'exit'];

const ANALYZER = fileURLToPath(new URL('../test/fixtures/analyzers/poison.ts', import.meta.url));
const HEAP_MB_MAX = 64;
/** Events of one key are this far apart. */
const KEYS = 1_000;
const TOPIC = 'app-crash';

/** The result of one run. */
export interface PoisonFigures {
  readonly kind: PoisonKind;
  readonly events: number;
  readonly poisons: number;
  readonly threads: number;
  readonly ms: number;
  /** CPU of the whole process. */
  readonly cpuMs: number;
  /** Times that a delivery was suspected. */
  readonly suspected: number;
  /** Over the run without poison, per poison; 0 where there is none. */
  readonly msPerPoison: number;
  readonly cpuMsPerPoison: number;
}

const EVENTS = { usual: 100_000, quick: 5000 };
const POISONS = { usual: '1,10,100', quick: '1' };

/** The section. */
export const poison: Section<readonly PoisonFigures[]> = {
  name: 'poison',
  about: 'what an event costs that hangs, fills the heap or ends its thread; ten minutes',
  transports: ['memory'],
  isUsual: false,
  flags: { 'poison-count': 'N: events of a run', poisons: 'N,…: how many of them are poisons' },
  run,
  report,
};

async function run(options: BenchOptions): Promise<readonly PoisonFigures[]> {
  const size = options.isQuick ? 'quick' : 'usual';
  const given = options.flag('poison-count');
  const events = given === undefined ? (options.count ?? EVENTS[size]) : wholeNumber('poison-count', given);
  const poisons = (options.flag('poisons') ?? POISONS[size])
    .split(',')
    .map((text) => wholeNumber('poisons', text));
  const threads = Math.max(...options.threads);
  const figures: PoisonFigures[] = [];
  for (const kind of POISON_KINDS) {
    options.tell(`poison that ends in ${kind}, ${threads} threads, ${events} events`);
    figures.push(...(await runPoison({ kind, events, poisons, threads, seed: options.seed })));
  }
  return figures;
}

function report(runs: readonly PoisonFigures[]): Report {
  const rows = runs.map((run) => [
    run.kind,
    whole(run.events),
    whole(run.poisons),
    String(run.threads),
    (run.ms / 1000).toFixed(1),
    (run.cpuMs / 1000).toFixed(1),
    whole(run.suspected),
    run.poisons === 0 ? '' : run.msPerPoison.toFixed(0),
    run.poisons === 0 ? '' : run.cpuMsPerPoison.toFixed(0),
  ]);
  const head = [
    'poison',
    'events',
    'poisons',
    'threads',
    's',
    'CPU s',
    'suspected',
    'ms each',
    'CPU ms each',
  ];
  const title = 'Poison: time and CPU over the run without, per poison';
  return { tables: [{ title, head, rows }], bars: [], plots: [] };
}

/** One run for each number of poisons, and one before them without. Throws when a result is not right. */
async function runPoison(options: {
  kind: PoisonKind;
  events: number;
  poisons: readonly number[];
  threads: number;
  seed: number;
}): Promise<PoisonFigures[]> {
  const { kind, events, threads, seed } = options;
  const without = await measure({ kind, events, poisons: 0, threads, seed });
  const figures = [{ ...without, msPerPoison: 0, cpuMsPerPoison: 0 }];
  for (const poisons of options.poisons) {
    const run = await measure({ kind, events, poisons, threads, seed });
    figures.push({
      ...run,
      msPerPoison: (run.ms - without.ms) / poisons,
      cpuMsPerPoison: (run.cpuMs - without.cpuMs) / poisons,
    });
  }
  return figures;
}

interface Run {
  readonly kind: PoisonKind;
  readonly events: number;
  readonly poisons: number;
  readonly threads: number;
  readonly seed: number;
}

async function measure(run: Run): Promise<Omit<PoisonFigures, 'msPerPoison' | 'cpuMsPerPoison'>> {
  const broker = brokerOf(run);
  const sink = new CheckedSink(run);
  let suspected = 0;
  const config = parseConfig({ file: { name: 'bench.yaml', text: configText(run) } });
  const app = await openApp(config, {
    logger: createLogger({ level: 'silent', format: 'json' }),
    untilIdle: true,
    probes: [(event) => void (event.type === 'suspected' && (suspected += 1))],
    broker,
    sink,
  });
  const startMs = performance.now();
  const before = process.cpuUsage();
  await app.run();
  const { user, system } = process.cpuUsage(before);
  const ms = performance.now() - startMs;
  sink.check();
  return { ...run, ms, cpuMs: (user + system) / 1_000, suspected };
}

function configText({ kind, threads }: Run): string {
  return `
system:
  transport: memory
  threads: ${threads}
  eventTimeoutMs: ${KINDS[kind].eventTimeoutMs}
  pool: { heapMbMax: ${HEAP_MB_MAX} }
tasks:
  crash: { topics: ['crash'], analyzers: { PERF_CRASH: crash, POISON: ${ANALYZER} } }
`;
}

/** Poisons stand at even distances; each has the key of the event that it stands for. */
function brokerOf({ kind, events, poisons, seed }: Run): MemoryBroker {
  const broker = new MemoryBroker({ partitions: 1 });
  const value = Buffer.from(
    JSON.stringify({ category: 'POISON', profile_data: { report: [KINDS[kind].word] } }),
  );
  const goods = Array.from({ length: KEYS }, (_, index) => javaCrashEvent(seed * KEYS + index));
  for (let from = 0; from < events; from += KEYS) {
    const some = goods.slice(0, events - from);
    broker.append(
      TOPIC,
      some.map((good, i) => (isPoison(from + i, events, poisons) ? { ...good, value } : good)),
    );
  }
  return broker;
}

/** The first of each of `poisons` equal stretches, moved on by half of one. */
function isPoison(index: number, events: number, poisons: number): boolean {
  if (poisons === 0) return false;
  const every = Math.floor(events / poisons);
  return index % every === Math.floor(every / 2) && index < every * poisons;
}

/** Acknowledges at once; notes what came for each offset. */
class CheckedSink implements Sink {
  readonly #run: Run;
  readonly #found: Uint8Array;
  readonly #lastOfKey = new Int32Array(KEYS).fill(-1);
  #deadLetters = 0;

  constructor(run: Run) {
    this.#run = run;
    this.#found = new Uint8Array(run.events);
  }

  async publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    for (const publication of publications) this.#take(publication);
    return new Array<PublishResult>(publications.length).fill(null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Throws where something is missing. */
  check(): void {
    const { events, poisons } = this.#run;
    const missing = this.#found.indexOf(0);
    if (missing !== -1) throw new Error(`event ${missing} has neither a finding nor a dead letter`);
    if (this.#deadLetters !== poisons)
      throw new Error(`${this.#deadLetters} dead letters of ${poisons} poisons`);
    if (this.#found.length !== events) throw new Error('events were lost');
  }

  #take(publication: Publication): void {
    const { kind, events, poisons } = this.#run;
    const code = header(publication, 'faultline-code');
    const offset =
      code === undefined
        ? offsetIn(publication.value)
        : Number(header(publication, 'faultline-source-offset'));
    const expected = isPoison(offset, events, poisons) ? KINDS[kind].code : undefined;
    if (code !== expected)
      throw new Error(`event ${offset}: ${code ?? 'a finding'} instead of ${expected ?? 'a finding'}`);
    if (this.#found[offset] !== 0) throw new Error(`event ${offset} came twice`);
    this.#found[offset] = 1;
    if (code !== undefined) this.#deadLetters += 1;
    const key = offset % KEYS;
    if ((this.#lastOfKey[key] ?? -1) >= offset) throw new Error(`key ${key} is out of order at ${offset}`);
    this.#lastOfKey[key] = offset;
  }
}

function header({ headers }: Publication, wanted: string): string | undefined {
  const bytes = headers.find(([name]) => name === wanted)?.[1];
  return bytes && Buffer.from(bytes).toString();
}

/** Of `"source":{"topic":…,"partition":…,"offset":…}` near the beginning of a finding. */
function offsetIn(value: Uint8Array): number {
  const text = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, 1_000)).toString('latin1');
  const match = /"offset":(\d+)/.exec(text);
  if (match === null) throw new Error('a finding does not say where its event stood');
  return Number(match[1]);
}
