/**
 * The simulated source: partitions that are planned beforehand, positions that outlive a process,
 * and a consumer that hands out late and in parts, fails, revokes and assigns again.
 *
 * It keeps the Source contract to the letter and is as unpleasant as the contract allows. Records
 * come twice only after an assignment, from the committed position on.
 */
import type { Delivery, Position, TopicPartition } from '../../src/model/delivery.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { Backlog, PullLimit, Source, SourceListener } from '../../src/ports/source.ts';
import type { PortContext } from './context.ts';
import type { GroupPlan, PartitionPlan, SimRecord } from './plan.ts';

/** How often a pull that waits looks again, milliseconds: partitions may have been resumed. */
const POLL_MS = 7;

/** What a group has on the broker: it outlives every process. */
export class GroupStore {
  readonly plan: GroupPlan;
  readonly #committed = new Map<PartitionPlan, number>();

  constructor(plan: GroupPlan) {
    this.plan = plan;
  }

  /** The stored position; the partition's beginning when there is none. */
  committed(partition: PartitionPlan): number {
    return this.#committed.get(partition) ?? 0;
  }

  store(partition: PartitionPlan, offset: number): void {
    this.#committed.set(partition, offset);
  }

  /** Index of the first record at or after the stored position. */
  resumeIndex(partition: PartitionPlan): number {
    const offset = this.committed(partition);
    const index = partition.records.findIndex(({ delivery }) => delivery.offset >= offset);
    return index === -1 ? partition.records.length : index;
  }
}

/** A partition of this consumer. */
interface Owned {
  readonly partition: PartitionPlan;
  /** Index of the next record to hand out. */
  next: number;
  /** Being revoked: nothing is handed out, commits still count. */
  leaving: boolean;
}

/** A pull that has not been answered. */
interface OpenPull {
  readonly limit: PullLimit;
  readonly deadlineMs: number;
  readonly resolve: (deliveries: readonly Delivery[]) => void;
}

/** One process's consumer of one group. */
export class SimSource implements Source {
  readonly #store: GroupStore;
  readonly #context: PortContext;
  readonly #owned = new Map<PartitionPlan, Owned>();
  readonly #pendingCommits = new Set<Promise<void>>();
  #listener: SourceListener | null = null;
  #pull: OpenPull | null = null;
  #closed = false;
  /** When the last commit takes effect: commits are stored in the order of their calls. */
  #commitMs = 0;

  constructor(store: GroupStore, context: PortContext) {
    this.#store = store;
    this.#context = context;
  }

  async open(listener: SourceListener): Promise<void> {
    await this.#latency(20);
    this.#listener = listener;
    this.#assignSome();
    this.#planRevoke();
  }

  pull(limit: PullLimit): Promise<readonly Delivery[]> {
    const { clock, random, faults, plan } = this.#context;
    if (this.#closed) return Promise.reject(new EngineError('E_SOURCE_CLOSED'));
    if (this.#pull !== null) return Promise.reject(new EngineError('E_ASSERT', 'two pulls at once'));
    this.#context.report({ type: 'pull-asked', group: this.#group, limit });
    if (random.chance(faults().pullFatal)) return this.#failPull('E_LOG_CORRUPT');
    if (random.chance(faults().pullFails)) return this.#failPull('E_LOG_IO');
    return new Promise((resolve) => {
      const pull = { limit, deadlineMs: clock.monotonic() + limit.waitMs, resolve };
      this.#pull = pull;
      clock.schedule(random.int(0, plan.latencies.pullMsMax), () => this.#look(pull));
      limit.signal.addEventListener('abort', () => clock.schedule(0, () => this.#look(pull)), { once: true });
    });
  }

  async commit(positions: readonly Position[]): Promise<void> {
    if (this.#closed) throw new EngineError('E_SOURCE_CLOSED');
    this.#context.report({ type: 'commit-asked', group: this.#group, positions });
    const stored = this.#storeLater(positions);
    this.#pendingCommits.add(stored);
    try {
      await stored;
    } finally {
      this.#pendingCommits.delete(stored);
    }
  }

  /** What is being taken away counts from its stored position: it will not be pulled on. */
  async backlog(): Promise<readonly Backlog[]> {
    await this.#latency(5);
    return this.#store.plan.partitions.map((partition) => {
      const owned = this.#owned.get(partition);
      const reading = owned !== undefined && !owned.leaving;
      const next = reading ? owned.next : this.#store.resumeIndex(partition);
      const ready = partition.records.filter((record) => this.#isAvailable(record)).length;
      return {
        topic: partition.topic,
        partition: partition.partition,
        deliveries: Math.max(0, ready - next),
      };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#pendingCommits);
    await this.#latency(5);
  }

  get #group(): string {
    return this.#store.plan.name;
  }

  #latency(maxMs: number): Promise<void> {
    return this.#context.clock.wait(this.#context.random.int(0, maxMs));
  }

  #isAvailable(record: SimRecord): boolean {
    return record.availableMs <= this.#context.clock.monotonic();
  }

  // pull

  async #failPull(code: 'E_LOG_IO' | 'E_LOG_CORRUPT'): Promise<never> {
    await this.#latency(this.#context.plan.latencies.pullMsMax);
    if (code === 'E_LOG_CORRUPT') this.#context.dealtFatal(code);
    this.#context.report({ type: 'pull-failed', group: this.#group, code });
    throw new EngineError(code);
  }

  /** Answers the pull when there is something, its time is over or its signal was given. */
  #look(pull: OpenPull): void {
    if (this.#pull !== pull) return;
    const { clock } = this.#context;
    const deliveries = this.#gather(pull.limit);
    const leftMs = pull.deadlineMs - clock.monotonic();
    if (deliveries.length === 0 && leftMs > 0 && !pull.limit.signal.aborted) {
      clock.schedule(Math.min(leftMs, POLL_MS), () => this.#look(pull));
      return;
    }
    this.#pull = null;
    if (deliveries.length > 0) this.#context.report({ type: 'handed-out', group: this.#group, deliveries });
    pull.resolve(deliveries);
  }

  /** Partition by partition from a random one on, now and then fewer than there are. */
  #gather(limit: PullLimit): Delivery[] {
    const { random } = this.#context;
    const taken: Delivery[] = [];
    const owned = [...this.#owned.values()].filter(({ leaving }) => !leaving);
    if (owned.length === 0) return taken;
    const first = random.int(0, owned.length - 1);
    const countMax = random.chance(0.5) ? limit.deliveriesMax : random.int(1, limit.deliveriesMax);
    let bytesLeft = limit.bytesMax;
    for (const part of [...owned.slice(first), ...owned.slice(0, first)]) {
      if (limit.paused(part.partition.topic, part.partition.partition)) continue;
      while (taken.length < countMax) {
        const record = part.partition.records[part.next];
        if (record === undefined || !this.#isAvailable(record)) break;
        const bytes = (record.delivery.key?.length ?? 0) + (record.delivery.value?.length ?? 0);
        if (bytes > bytesLeft && taken.length > 0) return taken;
        bytesLeft -= bytes;
        part.next += 1;
        taken.push({ ...record.delivery });
      }
    }
    return taken;
  }

  // commit

  /** Stores in the order of the calls, unless a partition was let go meanwhile or a fault strikes. */
  async #storeLater(positions: readonly Position[]): Promise<void> {
    const { clock, random, plan, faults, report } = this.#context;
    const nowMs = clock.monotonic();
    const owned = positions.map((position) => this.#owned.get(this.#find(position)));
    this.#commitMs = Math.max(this.#commitMs, nowMs + random.int(0, plan.latencies.commitMsMax));
    await clock.wait(this.#commitMs - nowMs);
    const still = owned.every((each) => each !== undefined && this.#owned.get(each.partition) === each);
    const why = !still ? 'not owned' : random.chance(faults().commitFails) ? 'fault' : null;
    if (why !== null) {
      report({ type: 'commit-failed', group: this.#group, positions, why });
      throw new EngineError('E_COMMIT_FAILED', `simulated: ${why}`);
    }
    for (const [index, { offset }] of positions.entries()) {
      const each = owned[index];
      if (each !== undefined) this.#store.store(each.partition, offset);
    }
    report({ type: 'commit-stored', group: this.#group, positions });
  }

  #find({ topic, partition }: TopicPartition): PartitionPlan {
    const found = this.#store.plan.partitions.find(
      (plan) => plan.topic === topic && plan.partition === partition,
    );
    if (found === undefined) throw new EngineError('E_ASSERT', `commit of unknown ${topic}/${partition}`);
    return found;
  }

  // membership

  /** Assigns what is not owned, sometimes in two steps. */
  #assignSome(): void {
    const { random, clock } = this.#context;
    const free = this.#store.plan.partitions.filter((partition) => !this.#owned.has(partition));
    const now = random.chance(0.7) ? free : free.slice(0, random.int(0, free.length));
    if (now.length > 0) this.#assign(now);
    if (now.length < free.length) clock.schedule(random.waitMs(100), () => this.#assignRest());
  }

  #assignRest(): void {
    if (this.#closed) return;
    const free = this.#store.plan.partitions.filter((partition) => !this.#owned.has(partition));
    if (free.length > 0) this.#assign(free);
  }

  #assign(partitions: readonly PartitionPlan[]): void {
    for (const partition of partitions) {
      this.#owned.set(partition, { partition, next: this.#store.resumeIndex(partition), leaving: false });
    }
    const named = partitions.map(nameOf);
    this.#context.report({ type: 'assigned', group: this.#group, partitions: named });
    this.#listener?.assigned(named);
  }

  #planRevoke(): void {
    const { clock, random, faults } = this.#context;
    const everyMs = faults().revokeEveryMs;
    if (everyMs > 0) clock.schedule(random.waitMs(everyMs), () => void this.#revokeSome());
  }

  /** Takes some partitions away; another member has them for a while, does nothing and leaves. */
  async #revokeSome(): Promise<void> {
    const { clock, random, faults, report } = this.#context;
    if (faults().revokeEveryMs === 0 || this.#closed) return;
    const leaving = [...this.#owned.values()].filter(() => random.chance(0.6));
    if (leaving.length > 0) {
      for (const owned of leaving) owned.leaving = true;
      const partitions = leaving.map(({ partition }) => nameOf(partition));
      const startedMs = clock.monotonic();
      report({ type: 'revoking', group: this.#group, partitions });
      await this.#listener?.revoked(partitions);
      report({ type: 'let-go', group: this.#group, partitions, elapsedMs: clock.monotonic() - startedMs });
      for (const { partition } of leaving) this.#owned.delete(partition);
      await clock.wait(random.chance(0.3) ? 0 : random.waitMs(50));
      this.#assignRest();
    }
    this.#planRevoke();
  }
}

function nameOf({ topic, partition }: PartitionPlan): TopicPartition {
  return { topic, partition };
}
