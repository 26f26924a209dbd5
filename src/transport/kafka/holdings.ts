/**
 * The partitions that this member reads: taken up at what the group has committed, or where it says to
 * begin, and let go by way of the engine.
 *
 * Promise: where a group begins is committed before anything of it is given out, so that it stays so;
 * and nothing is given out of a partition whose committed offset could not be learnt.
 */
import type { Assignment, NotedPosition, TopicPartition } from '../../model/delivery.ts';
import type { EngineError } from '../../model/errors.ts';
import { toFault } from '../../model/errors.ts';
import type { SourceListener } from '../../ports/source.ts';
import type { Brokers } from './brokers.ts';
import type { Coordinator } from './coordinator.ts';
import type { Fetcher } from './fetcher.ts';
import { groupFault, isDealing } from './group-fault.ts';
import type { HeldPosition, Holder } from './member.ts';
import type { Committer } from './offsets.ts';
import { commitOffsets, committedOf, offsetsAt } from './offsets.ts';
import { placeOf } from './places.ts';
import { END, START } from './protocol/list-offsets.ts';
import { Reading } from './reading.ts';
import type { FetchSettings, KafkaEvent } from './settings.ts';

/** Where reading begins when nothing is committed: a time is milliseconds since 1970. */
export type From = 'earliest' | 'latest' | number;

/** What it needs. */
export interface HoldingsOptions {
  readonly brokers: Brokers;
  readonly coordinator: Coordinator;
  readonly fetcher: Fetcher;
  readonly listener: SourceListener;
  readonly group: string;
  readonly fetch: FetchSettings;
  /** Where the group begins in a partition of which it has committed nothing. */
  readonly from: (partition: TopicPartition) => From;
  /** Is awaited before the committed offsets are asked for. */
  readonly beforeReading: (partitions: readonly TopicPartition[]) => Promise<void>;
  /** Who commits; `null`: the group does not know this member (any more). */
  readonly committer: () => Committer | null;
  readonly tell: (event: KafkaEvent) => void;
}

type Committed = Assignment['committed'];

/** A partition that can be read. */
interface Start extends TopicPartition {
  readonly committed: NonNullable<Committed>;
  readonly end: number;
}

/** The holder of partitions. */
export class Holdings implements Holder {
  readonly #options: HoldingsOptions;

  constructor(options: HoldingsOptions) {
    this.#options = options;
  }

  async take(
    partitions: readonly TopicPartition[],
    position: HeldPosition,
  ): Promise<readonly TopicPartition[]> {
    const { fetcher, listener, group, committer } = this.#options;
    try {
      const starts = await this.#starts(partitions, position);
      if (committer() === null || starts.length === 0) return [];
      fetcher.add(starts.map((start) => new Reading(start, start.committed.offset, start.end)));
      listener.assigned(starts.map(({ topic, partition, committed }) => ({ topic, partition, committed })));
      return starts;
    } catch (error) {
      const fault = groupFault(error, group);
      if (!fault.retriable) throw fault;
      if (!isDealing(error)) this.#tell(fault);
      return [];
    }
  }

  stop(partitions: readonly TopicPartition[]): void {
    this.#options.fetcher.remove(partitions);
  }

  async letGo(partitions: readonly TopicPartition[], how?: 'lost'): Promise<void> {
    await this.#options.listener.revoked(partitions, how);
  }

  /** Of those of which all that is needed could be learnt. */
  async #starts(partitions: readonly TopicPartition[], position: HeldPosition): Promise<readonly Start[]> {
    const { brokers, coordinator, group, fetch, beforeReading } = this.#options;
    await beforeReading(partitions);
    const committed = await committedOf(coordinator, group, partitions);
    const known = partitions.filter((partition) => committed.found.has(placeOf(partition)));
    const ends = await offsetsAt(
      brokers,
      fetch.isolation,
      known.map((place) => ({ ...place, time: END })),
    );
    const begun = new Map<string, Committed>(position === 'lost' ? [] : committed.found);
    const without = known.filter((partition) => (begun.get(placeOf(partition)) ?? null) === null);
    for (const start of await this.#begin(without, ends.found, position)) {
      begun.set(placeOf(start), start);
      this.#tellLost(start, committed.found.get(placeOf(start)) ?? null, position);
    }
    const failure = committed.failure ?? ends.failure;
    if (failure !== null) this.#tell(groupFault(failure, group));
    return known.flatMap((partition) => {
      const place = placeOf(partition);
      const start = begun.get(place) ?? null;
      if (start === null) return [];
      return [{ ...partition, committed: start, end: ends.found.get(place) ?? start.offset }];
    });
  }

  /** Where to begin in these, committed; those whose leader cannot be asked are left out. */
  async #begin(
    partitions: readonly TopicPartition[],
    ends: ReadonlyMap<string, number>,
    position: HeldPosition,
  ): Promise<readonly NotedPosition[]> {
    const { brokers, coordinator, group, fetch, from, committer } = this.#options;
    const outOfRange = fetch.outOfRange === 'earliest' ? START : END;
    const queries = partitions.map((partition) => {
      const time = position === 'lost' ? outOfRange : timeOf(from(partition));
      return { ...partition, time };
    });
    const asked = queries.filter(({ time }) => time !== END);
    const { found } = await offsetsAt(brokers, fetch.isolation, asked);
    const starts = queries.flatMap(({ topic, partition, time }) => {
      const place = placeOf({ topic, partition });
      const offset = time === END ? undefined : found.get(place);
      // No record is as young as that: what comes from now on is.
      const start = time === END || offset === -1 ? ends.get(place) : offset;
      return start === undefined ? [] : [{ topic, partition, offset: start, metadata: '' }];
    });
    const as = committer();
    if (starts.length === 0 || as === null) return [];
    await commitOffsets(coordinator, group, as, starts);
    return starts;
  }

  #tellLost({ topic, partition, offset }: NotedPosition, before: Committed, position: HeldPosition): void {
    const { group, tell } = this.#options;
    if (position !== 'lost') return;
    tell({ type: 'out-of-range', group, topic, partition, from: before?.offset ?? offset, to: offset });
  }

  #tell(fault: EngineError): void {
    const { group, tell } = this.#options;
    tell({ type: 'group-fault', group, fault: toFault(fault, 'E_KAFKA_FAILED') });
  }
}

function timeOf(from: From): number {
  if (from === 'earliest') return START;
  return from === 'latest' ? END : from;
}
