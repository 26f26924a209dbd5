/**
 * commit: stores the watermark of each partition, now and then and at the end.
 *
 * Promise: what is committed is the contiguous watermark, of partitions that are still ours; one
 * commit of a group is in flight at a time, so positions never go back.
 */
import type { Position } from '../model/delivery.ts';
import { toFault } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import type { EngineGroup } from './options.ts';
import type { Partition } from './partition.ts';

/** Wait before a failed last commit is tried again, milliseconds. */
const RETRY_BACKOFF_MS = 100;

/** What there is to commit for one partition. */
interface Due {
  readonly partition: Partition;
  readonly position: Position;
  /** Deliveries of the epoch below the position. */
  readonly contiguous: number;
}

/** The stage for one group. */
export class Commit {
  readonly #group: EngineGroup;
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #partitions: () => Iterable<Partition>;
  #inFlight: Promise<boolean> | null = null;

  constructor(
    group: EngineGroup,
    ports: { clock: Clock; probe: Probe },
    partitions: () => Iterable<Partition>,
  ) {
    this.#group = group;
    this.#clock = ports.clock;
    this.#probe = ports.probe;
    this.#partitions = partitions;
  }

  /**
   * Commits what moved since the last time in partitions of this phase; waits for a commit under way
   * first. Never rejects: false means that the source did not take it, which is told.
   *
   * A partition that is being revoked is committed by its revoke alone, so that no commit of it is
   * under way once it is let go.
   */
  async now(phase: 'active' | 'revoking' = 'active'): Promise<boolean> {
    while (this.#inFlight !== null) await this.#inFlight;
    const due = this.#due(phase);
    if (due.length === 0) return true;
    this.#inFlight = this.#store(due);
    const stored = await this.#inFlight;
    this.#inFlight = null;
    return stored;
  }

  /** Commits, and tries again while `leftMs` says that there is time. False when it did not succeed. */
  async within(leftMs: () => number, phase: 'active' | 'revoking' = 'active'): Promise<boolean> {
    for (;;) {
      if (await this.now(phase)) return true;
      if (leftMs() <= 0) return false;
      await new Promise<void>((resolve) => {
        this.#clock.schedule(Math.min(leftMs(), RETRY_BACKOFF_MS), resolve);
      });
    }
  }

  #due(phase: 'active' | 'revoking'): Due[] {
    const due: Due[] = [];
    for (const partition of this.#partitions()) {
      const { position: offset, contiguous } = partition.watermark;
      if (offset === null || contiguous === partition.committed || partition.phase !== phase) continue;
      const { topic, partition: number } = partition;
      due.push({ partition, position: { topic, partition: number, offset }, contiguous });
    }
    return due;
  }

  async #store(due: readonly Due[]): Promise<boolean> {
    const startedMs = this.#clock.monotonic();
    const group = this.#group.name;
    try {
      await this.#group.source.commit(due.map(({ position }) => position));
    } catch (error) {
      const { code, message } = toFault(error, 'E_COMMIT_FAILED');
      this.#probe({ type: 'commit-failed', group, code, message });
      return false;
    }
    let deliveries = 0;
    for (const { partition, contiguous } of due) {
      deliveries += contiguous - partition.committed;
      partition.committed = contiguous;
    }
    const elapsedMs = this.#clock.monotonic() - startedMs;
    this.#probe({ type: 'committed', group, partitions: due.length, deliveries, elapsedMs });
    return true;
  }
}
