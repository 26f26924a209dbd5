/**
 * From a pull to the lanes: route → shard. What a restart need not do again is passed over here.
 */
import { assert } from '../model/assert.ts';
import type { Delivery } from '../model/delivery.ts';
import type { Clock } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import type { Credit } from './credit.ts';
import type { Lane, Pull } from './lane.ts';
import { Work } from './lane.ts';
import type { Partition } from './partition.ts';
import { NO_ORDER, Shard } from './shard.ts';

/** What the stage works with. */
export interface IntakeContext {
  readonly credit: Credit;
  readonly clock: Clock;
  readonly probe: Probe;
  /** A lane got a delivery. */
  offer(lane: Lane): void;
}

/** Deliveries of one partition, side by side in a pull. */
interface Run {
  readonly deliveries: readonly Delivery[];
  readonly from: number;
  /** Index behind the last. */
  readonly to: number;
  readonly pull: Pull;
}

/** What became of a pull. */
interface Counts {
  consumed: number;
  bytes: number;
  skipped: number;
}

/** The stage. */
export class Intake {
  readonly #context: IntakeContext;
  readonly #shard = new Shard();

  constructor(context: IntakeContext) {
    this.#context = context;
  }

  /** Puts deliveries into their lanes. Those of one partition stand side by side. */
  accept(
    deliveries: readonly Delivery[],
    group: string,
    partitionOf: (topic: string, partition: number) => Partition | undefined,
  ): void {
    const { credit, clock, probe } = this.#context;
    const pull = { consumedMs: clock.monotonic() };
    const counts: Counts = { consumed: 0, bytes: 0, skipped: 0 };
    for (let from = 0; from < deliveries.length;) {
      const to = runEnd(deliveries, from);
      const { topic = '', partition: number = 0 } = deliveries[from] ?? {};
      const partition = partitionOf(topic, number);
      if (partition !== undefined) this.#acceptRun({ deliveries, from, to, pull }, partition, counts);
      from = to;
    }
    const { consumed, bytes, skipped } = counts;
    credit.take(consumed, bytes);
    if (skipped > 0) probe({ type: 'skipped', group, deliveries: skipped });
    probe({ type: 'consumed', group, deliveries: consumed, bytes });
  }

  #acceptRun({ deliveries, from, to, pull }: Run, partition: Partition, counts: Counts): void {
    const { lanes, phase, skips } = partition;
    if (lanes === null || phase !== 'active') return;
    const { sharding } = lanes;
    let unordered = 0;
    for (let i = from; i < to; i++) {
      const delivery = deliveries[i];
      assert(delivery !== undefined, 'a run is of deliveries that were pulled');
      if (skips.has(delivery.offset)) {
        partition.passOver(delivery.offset);
        counts.skipped += 1;
        continue;
      }
      const order = sharding.orderOf(delivery);
      if (order === NO_ORDER) unordered += 1;
      const lane = this.#shard.laneOf(lanes, order);
      const work = new Work(delivery, order, { lane, partition, pull });
      lane.queue.pushBack(work);
      this.#context.offer(lane);
      counts.consumed += 1;
      counts.bytes += work.bytes;
    }
    if (unordered > 0 && sharding.byField)
      this.#context.probe({ type: 'unsharded', task: lanes.task.name, deliveries: unordered });
  }
}

/** Index behind the run of one partition that begins at `from`. */
function runEnd(deliveries: readonly Delivery[], from: number): number {
  const first = deliveries[from];
  let to = from + 1;
  while (
    to < deliveries.length &&
    deliveries[to]?.partition === first?.partition &&
    deliveries[to]?.topic === first?.topic
  )
    to += 1;
  return to;
}
