/**
 * transact: the way out where it is exactly once. Takes the place of publish and commit.
 *
 * Promise: deliveries of a partition leave in the order of their offsets, and each transaction holds
 * the findings and dead letters of exactly the deliveries that its positions pass. One transaction of a
 * group is under way at a time. What is done and stands behind an unfinished offset is held back;
 * it counts as credit.
 */
import { assert } from '../model/assert.ts';
import type { NotedPosition } from '../model/delivery.ts';
import { EngineError } from '../model/errors.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import type { PublishResult } from '../ports/sink.ts';
import type { Transactions } from '../ports/transactions.ts';
import { encodeAckMap } from './ack-map.ts';
import type { Work } from './lane.ts';
import type { PublishPolicy } from './options.ts';
import type { Partition } from './partition.ts';
import type { Outgoing, Output } from './publish.ts';

/** Where the stage hands on. */
export interface TransactNext {
  /** Written, with its position. */
  finished(work: Work): void;
  /** Dropped, because its partition was taken away. */
  dropped(work: Work): void;
  /** As in `PublishNext`. */
  substitute(publication: Outgoing, error: EngineError): Outgoing | null;
  /** Its partition is another's now, as far as transactions go. */
  fenced(partition: Partition): void;
  /** After a transaction took effect. */
  released(): void;
  failed(error: unknown): void;
}

/** What one transaction holds. */
interface Release {
  readonly works: readonly Work[];
  readonly outgoing: readonly Outgoing[];
  readonly positions: readonly NotedPosition[];
  /** Whose positions they are. */
  readonly partitions: readonly Partition[];
  readonly startedMs: number;
}

/** The stage for one group. */
class GroupRelease {
  readonly name: string;
  /** Those with deliveries held. */
  readonly partitions: Set<Partition> = new Set<Partition>();
  /** Publications held. */
  held = 0;
  underWay: Release | null = null;
  failures = 0;
  backingOff = false;
  due = false;
  cancelLinger: Cancel | null = null;

  constructor(name: string) {
    this.name = name;
  }
}

/** The stage. */
export class Transact implements Output {
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #policy: PublishPolicy;
  readonly #next: TransactNext;
  readonly #groups = new Map<string, GroupRelease>();
  #hurried = false;
  #stopped = false;

  constructor(
    ports: { transactions: Transactions; clock: Clock; probe: Probe },
    policy: PublishPolicy,
    next: TransactNext,
  ) {
    this.#transactions = ports.transactions;
    this.#clock = ports.clock;
    this.#probe = ports.probe;
    this.#policy = policy;
    this.#next = next;
  }

  /** Deliveries that are done and held back by an earlier one; those before it wait for their transaction. */
  get heldBack(): number {
    let count = 0;
    for (const { partitions } of this.#groups.values())
      for (const partition of partitions) count += heldBackOf(partition);
    return count;
  }

  deliver(work: Work, outgoing: readonly Outgoing[]): void {
    const group = this.#groupOf(work.partition.group);
    work.held = outgoing;
    work.partition.inHand -= 1;
    group.partitions.add(work.partition);
    group.held += outgoing.length;
    if (work.delivery.offset > work.partition.cutAt) this.#abandon(group, work);
    else this.#startLinger(group);
  }

  send(): void {
    for (const group of this.#groups.values()) this.#sendOf(group);
  }

  hurry(): void {
    this.#hurried = true;
    this.send();
  }

  stop(): void {
    this.#stopped = true;
    for (const { cancelLinger } of this.#groups.values()) cancelLinger?.();
  }

  /** A delivery was dropped from its lane: what is held behind it can never be released. */
  cut({ partition, delivery }: Work): void {
    if (delivery.offset > partition.cutAt) return;
    const group = this.#groupOf(partition.group);
    partition.cutAt = delivery.offset;
    for (const work of partition.watermark.unfinished())
      if (work.delivery.offset > partition.cutAt && isIdle(work, group)) this.#abandon(group, work);
  }

  /** Drops what is held of a partition that was let go. */
  forget(partition: Partition): void {
    const group = this.#groupOf(partition.group);
    group.partitions.delete(partition);
    for (const work of partition.watermark.unfinished()) if (isIdle(work, group)) this.#abandon(group, work);
  }

  #abandon(group: GroupRelease, work: Work): void {
    this.#letGo(group, work);
    this.#next.dropped(work);
  }

  #groupOf(name: string): GroupRelease {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const made = new GroupRelease(name);
    this.#groups.set(name, made);
    return made;
  }

  #sendOf(group: GroupRelease): void {
    if (this.#stopped || group.underWay !== null || group.backingOff) return;
    if (!group.due && !this.#hurried && group.held < this.#policy.publicationsMax) return;
    const release = this.#take(group);
    if (release === null) return;
    group.underWay = release;
    this.#endLinger(group);
    for (const work of release.works) work.partition.inHand += 1;
    this.#write(group, release).catch((error: unknown) => {
      if (!this.#stopped) this.#next.failed(error);
    });
  }

  /** Of each partition what is done from its lowest offset on; `null` when that is nothing. */
  #take(group: GroupRelease): Release | null {
    const { publicationsMax, bytesMax } = this.#policy;
    const works: Work[] = [];
    const outgoing: Outgoing[] = [];
    const positions: NotedPosition[] = [];
    const partitions: Partition[] = [];
    let bytes = 0;
    for (const partition of group.partitions) {
      if (positions.length === this.#transactions.positionsMax) break;
      let last: Work | null = null;
      for (const work of partition.watermark.unfinished()) {
        if (work.held === null || outgoing.length >= publicationsMax || bytes >= bytesMax) break;
        works.push(work);
        for (const publication of work.held) {
          outgoing.push(publication);
          bytes += publication.bytes;
        }
        last = work;
      }
      if (last === null) continue;
      positions.push(positionBehind(last));
      partitions.push(partition);
    }
    if (works.length === 0) return null;
    return { works, outgoing, positions, partitions, startedMs: this.#clock.monotonic() };
  }

  async #write(group: GroupRelease, release: Release): Promise<void> {
    const { outgoing, positions } = release;
    const results = await this.#attempt({ group: group.name, positions, publications: outgoing });
    if (this.#stopped) return;
    if (results === 'fenced') this.#fence(group, release);
    else if (results.every((result) => result === null)) this.#finish(group, release);
    else this.#takeBack(group, release, results);
    this.#sendOf(group);
  }

  /** Its results; a failure for now is one of every publication. Rejects when it is not known what was written. */
  async #attempt(
    transaction: Parameters<Transactions['transact']>[0],
  ): Promise<readonly PublishResult[] | 'fenced'> {
    try {
      return await this.#transactions.transact(transaction);
    } catch (error) {
      if (error instanceof EngineError && error.code === 'E_FENCED') return 'fenced';
      if (!(error instanceof EngineError) || !error.retriable) throw error;
      return [error, ...transaction.publications.slice(1).map(() => error)];
    }
  }

  #finish(group: GroupRelease, { works, outgoing, positions, partitions, startedMs }: Release): void {
    group.failures = 0;
    for (const work of works) {
      this.#letGo(group, work);
      this.#next.finished(work);
    }
    group.underWay = null;
    let deliveries = 0;
    partitions.forEach((partition, i) => {
      deliveries += partition.watermark.contiguous - partition.committed;
      partition.committed = partition.watermark.contiguous;
      partition.position = positions[i] ?? null;
      // The next transaction begins with another partition.
      group.partitions.delete(partition);
      if (partition.watermark.ahead > 0 && partition.phase !== 'fenced') group.partitions.add(partition);
    });
    if (group.partitions.size > 0) this.#startLinger(group);
    const elapsedMs = this.#clock.monotonic() - startedMs;
    this.#tellPublished(outgoing, elapsedMs);
    this.#probe({
      type: 'committed',
      group: group.name,
      partitions: positions.length,
      deliveries,
      elapsedMs,
    });
    this.#next.released();
  }

  #tellPublished(outgoing: readonly Outgoing[], elapsedMs: number): void {
    if (outgoing.length === 0) return;
    const deadLetters = outgoing.filter(({ isDeadLetter }) => isDeadLetter).length;
    const bytes = outgoing.reduce((sum, publication) => sum + publication.bytes, 0);
    const findings = outgoing.length - deadLetters;
    this.#probe({ type: 'published', findings, deadLetters, bytes, elapsedMs });
  }

  /** They are another's: nothing of them is finished here any more. */
  #fence(group: GroupRelease, { works, partitions }: Release): void {
    group.underWay = null;
    for (const work of works) work.partition.inHand -= 1;
    for (const partition of partitions) {
      const isNews = partition.phase !== 'fenced';
      partition.phase = 'fenced';
      this.forget(partition);
      // It was let go of meanwhile: whose it is now is no matter here.
      if (!isNews) continue;
      const { topic, partition: number } = partition;
      this.#probe({ type: 'fenced', group: group.name, topic, partition: number });
      this.#next.fenced(partition);
    }
  }

  /** Nothing was written: it is held again, dead letters in the place of what was refused for good. */
  #takeBack(group: GroupRelease, { works, outgoing }: Release, results: readonly PublishResult[]): void {
    for (const work of works) work.partition.inHand -= 1;
    const errors = results.filter((result) => result !== null);
    for (const { code, message, retriable } of new Set(errors)) {
      const publications = retriable ? outgoing.length : 1;
      this.#probe({ type: 'publish-failed', code, message, publications, retriable });
    }
    if (errors.every(({ retriable }) => retriable)) this.#backOff(group);
    else {
      this.#substitute(group, outgoing, results);
      group.due = true;
    }
    group.underWay = null;
    for (const work of works) if (work.partition.phase === 'fenced') this.forget(work.partition);
  }

  #substitute(group: GroupRelease, outgoing: readonly Outgoing[], results: readonly PublishResult[]): void {
    outgoing.forEach((publication, i) => {
      const error = results[i];
      if (error === null || error === undefined || error.retriable) return;
      const { work } = publication;
      const substitute = this.#next.substitute(publication, error);
      assert(work.held !== null, 'what was not written is held');
      work.held = work.held.flatMap((other) => {
        if (other !== publication) return [other];
        return substitute === null ? [] : [substitute];
      });
      if (substitute !== null) return;
      group.held -= 1;
      publication.memory?.drop();
    });
  }

  #backOff(group: GroupRelease): void {
    const { backoffMs, backoffMaxMs } = this.#policy;
    group.backingOff = true;
    this.#clock.schedule(Math.min(backoffMaxMs, backoffMs * 2 ** group.failures++), () => {
      group.backingOff = false;
      group.due = true;
      this.#sendOf(group);
    });
  }

  #letGo(group: GroupRelease, work: Work): void {
    assert(work.held !== null, 'what is let go was held');
    group.held -= work.held.length;
    for (const { memory } of work.held) memory?.drop();
    work.held = null;
  }

  #startLinger(group: GroupRelease): void {
    if (group.cancelLinger !== null || group.due) return;
    group.cancelLinger = this.#clock.schedule(this.#policy.lingerMs, () => {
      group.cancelLinger = null;
      group.due = true;
      this.#sendOf(group);
    });
  }

  #endLinger(group: GroupRelease): void {
    group.due = false;
    group.cancelLinger?.();
    group.cancelLinger = null;
  }
}

/** Deliveries of a partition that are done and stand behind one that is not. */
function heldBackOf({ watermark }: Partition): number {
  let count = 0;
  let isBehind = false;
  for (const { held } of watermark.unfinished()) {
    if (held === null) isBehind = true;
    else if (isBehind) count += 1;
  }
  return count;
}

/** Whether it is held and in no transaction. */
function isIdle(work: Work, { underWay }: GroupRelease): boolean {
  return work.held !== null && underWay?.works.includes(work) !== true;
}

/** The position that passes `work`; what was finished above it before a restart stays noted. */
function positionBehind({ partition, delivery }: Work): NotedPosition {
  const offset = delivery.offset + 1;
  const metadata = encodeAckMap(offset, partition.skips.above(offset - 1));
  return { topic: partition.topic, partition: partition.partition, offset, metadata };
}
