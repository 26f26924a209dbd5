/**
 * shard: which lane takes a delivery. Deliveries of one key share a lane; null keys carry no order
 * and spread over all lanes.
 */
import type { Delivery } from '../model/delivery.ts';
import { assert } from '../model/assert.ts';
import type { Lane, TaskLanes } from './lane.ts';

/** Chooses lanes; keeps only the turn of the null keys. */
export class Shard {
  #turn = 0;

  /** The lane of `delivery` in its task. */
  laneOf(lanes: TaskLanes, delivery: Delivery): Lane {
    const count = lanes.lanes.length;
    const index = delivery.key === null ? this.#turn++ % count : hashKey(delivery.key) % count;
    const lane = lanes.lanes[index];
    assert(lane !== undefined, 'a task has the lane that a hash names');
    return lane;
  }
}

/**
 * MurmurHash3 x86 32-bit, seed 0 (Austin Appleby, public domain): unsigned. Deliberately not the
 * murmur2 that partitions topics: with the same hash, one partition's keys would share few lanes.
 * Hot: once per delivery.
 */
export function hashKey(key: Uint8Array): number {
  let hash = 0;
  const length = key.length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const block =
      byteAt(key, i) | (byteAt(key, i + 1) << 8) | (byteAt(key, i + 2) << 16) | (byteAt(key, i + 3) << 24);
    hash ^= scramble(block);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = length - 1; i >= whole; i--) tail = (tail << 8) | byteAt(key, i);
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
