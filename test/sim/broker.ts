/** What a group has outside of our process: its stored positions, and now and then another member. */
import type { Assignment, NotedPosition, TopicPartition } from '../../src/model/delivery.ts';
import type { PortContext } from './context.ts';
import { outputsOf } from './finding.ts';
import type { GroupPlan, PartitionPlan, SimRecord } from './plan.ts';
import { taskOf } from './plan.ts';
import type { SimRandom } from './random.ts';

/** How long the other member takes for a record, at most, milliseconds. */
const RIVAL_MS_MAX = 15;

/** What others may have written beside a position. */
const FOREIGN_METADATA: readonly string[] = ['', 'moved by hand', '{"v":2}', 'AAAA', '#'.repeat(4096)];

/** The stored positions of a group: they outlive every process. */
export class GroupStore {
  readonly plan: GroupPlan;
  readonly #committed = new Map<PartitionPlan, NotedPosition>();

  constructor(plan: GroupPlan) {
    this.plan = plan;
  }

  /** The stored position, if there is one. */
  committed(partition: PartitionPlan): Assignment['committed'] {
    return this.#committed.get(partition) ?? null;
  }

  store(partition: PartitionPlan, position: NotedPosition): void {
    this.#committed.set(partition, position);
  }

  /** The position stays, what was noted beside it does not. False when there is nothing to lose. */
  loseMetadata(partition: PartitionPlan, random: SimRandom): boolean {
    const position = this.#committed.get(partition);
    if (position === undefined) return false;
    this.store(partition, { ...position, metadata: random.pick(FOREIGN_METADATA) });
    return true;
  }

  /** Index of the first record at or after the stored position. */
  resumeIndex(partition: PartitionPlan): number {
    const offset = this.committed(partition)?.offset ?? 0;
    const index = partition.records.findIndex(({ delivery }) => delivery.offset >= offset);
    return index === -1 ? partition.records.length : index;
  }
}

/** Topic and number of a partition. */
export function nameOf({ topic, partition }: PartitionPlan): TopicPartition {
  return { topic, partition };
}

/**
 * Another member of the group, correct and slow: takes record by record from the stored position
 * on, writes its outputs and stores the position, not always before it leaves.
 */
export class Rival {
  readonly #store: GroupStore;
  readonly #context: PortContext;
  readonly #random: SimRandom;

  constructor(store: GroupStore, context: PortContext) {
    this.#store = store;
    this.#context = context;
    this.#random = context.random.child('rival');
  }

  /** Has the partitions for about so long. */
  async work(partitions: readonly PartitionPlan[], forMs: number): Promise<void> {
    const untilMs = this.#context.outside.monotonic() + forMs;
    await Promise.all(partitions.map((partition) => this.#workOn(partition, untilMs)));
  }

  async #workOn(partition: PartitionPlan, untilMs: number): Promise<void> {
    const { outside, plan } = this.#context;
    const exactlyOnce = plan.delivery === 'exactly-once';
    let last: SimRecord | null = null;
    for (let index = this.#store.resumeIndex(partition); ; index++) {
      const record = partition.records[index];
      if (record === undefined || record.availableMs > outside.monotonic()) break;
      await outside.wait(this.#random.int(1, RIVAL_MS_MAX));
      if (outside.monotonic() > untilMs || !this.#finish(record)) break;
      last = record;
      if (exactlyOnce || this.#random.chance(0.3)) this.#commit(partition, record);
    }
    if (last !== null && this.#random.chance(0.8)) this.#commit(partition, last);
  }

  /** Writes what the record comes to; false when it would stop a process now. */
  #finish({ delivery, id }: SimRecord): boolean {
    const { plan, behaviours, report, healed } = this.#context;
    const group = this.#store.plan.name;
    const task = taskOf(plan, group, delivery.topic);
    if (task === null) return false;
    const behaviour = behaviours.of(task, id);
    if (behaviour.kind === 'hopeless' && task.retry.onExhausted === 'stop' && !healed()) return false;
    for (const publication of outputsOf(task, delivery, behaviour)) report({ type: 'written', publication });
    const { topic, partition, offset } = delivery;
    report({ type: 'rival-finished', group, position: { topic, partition, offset } });
    return true;
  }

  #commit(partition: PartitionPlan, { delivery: { topic, offset } }: SimRecord): void {
    const position = { topic, partition: partition.partition, offset: offset + 1, metadata: 'rival' };
    this.#store.store(partition, position);
    this.#context.report({ type: 'rival-stored', group: this.#store.plan.name, position });
  }
}
