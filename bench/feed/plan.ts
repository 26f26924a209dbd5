/**
 * What a feeder writes, as plain data that a feeder in another process can be given: the same plan gives
 * the same events. Each event has an id of its own, which ends in a hyphen and its number in hexadecimal
 * digits; the events of a plan have numbers one after the other (`firstOf`).
 */
import { javaCrashEvent } from '../../src/load/generate.ts';
import { seededRandom } from '../../src/load/random.ts';
import { zipfPicker } from '../../src/load/zipf.ts';

/** 2-KB Java crash events over 1,000 keys, all different, or small events that ask for work. */
export type FeedPlan = { readonly kind: 'java'; readonly seed: number } | BurnPlan;

/** Events of some 220 bytes for the analyzer bench/analyzers/burn.ts. */
export interface BurnPlan {
  readonly kind: 'burn';
  /** One character, with which the ids begin: tells the events of feeders apart that feed one engine. */
  readonly mark: string;
  readonly seed: number;
  readonly chunks: number;
  /** The first so many events ask for no work. */
  readonly idle: number;
  readonly keys: readonly string[];
  /** How often each key comes: all alike, by Zipf's law, or the first one's share and the others alike. */
  readonly pick: 'uniform' | 'zipf' | number;
}

/** An event to be written. */
export interface FedEvent {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The first character of the ids of `java` events. */
export const JAVA_MARK = '0';

/** Events of two seeds have nothing in common below so many. */
const EVENTS_PER_SEED = 10_000_000;
/** As words of a text are, and many other things. */
const ZIPF_EXPONENT = 1;

/** The number of the first event of a plan. */
export function firstOf(plan: FeedPlan): number {
  return plan.kind === 'java' ? plan.seed * EVENTS_PER_SEED : 0;
}

/** Makes the events of a plan, one after the other. */
export function maker(plan: FeedPlan): () => FedEvent {
  let index = firstOf(plan);
  if (plan.kind === 'java') return () => javaCrashEvent(index++);
  const pick = picker(plan, seededRandom(plan.seed));
  const keys = plan.keys.map((key) => ({ text: key, bytes: Buffer.from(key) }));
  return () => {
    const key = keys[pick()];
    if (key === undefined) throw new Error('a plan has keys');
    const chunks = index < plan.idle ? 0 : plan.chunks;
    return { key: key.bytes, value: burnEvent(`${plan.mark}-${hex(index++)}`, key.text, chunks) };
  };
}

function picker({ keys, pick }: BurnPlan, random: () => number): () => number {
  if (pick === 'zipf') return zipfPicker(keys.length, ZIPF_EXPONENT, random);
  if (pick === 'uniform') return () => Math.floor(random() * keys.length);
  return () => (random() < pick ? 0 : 1 + Math.floor(random() * (keys.length - 1)));
}

function burnEvent(id: string, device: string, chunks: number): Uint8Array {
  const dimensions = { app_id: 'com.example.shop', app_version: '4.2.0', device_id: device };
  const profile_data = { format: 'burn', report: 'so much' };
  const event = { id, category: 'PERF_CRASH', dimensions, values: { burn_chunks: chunks }, profile_data };
  return Buffer.from(JSON.stringify(event));
}

function hex(index: number): string {
  return index.toString(16).padStart(8, '0');
}
