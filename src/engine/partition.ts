/** One partition under one epoch: from its assignment to its revoke. */
import type { Delivery } from '../model/delivery.ts';
import type { TaskLanes } from './lane.ts';
import { Watermark } from './watermark.ts';

/**
 * - `active`: deliveries come and go.
 * - `revoking`: no delivery is dispatched any more; those in hand finish.
 * - `fenced`: another owner may have it; late results of this epoch are dropped.
 */
export type PartitionPhase = 'active' | 'revoking' | 'fenced';

/** The engine's knowledge of a partition it was assigned. */
export class Partition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Rises at each assignment of an engine. */
  readonly epoch: number;
  /** `null`: no task takes the topic, its deliveries are passed over. */
  readonly lanes: TaskLanes | null;
  readonly watermark: Watermark = new Watermark();
  phase: PartitionPhase = 'active';
  /** Deliveries dispatched or being published. */
  inHand = 0;
  /** Deliveries of this epoch below the last committed position. */
  committed = 0;

  constructor(
    origin: { group: string; topic: string; partition: number; epoch: number },
    lanes: TaskLanes | null,
  ) {
    this.group = origin.group;
    this.topic = origin.topic;
    this.partition = origin.partition;
    this.epoch = origin.epoch;
    this.lanes = lanes;
  }
}

/** Size of a delivery as credit and batches count it: key and value, bytes. */
export function deliveryBytes(delivery: Delivery): number {
  return (
    (delivery.key === null ? 0 : delivery.key.length) + (delivery.value === null ? 0 : delivery.value.length)
  );
}
