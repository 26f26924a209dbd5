/** One partition under one epoch: from its assignment to its revoke. */
import type { Assignment, Delivery } from '../model/delivery.ts';
import type { OffsetRun } from './ack-map.ts';
import { decodeAckMap, Skips } from './ack-map.ts';
import type { TaskLanes, Work } from './lane.ts';
import { Watermark } from './watermark.ts';

/**
 * - `active`: deliveries come and go.
 * - `stopped`: its task was stopped; as `revoking`, but the partition is kept.
 * - `revoking`: no delivery is dispatched any more; those in hand finish.
 * - `fenced`: another owner may have it; late results of this epoch are dropped.
 */
export type PartitionPhase = 'active' | 'stopped' | 'revoking' | 'fenced';

/** The engine's knowledge of a partition it was assigned. */
export class Partition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Rises at each assignment of an engine. */
  readonly epoch: number;
  /** `null`: no task takes the topic, its deliveries are passed over. */
  readonly lanes: TaskLanes | null;
  readonly watermark: Watermark<Work> = new Watermark<Work>();
  /** Finished before a restart, though above the position that was committed. */
  readonly skips: Skips;
  /** Whether the committed ack map could be read. */
  readonly isReadable: boolean;
  phase: PartitionPhase = 'active';
  /** Deliveries dispatched or being published. */
  inHand = 0;
  /** Deliveries of this epoch below the last committed position. */
  committed = 0;
  /** The lowest offset that was dropped from its lane: under this epoch no position passes it. */
  cutAt: number = Infinity;
  /** What was last committed; `null` when nothing was, by anyone. */
  position: Assignment['committed'];

  constructor(origin: Assignment & { group: string; epoch: number }, lanes: TaskLanes | null) {
    this.group = origin.group;
    this.topic = origin.topic;
    this.partition = origin.partition;
    this.epoch = origin.epoch;
    this.lanes = lanes;
    this.position = origin.committed;
    const { offset, metadata } = origin.committed ?? { offset: 0, metadata: '' };
    const runs = decodeAckMap(offset, metadata);
    this.isReadable = runs !== null;
    this.skips = new Skips(runs ?? []);
    if (lanes !== null && lanes.stopped !== null) this.phase = 'stopped';
  }

  /** What is done above the watermark, by this process or one before it. */
  *finishedAbove(): Generator<OffsetRun> {
    yield* this.watermark.finishedAbove();
    yield* this.skips.above(this.watermark.lastOffset);
  }

  /** Notes an offset that was finished before a restart. At the watermark it counts as committed: the stored map has it. */
  passOver(offset: number): void {
    const isNext = this.committed === this.watermark.begun;
    this.watermark.finish(this.watermark.begin(offset, null));
    if (isNext) this.committed += 1;
  }

  /** Deliveries read beyond the committed position: what a crash could make seen twice. */
  get uncommitted(): number {
    return this.watermark.begun - this.committed;
  }

  /** Whether nothing of it is in a thread, on its way to the sink, or about to be. */
  get isSettled(): boolean {
    return this.inHand === 0 && (this.watermark.lowest?.held ?? null) === null;
  }
}

/** Size of a delivery as credit and batches count it: key and value, bytes. */
export function deliveryBytes(delivery: Delivery): number {
  return (
    (delivery.key === null ? 0 : delivery.key.length) + (delivery.value === null ? 0 : delivery.value.length)
  );
}
