/**
 * The partitions that this member reads: taken up at what the group has committed, or where it says to
 * begin, and let go by way of the engine.
 *
 * Promise: where a group begins is committed before anything of it is given out, so that it stays so;
 * and nothing is given out of a partition whose committed offset could not be learnt. What cannot be
 * taken before the group deals anew is not waited for, and is not owned any more.
 */
import type { Assignment, NotedPosition, TopicPartition } from '../../model/delivery.ts';
import type { EngineError } from '../../model/errors.ts';
import { toFault } from '../../model/errors.ts';
import type { SourceListener } from '../../ports/source.ts';
import { unlessAborted } from './backoff.ts';
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
  /** Is awaited, for each partition, before its committed offset is asked for. */
  readonly beforeReading: (partitions: readonly TopicPartition[]) => Promise<void>;
  /** Is told what was let go, or not taken after all: `beforeReading` may still be under way then. */
  readonly afterReading: (partitions: readonly TopicPartition[]) => void;
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

/** Of a partition that must stay unread for now; the others are taken. */
const LEFT_UNREAD: ReadonlySet<string> = new Set(['E_KAFKA_PARTITIONS', 'E_FENCED']);

/** The holder of partitions. */
export class Holdings implements Holder {
  readonly #options: HoldingsOptions;

  constructor(options: HoldingsOptions) {
    this.#options = options;
  }

  async take(
    partitions: readonly TopicPartition[],
    position: HeldPosition,
    signal: AbortSignal,
  ): Promise<readonly TopicPartition[]> {
    const { fetcher, listener, committer, afterReading } = this.#options;
    const found = await this.#tryToStart(partitions, position, signal);
    const starts = signal.aborted || committer() === null ? [] : found;
    const taken = new Set(starts.map(placeOf));
    const left = partitions.filter((partition) => !taken.has(placeOf(partition)));
    if (left.length > 0) afterReading(left);
    if (starts.length === 0) return [];
    fetcher.add(starts.map((start) => new Reading(start, start.committed.offset, start.end)));
    listener.assigned(starts.map(({ topic, partition, committed }) => ({ topic, partition, committed })));
    return starts;
  }

  /** Rejects only with what cannot be cured. */
  async #tryToStart(
    partitions: readonly TopicPartition[],
    position: HeldPosition,
    signal: AbortSignal,
  ): Promise<readonly Start[]> {
    try {
      return await this.#starts(partitions, position, signal);
    } catch (error) {
      if (signal.aborted) return [];
      const fault = groupFault(error, this.#options.group);
      if (!fault.retriable) throw fault;
      if (!isDealing(error)) this.#tell(fault);
      return [];
    }
  }

  stop(partitions: readonly TopicPartition[]): void {
    this.#options.fetcher.remove(partitions);
  }

  async letGo(partitions: readonly TopicPartition[], how?: 'lost'): Promise<void> {
    const { listener, afterReading } = this.#options;
    await listener.revoked(partitions, how);
    afterReading(partitions);
  }

  /** Of those of which all that is needed could be learnt. Rejects when the signal is given, and asks nothing more. */
  async #starts(
    partitions: readonly TopicPartition[],
    position: HeldPosition,
    signal: AbortSignal,
  ): Promise<readonly Start[]> {
    const { brokers, coordinator, group, fetch } = this.#options;
    const owned = await this.#owned(partitions, signal);
    if (owned.length === 0) return [];
    const committed = await unlessAborted(committedOf(coordinator, group, owned), signal);
    const known = owned.filter((partition) => committed.found.has(placeOf(partition)));
    const asked = known.map((place) => ({ ...place, time: END }));
    const ends = await unlessAborted(offsetsAt(brokers, fetch.isolation, asked), signal);
    const begun = new Map<string, Committed>(position === 'committed' ? committed.found : []);
    const without = known.filter((partition) => (begun.get(placeOf(partition)) ?? null) === null);
    for (const start of await this.#begin(without, ends.found, { position, signal })) {
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

  /** Those that may be read. */
  async #owned(
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<readonly TopicPartition[]> {
    const { group, beforeReading } = this.#options;
    const asked = partitions.map((partition) => beforeReading([partition]));
    const results = await unlessAborted(Promise.allSettled(asked), signal);
    const faults = results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => groupFault(reason, group));
    const final = faults.find(({ code, retriable }) => !retriable && !LEFT_UNREAD.has(code));
    if (final !== undefined) throw final;
    for (const fault of faults) this.#tell(fault);
    return partitions.filter((_, i) => results[i]?.status === 'fulfilled');
  }

  /** Where to begin in these, committed; those whose leader cannot be asked are left out. */
  async #begin(
    partitions: readonly TopicPartition[],
    ends: ReadonlyMap<string, number>,
    { position, signal }: { readonly position: HeldPosition; readonly signal: AbortSignal },
  ): Promise<readonly NotedPosition[]> {
    const { brokers, coordinator, group, fetch, from, committer } = this.#options;
    const outOfRange = fetch.outOfRange === 'earliest' ? START : END;
    const queries = partitions.map((partition) => {
      const time = position === 'lost' ? outOfRange : timeOf(from(partition));
      return { ...partition, time };
    });
    const asked = queries.filter(({ time }) => time !== END);
    const { found } = await unlessAborted(offsetsAt(brokers, fetch.isolation, asked), signal);
    const starts = queries.flatMap(({ topic, partition, time }) => {
      const place = placeOf({ topic, partition });
      const offset = time === END ? undefined : found.get(place);
      // No record is as young as that: what comes from now on is.
      const start = time === END || offset === -1 ? ends.get(place) : offset;
      return start === undefined ? [] : [{ topic, partition, offset: start, metadata: '' }];
    });
    const as = committer();
    if (starts.length === 0 || as === null) return [];
    await unlessAborted(commitOffsets(coordinator, group, as, starts), signal);
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
