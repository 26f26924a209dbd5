/**
 * The partitions of one group: assigned, revoked, fenced.
 *
 * Promise: on a revoke nothing new of the partition is dispatched, what is in hand finishes or its
 * deadline passes, the watermark is committed, and only then the partition is let go. A result that
 * comes later belongs to an older epoch and changes nothing. What was lost is let go at once.
 */
import type { Assignment, TopicPartition } from '../model/delivery.ts';
import type { Clock } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import type { SourceListener } from '../ports/source.ts';
import type { Conditions } from './conditions.ts';
import type { TaskLanes } from './lane.ts';
import { Partition } from './partition.ts';
import type { Route } from './route.ts';

/** What the membership needs of the engine. */
export interface MembershipContext {
  readonly group: string;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly conditions: Conditions;
  /** How long a revoke waits for work in hand, and how long it then tries to commit. */
  readonly revokeMs: number;
  readonly commitMs: number;
  readonly tasks: readonly TaskLanes[];
  nextEpoch(): number;
  route(topic: string): Route;
  /** Stores the watermarks of partitions being revoked, trying again while there is time. */
  commitRevoking(leftMs: () => number): Promise<void>;
  /** A partition was let go: what is held of it is dropped. */
  fenced(partition: Partition): void;
  /** The engine has ended: nothing in hand will finish. */
  readonly ended: () => boolean;
}

/** One group's table of partitions, kept by what its source tells. */
export class Membership implements SourceListener {
  readonly #context: MembershipContext;
  readonly #byTopic = new Map<string, Map<number, Partition>>();

  constructor(context: MembershipContext) {
    this.#context = context;
  }

  /** The partition, while it is ours. */
  partitionOf(topic: string, partition: number): Partition | undefined {
    return this.#byTopic.get(topic)?.get(partition);
  }

  /** Whether partitions are being taken away at the moment. */
  get isRevoking(): boolean {
    return [...this.partitions()].some(({ phase }) => phase === 'revoking');
  }

  /** All partitions that are ours. */
  *partitions(): Iterable<Partition> {
    for (const partitions of this.#byTopic.values()) yield* partitions.values();
  }

  assigned(partitions: readonly Assignment[]): void {
    const { group, probe } = this.#context;
    probe({
      type: 'assigned',
      group,
      partitions: partitions.map(({ topic, partition }) => ({ topic, partition })),
    });
    for (const assignment of partitions) {
      const { topic, partition } = assignment;
      const ofTopic = this.#byTopic.get(topic) ?? new Map<number, Partition>();
      this.#byTopic.set(topic, ofTopic);
      const former = ofTopic.get(partition);
      if (former !== undefined) {
        former.phase = 'fenced';
        this.#context.fenced(former);
      }
      const origin = { ...assignment, group, epoch: this.#context.nextEpoch() };
      const assigned = new Partition(origin, this.#lanesOf(topic));
      ofTopic.set(partition, assigned);
      if (!assigned.isReadable) probe({ type: 'ack-map-unreadable', group, topic, partition });
    }
  }

  async revoked(partitions: readonly TopicPartition[], how?: 'lost'): Promise<void> {
    const { group, probe } = this.#context;
    const leaving = partitions
      .map(({ topic, partition }) => this.partitionOf(topic, partition))
      .filter((partition) => partition !== undefined);
    if (how !== 'lost') await this.#finish(leaving);
    let dropped = 0;
    for (const partition of leaving) {
      partition.phase = 'fenced';
      this.#context.fenced(partition);
      dropped += partition.watermark.ahead;
      this.#forget(partition);
    }
    probe({ type: 'revoked', group, partitions, dropped });
  }

  /** Waits for what is in hand, then stores the watermarks; both within their deadlines. */
  async #finish(leaving: readonly Partition[]): Promise<void> {
    const { clock, conditions, revokeMs, commitMs, ended } = this.#context;
    for (const partition of leaving) partition.phase = 'revoking';
    await conditions.until(
      () => ended() || leaving.every(({ phase, isSettled }) => phase === 'fenced' || isSettled),
      revokeMs,
    );
    const untilMs = clock.monotonic() + commitMs;
    const leftMs = (): number => (ended() ? 0 : Math.max(0, untilMs - clock.monotonic()));
    if (!ended()) await this.#context.commitRevoking(leftMs);
  }

  /** A partition assigned anew meanwhile stays. */
  #forget(partition: Partition): void {
    const ofTopic = this.#byTopic.get(partition.topic);
    if (ofTopic?.get(partition.partition) === partition) ofTopic.delete(partition.partition);
  }

  #lanesOf(topic: string): TaskLanes | null {
    const route = this.#context.route(topic);
    if (route.type === 'task') return this.#context.tasks[route.index] ?? null;
    const tasks = route.type === 'ambiguous' ? route.tasks : [];
    this.#context.probe({ type: 'unrouted', group: this.#context.group, topic, tasks });
    return null;
  }
}
