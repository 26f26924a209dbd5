/**
 * commit: stores the watermark of each partition, now and then and at the end, with the ack map of
 * what is finished above it.
 *
 * Promise: what is committed is the contiguous watermark, of partitions that are still ours; one
 * commit of a group is in flight at a time, so positions never go back.
 */
import type { NotedPosition } from '../model/delivery.ts';
import { toFault } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import { encodeAckMap } from './ack-map.ts';
import type { EngineGroup } from './options.ts';
import type { Partition, PartitionPhase } from './partition.ts';
import { sleep, withDeadline } from './sleep.ts';

/** Wait before a failed last commit is tried again, milliseconds. */
const RETRY_BACKOFF_MS = 100;

/** Which partitions: those that are ours, or those that are being taken away. */
type Whose = 'ours' | 'leaving';

/** What there is to commit for one partition. */
interface Due {
  readonly partition: Partition;
  readonly position: NotedPosition;
  /** Deliveries of the epoch below the position. */
  readonly contiguous: number;
}

/** What the stage needs of its surroundings. */
export interface CommitContext {
  readonly group: EngineGroup;
  readonly clock: Clock;
  readonly probe: Probe;
  /** Given when the engine ends. */
  readonly end: AbortSignal;
  partitions(): Iterable<Partition>;
  /** Positions were stored. */
  stored(): void;
}

/** The stage for one group. */
export class Commit {
  readonly #context: CommitContext;
  #inFlight: Promise<boolean> | null = null;

  constructor(context: CommitContext) {
    this.#context = context;
  }

  /** Commits unless a commit is under way. */
  async soon(): Promise<void> {
    if (this.#inFlight === null) await this.now();
  }

  /**
   * Commits what changed since the last time; waits for a commit under way first. False means that the
   * source did not take it, which is told; rejects only when something is wrong with the engine itself.
   *
   * A partition that is being revoked is committed by its revoke alone, so that no commit of it is
   * under way once it is let go.
   */
  async now(whose: Whose = 'ours'): Promise<boolean> {
    while (this.#inFlight !== null) await this.#inFlight;
    const due = this.#due(whose);
    if (due.length === 0) return true;
    this.#inFlight = this.#store(due);
    const stored = await this.#inFlight;
    this.#inFlight = null;
    if (stored) this.#context.stored();
    return stored;
  }

  /** Commits, and tries again while `leftMs` says that there is time. False when it did not succeed by then. */
  async within(leftMs: () => number, whose: Whose = 'ours'): Promise<boolean> {
    const { clock, end } = this.#context;
    for (;;) {
      if (await withDeadline(clock, this.now(whose), leftMs())) return true;
      await sleep(clock, Math.min(leftMs(), RETRY_BACKOFF_MS), end);
      if (leftMs() <= 0) return false;
    }
  }

  #due(whose: Whose): Due[] {
    const due: Due[] = [];
    for (const partition of this.#context.partitions()) {
      const { position: offset, contiguous } = partition.watermark;
      if (offset === null || !isOf(partition.phase, whose)) continue;
      const metadata = encodeAckMap(offset, partition.finishedAbove());
      const { topic, partition: number, position } = partition;
      if (contiguous === partition.committed && metadata === (position?.metadata ?? '')) continue;
      due.push({ partition, position: { topic, partition: number, offset, metadata }, contiguous });
    }
    return due;
  }

  async #store(due: readonly Due[]): Promise<boolean> {
    const { group, clock, probe } = this.#context;
    const startedMs = clock.monotonic();
    try {
      await group.source.commit(due.map(({ position }) => position));
    } catch (error) {
      const { code, message } = toFault(error, 'E_COMMIT_FAILED');
      probe({ type: 'commit-failed', group: group.name, code, message });
      return false;
    }
    let deliveries = 0;
    for (const { partition, position, contiguous } of due) {
      deliveries += contiguous - partition.committed;
      partition.committed = contiguous;
      partition.position = position;
    }
    const elapsedMs = clock.monotonic() - startedMs;
    probe({ type: 'committed', group: group.name, partitions: due.length, deliveries, elapsedMs });
    return true;
  }
}

function isOf(phase: PartitionPhase, whose: Whose): boolean {
  return whose === 'leaving' ? phase === 'revoking' : phase === 'active' || phase === 'stopped';
}
