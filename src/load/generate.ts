/**
 * Deterministic synthetic events of several platforms: the same options give the same bytes on
 * every machine, so a run can be held against what it was fed with.
 *
 * Each device numbers its events (`values.sequence`, from 1), whatever their topics, so that a
 * ledger can tell loss, repetition and disorder apart. A duplicate repeats an earlier event byte
 * for byte, as a sender does that missed an acknowledgement. No clock, no real chance, no I/O.
 */
import { EngineError } from '../model/errors.ts';
import { seededRandom } from './random.ts';
import { ANDROID_JAVA, REFERENCE_CRASH } from './scenarios/android-java.ts';
import { ANDROID_NATIVE } from './scenarios/android-native.ts';
import { ANR_DUMPS, SAMPLED_STACKS } from './scenarios/lag.ts';
import { PYTHON } from './scenarios/python.ts';
import { SLOTS, type Scenario, type Slot } from './scenarios/scenario.ts';
import { WEB } from './scenarios/web.ts';
import { compileTemplate, fillTemplate, type Template } from './template.ts';
import { CATEGORIES, TOPICS } from './topics.ts';
import { zipfPicker } from './zipf.ts';

/** What to generate. All required; the command's defaults live in the config spec. */
export interface GenerateOptions {
  /** Events in all, duplicates counted. */
  readonly count: number;
  /** Devices, and thereby keys. */
  readonly keys: number;
  /** Zipf's exponent over the devices; 0 makes them alike. */
  readonly zipf: number;
  /** Share of events that repeat an earlier one, from 0 to below 1. */
  readonly duplicates: number;
  readonly seed: number;
  /** Timestamp of the first event, milliseconds since 1970. */
  readonly start: number;
}

/** One event, ready to be written to a topic. */
export interface GeneratedEvent {
  readonly topic: string;
  /** The device's id in UTF-8. */
  readonly key: Uint8Array;
  /** JSON in UTF-8; docs/reference/event.md has the format. */
  readonly value: Uint8Array;
  readonly id: string;
  readonly timestampMs: number;
}

/** The most devices that can be told apart: twelve bytes of memory each. */
export const GENERATED_KEYS_MAX = 1_000_000;

/** A duplicate repeats one of so many events before it. */
const DUPLICATE_WINDOW = 1024;

/** Device ids are decimal integers from here on, so that `shardBy … modulo` can be tried on them. */
const FIRST_DEVICE = 100_000;

/** Event i happens so many milliseconds after the one before. */
const STEP_MS = 10;

/** Shares of 100: what a shop with an app, web pages and servers might send. */
const MIX: readonly (readonly [share: number, scenarios: readonly Scenario[]])[] = [
  [40, ANDROID_JAVA],
  [12, ANDROID_NATIVE],
  [18, WEB],
  [10, PYTHON],
  [8, ANR_DUMPS],
  [12, SAMPLED_STACKS],
];

const MODELS = ['Shopphone 3', 'Shopphone 3 Mini', 'Pocket One', 'Tablet 11', 'Älgphone X'] as const;
const OS_VERSIONS = ['12', '13', '14', '14', '15'] as const;
const RELEASES = ['4.1.7', '4.2.0', '4.2.0', '4.2.1'] as const;

interface Compiled {
  readonly topic: string;
  readonly template: Template<Slot>;
}

/**
 * The events, one at a time. Throws `E_USAGE` for an option out of range, before the first event.
 * Ids are unique but for duplicates; those of another seed are others.
 */
export function generateEvents(options: GenerateOptions): Iterable<GeneratedEvent> {
  checkOptions(options);
  return events(options);
}

/**
 * A Java crash of the shop's app, three exceptions deep, 2.0 KB of JSON: what benchmarks take as one
 * event. Event `index` belongs to device `index` modulo 1,000.
 */
export function javaCrashEvent(index: number): GeneratedEvent {
  return render(REFERENCE, seededRandom(index), {
    seed: 0,
    index,
    device: index % 1000,
    sequence: 1,
    startMs: REFERENCE_START_MS,
  });
}

/** 1 March 2026, any time will do. */
const REFERENCE_START_MS = Date.UTC(2026, 2, 1);

const REFERENCE = compile(REFERENCE_CRASH);

/** One entry a percent: a kind is picked by an index. */
const COMPILED: readonly (readonly Compiled[])[] = MIX.flatMap(([share, scenarios]) => {
  const compiled = scenarios.map(compile);
  return Array.from({ length: share }, () => compiled);
});

function* events(options: GenerateOptions): Generator<GeneratedEvent> {
  const random = seededRandom(options.seed);
  const pickDevice = zipfPicker(options.keys, options.zipf, random);
  const sequences = new Uint32Array(options.keys);
  const recent: GeneratedEvent[] = [];
  let originals = 0;
  for (let index = 0; index < options.count; index += 1) {
    const repeated = random() < options.duplicates ? pick(recent, random) : undefined;
    if (repeated !== undefined) {
      yield repeated;
      continue;
    }
    const device = pickDevice();
    const sequence = (sequences[device] ?? 0) + 1;
    sequences[device] = sequence;
    const event = render(pickScenario(random), random, {
      seed: options.seed,
      index,
      device,
      sequence,
      startMs: options.start,
    });
    recent[originals % DUPLICATE_WINDOW] = event;
    originals += 1;
    yield event;
  }
}

/** What tells one event from the next. */
interface Identity {
  readonly seed: number;
  readonly index: number;
  readonly device: number;
  readonly sequence: number;
  readonly startMs: number;
}

/** Fills a template in. On the hot path of `generate`: one join, one encoding. */
function render(scenario: Compiled, random: () => number, identity: Identity): GeneratedEvent {
  const id = `${hex(identity.seed)}-${hex(identity.index)}`;
  const device = String(FIRST_DEVICE + identity.device);
  const timestampMs = identity.startMs + identity.index * STEP_MS;
  const release = pick(RELEASES, random);
  const json = fillTemplate(scenario.template, {
    id,
    timestamp: new Date(timestampMs).toISOString(),
    sequence: identity.sequence,
    device,
    user: `u${String(identity.device % 7919)}`,
    model: MODELS[identity.device % MODELS.length] ?? '',
    os: OS_VERSIONS[identity.device % OS_VERSIONS.length] ?? '',
    version: release ?? '',
    build: release?.replaceAll('.', '0') ?? '',
    uptime: 1000 + whole(random, 900_000),
    memory: 40 + whole(random, 400),
    order: 100_000 + whole(random, 900_000),
    pid: 10_000 + whole(random, 20_000),
    address: hex(whole(random, 2 ** 32)),
  });
  return { topic: scenario.topic, key: Buffer.from(device), value: Buffer.from(json), id, timestampMs };
}

/** A defect that comes first in its list is met more often, as in life. */
function pickScenario(random: () => number): Compiled {
  const kind = pick(COMPILED, random) ?? [];
  return kind[Math.floor(random() ** 2 * kind.length)] ?? REFERENCE;
}

function compile(scenario: Scenario): Compiled {
  const event = {
    id: '{{id}}',
    category: CATEGORIES[scenario.kind],
    timestamp: '{{timestamp}}',
    dimensions: {
      app_id: 'com.example.shop',
      app_version: '{{version}}',
      build_id: '{{build}}',
      platform: scenario.platform,
      os_version: '{{os}}',
      device_model: '{{model}}',
      device_id: '{{device}}',
      user_id: '{{user}}',
      process: scenario.process,
      thread: scenario.thread,
      scene: scenario.scene,
    },
    values: { sequence: '{{#sequence}}', uptime_ms: '{{#uptime}}', free_memory_mb: '{{#memory}}' },
    profile_data: { format: scenario.format, report: scenario.report },
  };
  return { topic: TOPICS[scenario.kind], template: compileTemplate(event, SLOTS) };
}

function checkOptions({ count, keys, zipf, duplicates, seed, start }: GenerateOptions): void {
  const wholeFrom = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
  const faults: readonly (readonly [fine: boolean, message: string])[] = [
    [wholeFrom(count, 0), 'count must be a whole number of at least 0'],
    [
      wholeFrom(keys, 1) && keys <= GENERATED_KEYS_MAX,
      `keys must be a whole number from 1 to ${String(GENERATED_KEYS_MAX)}`,
    ],
    [zipf >= 0 && zipf <= 10, 'zipf must be a number from 0 to 10'],
    [duplicates >= 0 && duplicates < 1, 'duplicates must be a share from 0 to below 1'],
    [wholeFrom(seed, 0), 'seed must be a whole number of at least 0'],
    [wholeFrom(start, 0), 'start must be milliseconds since 1970'],
  ];
  const fault = faults.find(([fine]) => !fine);
  if (fault !== undefined) throw new EngineError('E_USAGE', fault[1]);
}

function pick<Item>(items: readonly Item[], random: () => number): Item | undefined {
  return items[whole(random, items.length)];
}

/** A whole number from 0 to below `limit`. */
function whole(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** Eight hexadecimal digits, more where the number needs them. */
function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
