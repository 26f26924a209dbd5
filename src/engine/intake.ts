/**
 * From a pull to the lanes: route → shard. What a restart need not do again is passed over here.
 */
import type { Delivery } from '../model/delivery.ts';
import type { Clock } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import type { Credit } from './credit.ts';
import type { Lane } from './lane.ts';
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
    const consumedMs = clock.monotonic();
    const counts: Counts = { consumed: 0, bytes: 0, skipped: 0 };
    for (let from = 0; from < deliveries.length;) {
      const to = runEnd(deliveries, from);
      const { topic = '', partition: number = 0 } = deliveries[from] ?? {};
      const partition = partitionOf(topic, number);
      if (partition !== undefined) this.#acceptRun(deliveries.slice(from, to), partition, consumedMs, counts);
      from = to;
    }
    const { consumed, bytes, skipped } = counts;
    credit.take(consumed, bytes);
    if (skipped > 0) probe({ type: 'skipped', group, deliveries: skipped });
    probe({ type: 'consumed', group, deliveries: consumed, bytes });
  }

  #acceptRun(run: readonly Delivery[], partition: Partition, consumedMs: number, counts: Counts): void {
    const { lanes, phase, skips } = partition;
    if (lanes === null || phase !== 'active') return;
    const { sharding } = lanes;
    let unordered = 0;
    for (const delivery of run) {
      if (skips.has(delivery.offset)) {
        partition.passOver(delivery.offset);
        counts.skipped += 1;
        continue;
      }
      const order = sharding.orderOf(delivery);
      if (order === NO_ORDER) unordered += 1;
      const lane = this.#shard.laneOf(lanes, order);
      const work = new Work(delivery, order, { lane, partition, consumedMs });
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
