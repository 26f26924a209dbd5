/** Where deliveries come from: one consumer of one group. Implementations pass test/contract/source.ts. */
import type { Assignment, Delivery, NotedPosition, TopicPartition } from '../model/delivery.ts';

/** What the engine is told of its partitions. Revokes are awaited, one at a time; `assigned` may come meanwhile, of any partition. */
export interface SourceListener {
  /** Deliveries of this partition may follow from now on. Must not throw. */
  assigned(partitions: readonly Assignment[]): void;
  /**
   * The partitions are taken away. While this is awaited, commits of them still count; `pull` gives
   * none of them any more. Resolves within the engine's drain deadline; never rejects.
   *
   * `lost`: others may read them already. Nothing is waited for then, nothing is committed, and nothing
   * of them goes out any more but what is on its way.
   */
  revoked(partitions: readonly TopicPartition[], how?: 'lost'): Promise<void>;
}

/** How much a pull may bring. */
export interface PullLimit {
  /** At least 1. */
  readonly deliveriesMax: number;
  /** Soft: one delivery may exceed it, so that a large one is not stuck for ever. */
  readonly bytesMax: number;
  /** How long to wait when there is nothing, milliseconds. */
  readonly waitMs: number;
  /** True for a partition from which nothing is wanted at the moment. */
  readonly paused: (topic: string, partition: number) => boolean;
  /** Ends the wait: the pull resolves with what it has, possibly nothing. */
  readonly signal: AbortSignal;
}

/** How far a partition is read. */
export interface Backlog extends TopicPartition {
  /** Deliveries that the partition holds beyond what was pulled. */
  readonly deliveries: number;
}

/** The port. Calls to `pull` do not overlap. */
export interface Source {
  /** Joins the group and tells `listener` of the partitions, now or later. Rejects: coded. */
  open(listener: SourceListener): Promise<void>;
  /**
   * Deliveries in offset order within each partition, those of one partition side by side; none
   * twice within an assignment. Empty after `waitMs` or the signal. Rejects: coded, when reading fails.
   */
  pull(limit: PullLimit): Promise<readonly Delivery[]>;
  /** Stores positions and their metadata for the group, durably. Rejects with `E_COMMIT_FAILED` or another coded error; nothing is stored then. */
  commit(positions: readonly NotedPosition[]): Promise<void>;
  /**
   * Their transactions say that another has them (`E_FENCED`). What is read on is dropped, so they are revoked as
   * `lost`, and assigned again where they are this one's after all. Nothing where nobody can be fenced.
   */
  fenced(partitions: readonly TopicPartition[]): void;
  /** What is still to be pulled, for every partition of the subscription. */
  backlog(): Promise<readonly Backlog[]>;
  /** Leaves the group. Waits for commits under way; again: does nothing. */
  close(): Promise<void>;
}
