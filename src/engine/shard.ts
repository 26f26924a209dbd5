/**
 * shard: which lane takes a delivery, and with which others it is kept in order.
 *
 * Both follow from one number, its order: a hash of the key, or what the task's `shardBy` finds.
 * Deliveries of equal order share a lane and stay in order. Without a key or field a delivery has no
 * order and they spread over all lanes. That two keys may have one order costs speed, never order.
 */
import type { Delivery } from '../model/delivery.ts';
import { assert } from '../model/assert.ts';
import type { ShardBy } from '../model/task.ts';
import { fieldPath, findField } from './field.ts';
import type { Lane, TaskLanes } from './lane.ts';

/** The order of what has none. */
export const NO_ORDER = -1;

/** From the bytes of a key or field to an order: a whole number from 0 on. Those of 31 bits take no memory of their own. */
type Rule = (bytes: Uint8Array, start: number, end: number) => number;

/** The rules of `shardBy`. A further one is a line here and a word in `config/spec.ts`. */
const RULES: Readonly<Record<ShardBy['rule'], Rule>> = {
  hash: hashOrder,
  modulo: (bytes, start, end) => {
    const value = wholeNumber(bytes, start, end);
    return value < 0 ? hashOrder(bytes, start, end) : value;
  },
};

/** How a task's deliveries are ordered. */
export class Sharding {
  readonly #path: readonly Uint8Array[] | null;
  readonly #rule: Rule;
  readonly #scanBytesMax: number;

  constructor({ field, rule, scanBytesMax }: ShardBy) {
    this.#path = field === null ? null : fieldPath(field);
    this.#rule = RULES[rule];
    this.#scanBytesMax = scanBytesMax;
  }

  /** Whether a delivery without order lacks what the task asked for. */
  get byField(): boolean {
    return this.#path !== null;
  }

  /** The order of a delivery, or {@link NO_ORDER}. */
  orderOf({ key, value }: Delivery): number {
    if (this.#path === null) return key === null ? NO_ORDER : this.#rule(key, 0, key.length);
    const place = value === null ? null : findField(value, this.#path, this.#scanBytesMax);
    return value === null || place === null ? NO_ORDER : this.#rule(value, place.start, place.end);
  }
}

/** Chooses lanes; keeps only the turn of what has no order. */
export class Shard {
  #turn = 0;

  /** The lane of a delivery of this order. */
  laneOf(lanes: TaskLanes, order: number): Lane {
    const lane = lanes.lanes[(order === NO_ORDER ? this.#turn++ : order) % lanes.lanes.length];
    assert(lane !== undefined, 'a task has the lane that an order names');
    return lane;
  }
}

/** A whole number in decimal, at most 15 digits; its amount where it is negative; -1 for anything else. */
function wholeNumber(bytes: Uint8Array, start: number, end: number): number {
  const from = bytes[start] === 45 ? start + 1 : start;
  if (from === end || end - from > 15) return -1;
  let value = 0;
  for (let i = from; i < end; i++) {
    const digit = byteAt(bytes, i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function hashOrder(bytes: Uint8Array, start: number, end: number): number {
  return hashBytes(bytes, start, end) >>> 1;
}

/** The hash of a whole key. */
export function hashKey(key: Uint8Array): number {
  return hashBytes(key, 0, key.length);
}

/**
 * MurmurHash3 x86 32-bit, seed 0 (Austin Appleby, public domain): unsigned. Deliberately not the
 * murmur2 that partitions topics: with the same hash, one partition's keys would share few lanes.
 * Hot: once per delivery.
 */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  const length = end - start;
  const whole = start + (length & ~3);
  for (let i = start; i < whole; i += 4) {
    const block =
      byteAt(bytes, i) |
      (byteAt(bytes, i + 1) << 8) |
      (byteAt(bytes, i + 2) << 16) |
      (byteAt(bytes, i + 3) << 24);
    hash ^= scramble(block);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = end - 1; i >= whole; i--) tail = (tail << 8) | byteAt(bytes, i);
  hash ^= scramble(tail);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
