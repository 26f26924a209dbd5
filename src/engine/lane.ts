/**
 * The ordered queue of one shard of one task, and the deliveries in it.
 *
 * Promise: a lane is in at most one batch at a time, and deliveries of one key leave it in the order
 * they came, also when one of them waits for a retry: the later ones of its key wait behind it, the
 * other keys go on.
 */
import { assert } from '../model/assert.ts';
import type { BatchItem } from '../model/batch.ts';
import type { Delivery } from '../model/delivery.ts';
import type { Task } from '../model/task.ts';
import { Deque } from './deque.ts';
import type { Partition } from './partition.ts';
import { deliveryBytes } from './partition.ts';

/** A delivery on its way through the engine. */
export class Work implements BatchItem {
  readonly delivery: Delivery;
  readonly task: number;
  readonly partition: Partition;
  readonly lane: Lane;
  /** Of the partition's watermark. */
  readonly ticket: number;
  readonly consumedMs: number;
  readonly bytes: number;
  attempt = 1;
  /** A suspect: runs in a batch of its own. */
  alone = false;
  /** Publications that are not acknowledged yet. */
  unacknowledged = 0;
  ending: 'silent' | 'withFindings' | 'deadLettered' = 'silent';

  constructor(delivery: Delivery, lane: Lane, partition: Partition, consumedMs: number) {
    this.delivery = delivery;
    this.task = lane.owner.index;
    this.partition = partition;
    this.lane = lane;
    this.ticket = partition.watermark.begin(delivery.offset);
    this.consumedMs = consumedMs;
    this.bytes = deliveryBytes(delivery);
  }
}

/** A task with its lanes. */
export class TaskLanes {
  readonly index: number;
  readonly task: Task;
  readonly lanes: readonly Lane[];
  /** Keys that wait for a retry, over all lanes. */
  heldKeys = 0;
  /** Learnt time in the worker for one delivery, milliseconds. */
  costMs: number;

  constructor(index: number, task: Task, costMs: number) {
    this.index = index;
    this.task = task;
    this.costMs = costMs;
    this.lanes = Array.from({ length: task.lanes }, () => new Lane(this));
  }

  /** Length of the longest lane. */
  get longest(): number {
    let longest = 0;
    for (const lane of this.lanes) if (lane.length > longest) longest = lane.length;
    return longest;
  }
}

/** One lane. */
export class Lane {
  readonly owner: TaskLanes;
  readonly queue: Deque<Work> = new Deque<Work>();
  /** In a batch. */
  busy = false;
  /** In the list of ready lanes. */
  ready = false;
  /** Its first delivery waits for a retry and there is no room to hold its key apart. */
  blocked = false;
  readonly #held = new Map<string, Work[]>();
  #heldCount = 0;

  constructor(owner: TaskLanes) {
    this.owner = owner;
  }

  /** All deliveries in the lane, waiting keys included. */
  get length(): number {
    return this.queue.length + this.#heldCount;
  }

  /** Holds a key: `work` waits, later ones of its key behind it. A null key holds nothing but itself. */
  hold(work: Work): string {
    const name =
      work.delivery.key === null ? `\0${work.partition.epoch}:${work.ticket}` : keyName(work.delivery.key);
    assert(!this.#held.has(name), 'a key is held once');
    this.#held.set(name, [work]);
    this.#heldCount += 1;
    this.owner.heldKeys += 1;
    return name;
  }

  /** Puts `work` behind an earlier one of its key that waits. False when none does. */
  follow(work: Work): boolean {
    if (this.#held.size === 0 || work.delivery.key === null) return false;
    const waiting = this.#held.get(keyName(work.delivery.key));
    if (waiting === undefined) return false;
    waiting.push(work);
    this.#heldCount += 1;
    return true;
  }

  /** Ends a hold: its deliveries return to the front of the lane, in order. */
  release(name: string): void {
    const waiting = this.#held.get(name);
    assert(waiting !== undefined, 'a released key was held');
    this.#held.delete(name);
    this.#heldCount -= waiting.length;
    this.owner.heldKeys -= 1;
    this.giveBack(waiting);
  }

  /** Returns deliveries to the front, in their order. */
  giveBack(works: readonly Work[]): void {
    for (let i = works.length - 1; i >= 0; i--) {
      const work = works[i];
      if (work !== undefined) this.queue.pushFront(work);
    }
  }
}

/** A key as a map key: one character a byte, so that different bytes are different names. */
function keyName(key: Uint8Array): string {
  let name = '=';
  for (const byte of key) name += String.fromCharCode(byte);
  return name;
}
