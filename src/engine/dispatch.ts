/**
 * dispatch: packs ready lanes into batches and gives them to slots.
 *
 * Idle slots first: ready lanes are spread over them, so that no lane waits for another while a slot
 * is free. When none is idle, lanes gather, and a slot with room for a second batch gets one as soon
 * as a full one can be made. So batches are small at low load and grow by themselves at high load.
 * It decides nothing about what comes back.
 */
import { assert } from '../model/assert.ts';
import type { Outcome } from '../model/batch.ts';
import type { SlotStatus } from '../model/status.ts';
import type { Pool } from '../ports/pool.ts';
import type { Lane, TaskLanes, Work } from './lane.ts';
import type { EngineLimits } from './options.ts';

/** Batches that a slot takes: one in hand, one waiting. */
const BATCHES_PER_SLOT = 2;
/** Weight of the newest batch in the learnt cost of a delivery. */
const COST_WEIGHT = 0.2;

/** A batch on its way: its deliveries, in order, and the lanes that they come from. */
export interface DispatchedBatch {
  readonly id: number;
  readonly items: readonly Work[];
  readonly lanes: readonly Lane[];
}

/** Where dispatch hands on. */
export interface DispatchNext {
  dispatched(slot: number, batch: DispatchedBatch): void;
  /** The lanes are still busy while this runs and free after it. */
  outcome(slot: number, batch: DispatchedBatch, outcome: Outcome): void;
  /** A delivery of a partition that was taken away, found in a lane. */
  dropped(work: Work): void;
  failed(error: unknown): void;
}

/** What a batch holds so far. */
interface Filling {
  readonly items: Work[];
  readonly lanes: Lane[];
  bytes: number;
  expectedMs: number;
  closed: boolean;
}

/** The stage; `kick` whenever lanes got work or a slot got room. */
export class Dispatch {
  readonly #pool: Pool;
  readonly #limits: EngineLimits;
  readonly #next: DispatchNext;
  /** Ready lanes, oldest first. A lane is here when it has work, is in no batch and is not blocked. */
  #ready: Lane[] = [];
  /** Those in hand or waiting, by slot. */
  readonly #bySlot: Set<DispatchedBatch>[];
  #batches = 0;
  /** Slots from here on get nothing any more: the pool is about to lose them. */
  #slots: number;
  #stopped = false;

  constructor(pool: Pool, limits: EngineLimits, next: DispatchNext) {
    this.#pool = pool;
    this.#limits = limits;
    this.#next = next;
    this.#slots = pool.slots;
    this.#bySlot = Array.from({ length: pool.slots }, () => new Set());
  }

  /** Of each slot its batches and their deliveries. */
  get slots(): readonly SlotStatus[] {
    return this.#bySlot.map((batches, slot) => ({
      slot,
      batches: batches.size,
      deliveries: [...batches].reduce((sum, { items }) => sum + items.length, 0),
    }));
  }

  /** From now on only the first `slots` slots get batches. */
  confine(slots: number): void {
    this.#slots = slots;
    while (this.#bySlot.length < slots) this.#bySlot.push(new Set());
    this.kick();
  }

  /** Whether no slot beyond those in use has a batch. */
  get isConfined(): boolean {
    return this.#bySlot.every((batches, slot) => slot < this.#slots || batches.size === 0);
  }

  /** Forgets the slots beyond those in use, which have no batch. */
  forgetSlots(): void {
    assert(this.isConfined, 'a slot that goes has no batch');
    this.#bySlot.length = this.#slots;
  }

  /** Notes that a lane may have become ready. */
  offer(lane: Lane): void {
    if (lane.ready || lane.busy || lane.blocked || lane.queue.length === 0) return;
    lane.ready = true;
    this.#ready.push(lane);
  }

  /** Gives out what can be given out now. */
  kick(): void {
    if (this.#stopped || this.#ready.length === 0) return;
    this.#spreadOverIdleSlots();
    this.#fillWaitingRoom();
  }

  /** No batch leaves any more; outcomes of those in hand are ignored. */
  stop(): void {
    this.#stopped = true;
    this.#ready = [];
  }

  #spreadOverIdleSlots(): void {
    let idle = 0;
    for (let slot = 0; slot < this.#slots; slot++) if (this.#batchesOf(slot).size === 0) idle += 1;
    for (let slot = 0; slot < this.#slots && this.#ready.length > 0; slot++) {
      if (this.#batchesOf(slot).size > 0) continue;
      this.#send(slot, this.#fill(Math.ceil(this.#ready.length / idle)));
      idle -= 1;
    }
  }

  #fillWaitingRoom(): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      if (this.#batchesOf(slot).size !== BATCHES_PER_SLOT - 1 || !this.#enoughForFullBatch()) continue;
      this.#send(slot, this.#fill(this.#ready.length));
    }
  }

  /** Looks at ready lanes only until they hold a full batch. */
  #enoughForFullBatch(): boolean {
    let deliveries = 0;
    let expectedMs = 0;
    for (const lane of this.#ready) {
      deliveries += lane.queue.length;
      expectedMs += lane.queue.length * lane.owner.costMs;
      if (deliveries >= this.#limits.batchDeliveriesMax || expectedMs >= this.#limits.batchMs) return true;
    }
    return false;
  }

  /** Takes whole runs of the oldest ready lanes, at most `lanesMax` of them, until the batch is full. */
  #fill(lanesMax: number): Filling {
    const filling: Filling = { items: [], lanes: [], bytes: 0, expectedMs: 0, closed: false };
    let looked = 0;
    while (looked < this.#ready.length && filling.lanes.length < lanesMax && !filling.closed) {
      const lane = this.#ready[looked];
      assert(lane !== undefined, 'a ready lane is in its list');
      looked += 1;
      lane.ready = false;
      if (this.#takeRun(lane, filling)) {
        lane.busy = true;
        filling.lanes.push(lane);
      } else if (lane.queue.length > 0) {
        looked -= 1;
        lane.ready = true;
        break;
      }
    }
    this.#ready = looked === this.#ready.length ? [] : this.#ready.slice(looked);
    return filling;
  }

  /** Moves deliveries of one lane into the batch. True when at least one was. */
  #takeRun(lane: Lane, filling: Filling): boolean {
    const before = filling.items.length;
    while (lane.queue.length > 0 && !filling.closed) {
      const work = lane.queue.peek();
      if (work === undefined || (work.alone && filling.items.length > 0)) {
        filling.closed = true;
        break;
      }
      lane.queue.popFront();
      if (work.partition.phase !== 'active') this.#next.dropped(work);
      else if (!lane.follow(work)) this.#add(work, filling);
    }
    return filling.items.length > before;
  }

  #add(work: Work, filling: Filling): void {
    const { batchDeliveriesMax, batchBytesMax, batchMs } = this.#limits;
    filling.items.push(work);
    filling.bytes += work.bytes;
    filling.expectedMs += work.lane.owner.costMs;
    filling.closed =
      work.alone ||
      filling.items.length >= batchDeliveriesMax ||
      filling.bytes >= batchBytesMax ||
      filling.expectedMs >= batchMs;
  }

  #send(slot: number, filling: Filling): void {
    if (filling.items.length === 0) return;
    const batch: DispatchedBatch = { id: ++this.#batches, items: filling.items, lanes: filling.lanes };
    this.#batchesOf(slot).add(batch);
    assert(this.#batchesOf(slot).size <= BATCHES_PER_SLOT, 'a slot has at most two batches');
    for (const work of filling.items) {
      work.partition.inHand += 1;
      work.slot = slot;
    }
    this.#next.dispatched(slot, batch);
    this.#pool
      .run(slot, batch)
      .then((outcome) => {
        this.#return(slot, batch, outcome, filling.expectedMs);
      })
      .catch((error: unknown) => {
        if (!this.#stopped) this.#next.failed(error);
      });
  }

  #return(slot: number, batch: DispatchedBatch, outcome: Outcome, expectedMs: number): void {
    if (this.#stopped) return;
    assert(this.#batchesOf(slot).delete(batch), 'a batch comes back once');
    this.#learn(batch, outcome, expectedMs);
    this.#next.outcome(slot, batch, outcome);
    for (const lane of batch.lanes) {
      lane.busy = false;
      this.offer(lane);
    }
    this.kick();
  }

  #batchesOf(slot: number): Set<DispatchedBatch> {
    const batches = this.#bySlot[slot];
    assert(batches !== undefined, 'a slot of the pool is known');
    return batches;
  }

  /** Scales the cost of each task in the batch by how far the expectation was off. */
  #learn(batch: DispatchedBatch, outcome: Outcome, expectedMs: number): void {
    if (outcome.elapsedMs <= 0 || expectedMs <= 0) return;
    const factor = 1 + COST_WEIGHT * (outcome.elapsedMs / expectedMs - 1);
    for (const owner of new Set<TaskLanes>(batch.lanes.map((lane) => lane.owner))) owner.costMs *= factor;
  }
}
