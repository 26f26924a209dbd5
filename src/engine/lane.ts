/**
 * The ordered queue of one shard of one task, and the deliveries in it.
 *
 * Promise: a lane is in at most one batch at a time, and deliveries of one order (of one key, that is)
 * leave it as they came, also when one of them waits for a retry: the later ones of its order wait
 * behind it, the others go on.
 */
import { assert } from '../model/assert.ts';
import type { BatchItem } from '../model/batch.ts';
import type { Delivery } from '../model/delivery.ts';
import type { Fault } from '../model/errors.ts';
import type { Task } from '../model/task.ts';
import { Circuit } from './circuit.ts';
import { Deque } from './deque.ts';
import type { Partition } from './partition.ts';
import { deliveryBytes } from './partition.ts';
import type { Outgoing } from './publish.ts';
import { NO_ORDER, Sharding } from './shard.ts';

/** What the deliveries of one pull have in common. */
export interface Pull {
  readonly consumedMs: number;
}

/** Where a delivery comes from within the engine. */
export interface WorkOrigin {
  readonly lane: Lane;
  readonly partition: Partition;
  readonly pull: Pull;
}

/** A delivery on its way through the engine. */
export class Work implements BatchItem {
  readonly delivery: Delivery;
  readonly task: number;
  readonly order: number;
  readonly partition: Partition;
  readonly lane: Lane;
  /** Of the partition's watermark. */
  readonly ticket: number;
  readonly pull: Pull;
  readonly bytes: number;
  attempt = 1;
  /** Times that its analyzer asked for it again. */
  requeues = 0;
  /** A suspect: runs in a batch of its own. */
  alone = false;
  /** The slot that has it; -1 for none. */
  slot = -1;
  /** Publications that are not acknowledged yet. */
  unacknowledged = 0;
  /** Exactly once only: done, with these to be published, and not released yet. */
  held: readonly Outgoing[] | null = null;
  ending: 'silent' | 'withFindings' | 'deadLettered' = 'silent';
  /** Its retries are spent, or another try cannot help. */
  givenUp = false;
  /** Not processed here: its partition was taken away, or its task stopped. */
  dropped = false;
  /** Why it was last tried again. */
  lastFault: Fault | null = null;

  constructor(delivery: Delivery, order: number, { lane, partition, pull }: WorkOrigin) {
    this.delivery = delivery;
    this.task = lane.owner.index;
    this.order = order;
    this.partition = partition;
    this.lane = lane;
    this.ticket = partition.watermark.begin(delivery.offset, this);
    this.pull = pull;
    this.bytes = deliveryBytes(delivery);
  }
}

/** A task with its lanes. */
export class TaskLanes {
  readonly index: number;
  readonly task: Task;
  readonly sharding: Sharding;
  readonly lanes: readonly Lane[];
  readonly circuit: Circuit;
  /** Why the task was stopped; `null` while it works. */
  stopped: string | null = null;
  /** Keys that wait for a retry, over all lanes. */
  heldKeys = 0;
  /** Learnt time in the worker for one delivery, milliseconds. */
  costMs: number;

  constructor(index: number, task: Task, costMs: number) {
    this.index = index;
    this.task = task;
    this.costMs = costMs;
    this.sharding = new Sharding(task.shardBy);
    this.circuit = new Circuit(task.circuit);
    this.lanes = Array.from({ length: task.lanes }, (_, lane) => new Lane(this, lane));
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
  readonly index: number;
  readonly queue: Deque<Work> = new Deque<Work>();
  /** In a batch. */
  busy = false;
  /** In the list of ready lanes. */
  ready = false;
  /** Its first deliveries wait for so many retries, because there is no room to hold their keys apart. */
  blocks = 0;
  /** By order; what has none is held under a name of its own, below zero. */
  readonly #held = new Map<number, Work[]>();
  #heldCount = 0;
  #unordered = 0;

  constructor(owner: TaskLanes, index: number) {
    this.owner = owner;
    this.index = index;
  }

  /** All deliveries in the lane, waiting keys included. */
  get length(): number {
    return this.queue.length + this.#heldCount;
  }

  /** Whether all of it waits for a retry. */
  get blocked(): boolean {
    return this.blocks > 0;
  }

  /** Deliveries whose key waits for a retry. */
  get held(): number {
    return this.#heldCount;
  }

  /** Holds a key: `work` waits, later ones of its order behind it. Returns the name to release it by. */
  hold(work: Work): number {
    const name = work.order === NO_ORDER ? --this.#unordered : work.order;
    assert(!this.#held.has(name), 'a key is held once');
    this.#held.set(name, [work]);
    this.#heldCount += 1;
    this.owner.heldKeys += 1;
    return name;
  }

  /** Puts `work` behind an earlier one of its order that waits. False when none does. */
  follow(work: Work): boolean {
    if (this.#held.size === 0 || work.order === NO_ORDER) return false;
    const waiting = this.#held.get(work.order);
    if (waiting === undefined) return false;
    waiting.push(work);
    this.#heldCount += 1;
    return true;
  }

  /** Whether `work` waits for a retry, its own or an earlier one's. */
  holds(work: Work): boolean {
    if (work.order !== NO_ORDER) return this.#held.get(work.order)?.includes(work) === true;
    return [...this.#held.values()].some((waiting) => waiting.includes(work));
  }

  /** Ends a hold: its deliveries return to the front of the lane, in order. */
  release(name: number): void {
    const waiting = this.#held.get(name);
    assert(waiting !== undefined, 'a released key was held');
    this.#held.delete(name);
    this.#heldCount -= waiting.length;
    this.owner.heldKeys -= 1;
    for (const work of waiting.toReversed()) this.queue.pushFront(work);
  }
}
