/** The points at which growth is looked at, and the events of each. */
import { javaCrashEvent } from '../../src/load/generate.ts';
import { seededRandom } from '../../src/load/random.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { MEMORY_TOPIC } from './memory-run.ts';

/** What grows. */
export type GrowthAxis = 'events' | 'partitions' | 'keys' | 'bytes';

/** One point: what grows is `x`, the rest is as usual. */
export interface GrowthPoint {
  readonly axis: GrowthAxis;
  readonly x: number;
  /** Measured, after the warm-up. */
  readonly events: number;
  readonly warmUp: number;
  readonly partitions: number;
  readonly keys: number;
  /** Size of an event; `null`: the 2-KB Java crash. */
  readonly bytes: number | null;
}

const PARTITIONS = 8;
const KEYS = 1000;
/** All events of a run together, per event of the longest run: few of the largest. */
const BYTES_PER_EVENT = 1000;
/** Different values; they are used again, so that a million events take no gigabytes. */
const VALUES_MAX = 1000;
const VALUES_BYTES_MAX = 20e6;
/** Prime, so that keys come mixed and each as often as the others. */
const STRIDE = 7919;
/** A number of its own for each seed, far from the next. */
const EVENTS_PER_SEED = 10_000_000;

/** The points of each axis, from the smallest to the largest; `count` is the most events of a run. */
export function growthPoints(count: number): readonly (readonly GrowthPoint[])[] {
  const share = (of: number): number => Math.ceil(count * of);
  const usual = {
    events: share(0.2),
    warmUp: share(0.05),
    partitions: PARTITIONS,
    keys: KEYS,
    bytes: null,
  };
  const keys = [10, 1000, 100_000, 1_000_000].filter((each) => each < count);
  return [
    [0.1, 0.3, 1].map((of) => ({ ...usual, axis: 'events', x: share(of), events: share(of) })),
    [1, 10, 100, 1000].map((partitions) => ({ ...usual, axis: 'partitions', x: partitions, partitions })),
    [...keys, count].map((each) => ({ ...usual, axis: 'keys', x: each, events: count, keys: each })),
    [100, 1000, 10_000, 100_000].map((bytes) => {
      const events = Math.min(usual.events, Math.ceil((count * BYTES_PER_EVENT) / bytes));
      return { ...usual, axis: 'bytes', x: bytes, events, warmUp: Math.ceil(events / 4), bytes };
    }),
  ];
}

/** A broker that holds the events of a point, none with an id of its own; another seed, other bytes and keys. */
export function brokerOf(
  { events, warmUp, partitions, keys, bytes }: GrowthPoint,
  seed: number,
): MemoryBroker {
  const broker = new MemoryBroker({ partitions });
  const count = events + warmUp;
  const different = Math.min(VALUES_MAX, count);
  const values = bytes === null ? crashes(different, seed) : sized(bytes, different, seed);
  for (let i = 0; i < count; i += 1) {
    // Each record has a key of its own: the heap of the input is the same for few keys and for many.
    const key = keyOf(`${seed}-${(i * STRIDE) % keys}`);
    broker.append(MEMORY_TOPIC, [{ key, value: values[i % values.length] ?? null }]);
  }
  return broker;
}

/** 2-KB Java crash events without their ids. */
function crashes(length: number, seed: number): readonly Uint8Array[] {
  return Array.from({ length }, (_, i) => {
    const { value } = javaCrashEvent(seed * EVENTS_PER_SEED + i);
    return withoutId(value);
  });
}

/** The event, which the engine then names by its place. */
function withoutId(value: Uint8Array): Uint8Array {
  const { id: _id, ...event } = JSON.parse(Buffer.from(value).toString()) as Readonly<
    Record<string, unknown>
  >;
  return Buffer.from(JSON.stringify(event));
}

/** Events of just so many bytes: a Java stack that is as long as it takes. */
function sized(bytes: number, most: number, seed: number): readonly Uint8Array[] {
  const random = seededRandom(seed);
  const length = Math.max(1, Math.min(most, Math.floor(VALUES_BYTES_MAX / bytes)));
  return Array.from({ length }, () => sizedEvent(bytes, random));
}

/** The JSON is written as text, so that its size is known while it grows. */
function sizedEvent(bytes: number, random: () => number): Uint8Array {
  const begin = '{"category":"PERF_CRASH","profile_data":{"format":"java-stack","report":"a.B: c';
  const end = '"}}';
  const frame = (): string => {
    const number = Math.floor(random() * 10_000);
    return `\\n\\tat com.example.shop.part${number % 100}.Step${number}.run(Step${number}.kt:${number % 1000})`;
  };
  let text = begin;
  for (let next = frame(); text.length + next.length + end.length <= bytes; next = frame()) text += next;
  return Buffer.from(text.padEnd(bytes - end.length, '.') + end);
}

/** A key in memory of its own, inside the heap. */
function keyOf(text: string): Uint8Array {
  const key = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) key[i] = text.charCodeAt(i);
  return key;
}
