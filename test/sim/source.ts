/**
 * The simulated source: partitions that are planned beforehand, positions that outlive a process,
 * and a consumer that hands out late and in parts, fails, revokes and assigns again.
 *
 * It keeps the Source contract and is as unpleasant as the contract allows. Records come twice only
 * after an assignment, from the committed position on. In one thing it is worse: a partition may be
 * assigned anew while its revoke is still awaited.
 */
import type { Delivery, Header, NotedPosition, TopicPartition } from '../../src/model/delivery.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { Backlog, PullLimit, Source, SourceListener } from '../../src/ports/source.ts';
import type { GroupStore } from './broker.ts';
import { nameOf, Rival } from './broker.ts';
import type { PortContext } from './context.ts';
import type { PartitionPlan, SimRecord } from './plan.ts';
import { ID_HEADER } from './plan.ts';
import type { SimRandom } from './random.ts';

/** How often a pull that waits looks again, milliseconds: partitions may have been resumed. */
const POLL_MS = 7;

/** A partition of this consumer. */
interface Owned {
  readonly partition: PartitionPlan;
  /** Index of the next record to hand out. */
  next: number;
  /** Being revoked: nothing is handed out, commits still count. */
  leaving: boolean;
  /** Taken away without a word: nothing is handed out, commits are refused. */
  lost: boolean;
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
  /** The listener's revoke under way: it is told one at a time. */
  #telling: Promise<void> | null = null;
  readonly #rival: Rival;
  /** What the rival has. */
  readonly #elsewhere = new Set<PartitionPlan>();
  readonly #rivalry: SimRandom;
  readonly #metadata: SimRandom;
  readonly #hangs: SimRandom;
  readonly #returns: SimRandom;

  constructor(store: GroupStore, context: PortContext) {
    this.#store = store;
    this.#context = context;
    this.#rival = new Rival(store, context);
    this.#rivalry = context.random.child('rivalry');
    this.#metadata = context.random.child('metadata');
    this.#hangs = context.random.child('hangs');
    this.#returns = context.random.child('returns');
  }

  async open(listener: SourceListener): Promise<void> {
    await this.#latency(20);
    this.#listener = listener;
    this.#assignSome();
    this.#planRevoke();
    this.#planAssignAgain(this.#context.random.child('again'));
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

  async commit(positions: readonly NotedPosition[]): Promise<void> {
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

  /** No transaction of this world is shut out. */
  fenced(): void {
    throw new EngineError('E_ASSERT', 'a partition was fenced that nobody took over');
  }

  /** What is being taken away counts from its stored position: it will not be pulled on. */
  async backlog(): Promise<readonly Backlog[]> {
    if (this.#closed) throw new EngineError('E_SOURCE_CLOSED');
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

  /** Whether the group is read here. */
  get isOpen(): boolean {
    return this.#listener !== null && !this.#closed;
  }

  /** A question about these positions: whether their partitions are still ours as they are now. */
  ownership(positions: readonly TopicPartition[]): () => boolean {
    const owned = positions.map((position) => this.#owned.get(this.#find(position)));
    return () =>
      owned.every((each) => each !== undefined && !each.lost && this.#owned.get(each.partition) === each);
  }

  /** Stores positions at once. */
  store(positions: readonly NotedPosition[]): void {
    for (const position of positions) this.#store.store(this.#find(position), position);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const pull = this.#pull;
    if (pull !== null) this.#context.clock.schedule(0, () => this.#look(pull));
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
    if (deliveries.length === 0 && leftMs > 0 && !pull.limit.signal.aborted && !this.#closed) {
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
    if (this.#closed) return taken;
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
        taken.push(handOut(record.delivery));
      }
    }
    return taken;
  }

  // commit

  /** Stores in the order of the calls, unless a partition was let go meanwhile or a fault strikes. */
  async #storeLater(positions: readonly NotedPosition[]): Promise<void> {
    const { clock, outside, random, plan, faults, report } = this.#context;
    const nowMs = outside.monotonic();
    const owned = this.ownership(positions);
    const silenceMs = this.#hangs.chance(faults().commitHangs) ? Math.max(0, plan.chaosMs - nowMs) : 0;
    if (silenceMs > 0) report({ type: 'commit-hangs', group: this.#group, positions });
    this.#commitMs = Math.max(this.#commitMs, nowMs + random.int(0, plan.latencies.commitMsMax));
    await outside.wait(this.#commitMs - nowMs);
    const why = !owned() ? 'not owned' : random.chance(faults().commitFails) ? 'fault' : null;
    if (why === null) {
      this.store(positions);
      report({ type: 'commit-stored', group: this.#group, positions });
    } else report({ type: 'commit-failed', group: this.#group, positions, why });
    await clock.running();
    if (silenceMs > 0) await clock.wait(silenceMs);
    if (why !== null) throw new EngineError('E_COMMIT_FAILED', `simulated: ${why}`);
  }

  #find({ topic, partition }: TopicPartition): PartitionPlan {
    const found = this.#store.plan.partitions.find(
      (plan) => plan.topic === topic && plan.partition === partition,
    );
    if (found === undefined) throw new EngineError('E_ASSERT', `commit of unknown ${topic}/${partition}`);
    return found;
  }

  // membership

  get #free(): PartitionPlan[] {
    return this.#store.plan.partitions.filter(
      (partition) => !this.#owned.has(partition) && !this.#elsewhere.has(partition),
    );
  }

  /** Assigns what is not owned, sometimes in two steps. */
  #assignSome(): void {
    const { random, clock } = this.#context;
    const free = this.#free;
    const now = random.chance(0.7) ? free : free.slice(0, random.int(0, free.length));
    if (now.length > 0) this.#assign(now);
    if (now.length < free.length) clock.schedule(random.waitMs(100), () => this.#assignRest());
  }

  #assignRest(): void {
    if (this.#closed) return;
    const free = this.#free;
    if (free.length > 0) this.#assign(free);
  }

  #assign(partitions: readonly PartitionPlan[]): void {
    for (const partition of partitions) {
      this.#spoilMetadata(partition);
      const next = this.#store.resumeIndex(partition);
      this.#owned.set(partition, { partition, next, leaving: false, lost: false });
    }
    const named = partitions.map(nameOf);
    this.#context.report({ type: 'assigned', group: this.#group, partitions: named });
    this.#listener?.assigned(
      partitions.map((partition) => ({ ...nameOf(partition), committed: this.#store.committed(partition) })),
    );
  }

  #spoilMetadata(partition: PartitionPlan): void {
    const { faults, report } = this.#context;
    if (!this.#metadata.chance(faults().metadataLost)) return;
    if (!this.#store.loseMetadata(partition, this.#metadata)) return;
    report({ type: 'metadata-lost', group: this.#group, partition: nameOf(partition) });
  }

  /** Now and then we are told of partitions that we have already, and read them from the stored position. */
  #planAssignAgain(random: SimRandom): void {
    const { clock, faults, report } = this.#context;
    const everyMs = faults().assignAgainEveryMs;
    if (everyMs === 0) return;
    clock.schedule(random.waitMs(everyMs), () => {
      if (faults().assignAgainEveryMs === 0 || this.#closed) return;
      const again = [...this.#owned.values()].filter((each) => !each.leaving && random.chance(0.5));
      if (again.length > 0) {
        report({ type: 'fault', what: 'assigned-again' });
        this.#assign(again.map(({ partition }) => partition));
      }
      this.#planAssignAgain(random);
    });
  }

  #planRevoke(): void {
    const { clock, random, faults } = this.#context;
    const everyMs = faults().revokeEveryMs;
    if (everyMs > 0) clock.schedule(random.waitMs(everyMs), () => void this.#revokeSome());
  }

  /** Takes some partitions away; another member has them for a while and leaves. */
  async #revokeSome(): Promise<void> {
    const { clock, random, faults } = this.#context;
    if (faults().revokeEveryMs === 0 || this.#closed) return;
    const leaving = [...this.#owned.values()].filter((each) => random.chance(0.6) && !each.leaving);
    if (leaving.length > 0) {
      for (const owned of leaving) owned.leaving = true;
      await this.#tellRevoked(leaving);
      await clock.wait(random.chance(0.3) ? 0 : random.waitMs(50));
      if (this.#rivalry.chance(faults().rivalWorks)) await this.#lend(leaving, this.#rivalry.waitMs(300));
      this.#assignRest();
    }
    this.#planRevoke();
  }

  /** Sometimes a partition comes back while it is being taken away: what is held of it belongs to its former time. */
  #planReturn(leaving: readonly Owned[]): void {
    const { clock, faults, plan, report } = this.#context;
    if (!this.#returns.chance(faults().assignedWhileLeaving)) return;
    clock.schedule(this.#returns.int(0, plan.limits.revokeMs), () => {
      const back = leaving.filter(
        (each) => !each.lost && this.#owned.get(each.partition) === each && this.#returns.chance(0.5),
      );
      if (back.length === 0 || this.#closed) return;
      report({ type: 'fault', what: 'assigned-while-leaving' });
      this.#assign(back.map(({ partition }) => partition));
    });
  }

  /**
   * The process has been silent for too long: the group goes on without it, and another member has its
   * partitions for a while. It is told when it runs again, too late to commit anything.
   */
  async lose(forMs: number): Promise<void> {
    const lost = [...this.#owned.values()].filter(({ leaving }) => !leaving);
    if (lost.length === 0 || this.#closed) return;
    for (const owned of lost) {
      owned.leaving = true;
      owned.lost = true;
    }
    const partitions = lost.map(({ partition }) => nameOf(partition));
    this.#context.report({ type: 'lost', group: this.#group, partitions });
    const lent = this.#lend(lost, forMs);
    await this.#context.clock.wait(0);
    await this.#tellRevoked(lost);
    await lent;
    this.#assignRest();
  }

  /** Another member processes what is free of these. */
  async #lend(owned: readonly Owned[], forMs: number): Promise<void> {
    const partitions = owned
      .filter((each) => each.lost || !this.#owned.has(each.partition))
      .map(({ partition }) => partition)
      .filter((partition) => !this.#elsewhere.has(partition));
    for (const partition of partitions) this.#elsewhere.add(partition);
    await this.#rival.work(partitions, forMs);
    for (const partition of partitions) this.#elsewhere.delete(partition);
  }

  /** Tells the listener, after what it is being told already, and lets go. */
  async #tellRevoked(leaving: readonly Owned[]): Promise<void> {
    const { clock, report } = this.#context;
    while (this.#telling !== null) await this.#telling;
    const partitions = leaving.map(({ partition }) => nameOf(partition));
    const startedMs = clock.monotonic();
    report({ type: 'revoking', group: this.#group, partitions });
    this.#telling = this.#listener?.revoked(partitions) ?? null;
    this.#planReturn(leaving);
    await this.#telling;
    this.#telling = null;
    report({ type: 'let-go', group: this.#group, partitions, elapsedMs: clock.monotonic() - startedMs });
    for (const each of leaving)
      if (this.#owned.get(each.partition) === each) this.#owned.delete(each.partition);
  }
}

/** An object of its own each time, and so are the bytes of its id, by which its outputs are told from those of another time. */
function handOut(delivery: Delivery): Delivery {
  const headers = delivery.headers.map((header): Header =>
    header[0] === ID_HEADER ? [ID_HEADER, header[1].subarray()] : header,
  );
  return { ...delivery, headers };
}
