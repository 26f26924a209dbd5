/**
 * What commands ask of a cluster: its topics, where groups stand and who is in them; and the one
 * thing they change, the positions of a group that nobody reads for.
 *
 * Everything within the time limit of one {@link Visit}. Nothing is consumed, no group is joined.
 */
import type { NotedPosition, TopicPartition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import { Coordinator } from './coordinator.ts';
import { isConnectionFault, protocolError } from './faults.ts';
import { commitOffsets, committedOf, offsetsAt } from './offsets.ts';
import { placeOf } from './places.ts';
import type { DescribedMember } from './protocol/group-description.ts';
import { askGroup, nameOf } from './protocol/group-description.ts';
import { END, START } from './protocol/list-offsets.ts';
import type { FetchSettings, KafkaSettings } from './settings.ts';
import { throwIfError, Visit } from './visit.ts';

/** How it is opened. */
export interface AdminOptions {
  /** What counts as the end of a partition. */
  readonly isolation: FetchSettings['isolation'];
  /** For everything together. */
  readonly withinMs: number;
}

/** A partition and what it holds. */
export interface KafkaPartition {
  readonly partition: number;
  /** Offset of the oldest record. */
  readonly start: number;
  /** Offset behind the last record that may be read. */
  readonly end: number;
}

/** A topic. */
export interface KafkaTopic {
  readonly name: string;
  /** Made and read by the brokers themselves. */
  readonly isInternal: boolean;
  readonly partitions: readonly KafkaPartition[];
  /** Partitions that nobody leads now: nothing is known of them. */
  readonly offline: readonly number[];
}

/** A group and who is in it. */
export interface KafkaGroup {
  readonly state: string;
  readonly members: readonly KafkaMember[];
}

/** A member of a group. */
export interface KafkaMember {
  /** Short, to tell it from the others: `faultline-1c9e0a52 at 10.0.0.7`. */
  readonly name: string;
  /** None where it cannot be known: while the group deals, and of members that are no consumers. */
  readonly partitions: readonly TopicPartition[];
}

/** Of partitions: an offset, or the moment that stands for one. */
export type OffsetAt = 'earliest' | 'latest' | number;

/** A cluster as commands see it. */
export class KafkaAdmin {
  readonly #visit: Visit;
  readonly #isolation: AdminOptions['isolation'];
  readonly #coordinators = new Map<string, Coordinator>();

  /** Nothing connects yet. */
  constructor(settings: KafkaSettings, { isolation, withinMs }: AdminOptions) {
    this.#visit = new Visit(settings, withinMs);
    this.#isolation = isolation;
  }

  /** Topics by name that this client may see. */
  async topics(): Promise<readonly KafkaTopic[]> {
    const doing = 'listing the topics';
    const { topics } = await this.#visit.ask(doing, () => this.#visit.brokers.metadata(null));
    const readable = topics.filter(({ error }) => error === 0);
    const all = readable.flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    );
    const starts = await this.#offsets(all, START, doing);
    const ends = await this.#offsets(all, END, doing);
    return readable
      .map(({ name, isInternal, partitions }) => {
        const held = partitions
          .map(({ partition }) => ({ partition, key: placeOf({ topic: name, partition }) }))
          .toSorted((a, b) => a.partition - b.partition)
          .map(({ partition, key }) => ({ partition, start: starts.get(key), end: ends.get(key) }));
        const offline = held.filter((each) => !isLed(each)).map(({ partition }) => partition);
        return { name, isInternal, partitions: held.filter(isLed), offline };
      })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The offset that a moment means in each of these partitions: for a time of which there is no younger record, the end. */
  async offsetsAt(
    partitions: readonly TopicPartition[],
    at: OffsetAt,
  ): Promise<readonly (TopicPartition & { readonly offset: number })[]> {
    const doing = 'looking for offsets';
    const time = { earliest: START, latest: END }[String(at)] ?? Number(at);
    const found = await this.#offsets(partitions, time, doing);
    const ends = time >= 0 ? await this.#offsets(partitions, END, doing) : found;
    return partitions.flatMap(({ topic, partition }) => {
      const key = placeOf({ topic, partition });
      const offset = (found.get(key) ?? -1) < 0 ? ends.get(key) : found.get(key);
      return offset === undefined ? [] : [{ topic, partition, offset }];
    });
  }

  /** Who is in a group now; a group that does not exist has nobody. */
  async group(name: string): Promise<KafkaGroup> {
    const description = await this.#askCoordinator(`asking for group ${name}`, name, async (coordinator) => {
      const described = await coordinator.ask('group', (broker) => askGroup(broker, name));
      throwIfError(described.error);
      return described;
    });
    return { state: description.state, members: description.members.map(memberOf) };
  }

  /** What a group has committed of these partitions; those of which it has nothing are left out. */
  async positions(name: string, partitions: readonly TopicPartition[]): Promise<readonly NotedPosition[]> {
    const doing = `asking for the positions of group ${name}`;
    const committed = await this.#askCoordinator(doing, name, async (coordinator) => {
      const { found, failure } = await committedOf(coordinator, name, partitions);
      if (failure instanceof Error) throw failure;
      return found;
    });
    return partitions.flatMap((place) => {
      const position = committed.get(placeOf(place)) ?? null;
      return position === null ? [] : [{ ...place, ...position }];
    });
  }

  /**
   * Stores positions of a group that has no members. Rejects with `E_GROUP_BUSY`, naming them, when it has:
   * the broker itself refuses then, so that none who joins meanwhile is overruled.
   */
  async setPositions(name: string, positions: readonly NotedPosition[]): Promise<void> {
    const { members } = await this.group(name);
    if (members.length > 0) throw busy(name, members);
    await this.#askCoordinator(`storing positions of group ${name}`, name, (coordinator) =>
      commitOffsets(coordinator, name, NOBODY, positions).catch((error: unknown) => {
        throw NOT_ALONE.has(protocolError(error)) ? busy(name, []) : error;
      }),
    );
  }

  /** Ends the connections. */
  close(): void {
    this.#visit.close();
  }

  #askCoordinator<T>(
    doing: string,
    group: string,
    ask: (coordinator: Coordinator) => Promise<T>,
  ): Promise<T> {
    const known = this.#coordinators.get(group) ?? new Coordinator(this.#visit.brokers, group);
    this.#coordinators.set(group, known);
    // That the brokers can be reached was seen when the topics were listed: a connection that breaks is made anew.
    return this.#visit.ask(doing, () => ask(known), isConnectionFault);
  }

  /** By {@link placeOf}; partitions without a leader are left out. */
  async #offsets(
    partitions: readonly TopicPartition[],
    time: number,
    doing: string,
  ): Promise<ReadonlyMap<string, number>> {
    const { brokers } = this.#visit;
    const known = new Map<string, number>();
    let tries = 0;
    // What was learnt is not asked again: where topics come and go, there is always one that moves.
    const learn = async (): Promise<ReadonlyMap<string, number>> => {
      const left = partitions.filter((place) => !known.has(placeOf(place)));
      await brokers.metadata([...new Set(left.map(({ topic }) => topic))]);
      const led = left.filter(({ topic, partition }) => brokers.leaderOf(topic, partition) !== null);
      const queries = led.map((place) => ({ ...place, time }));
      const { found, failure } = await offsetsAt(brokers, this.#isolation, queries);
      for (const [place, offset] of found) known.set(place, offset);
      tries += 1;
      if (failure instanceof Error && (tries < UNKNOWN_TRIES || !isUnknown(failure))) throw failure;
      return known;
    };
    return this.#visit.ask(doing, learn, isMoving);
  }
}

/**
 * A leader that has just died is named until another is elected. A topic that has just been made is not
 * known to all brokers; one that is deleted between two questions is in the next metadata no more.
 */
function isMoving(error: unknown): boolean {
  return isConnectionFault(error) || isUnknown(error);
}

function isUnknown(error: unknown): boolean {
  return protocolError(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** Who names a leader that says for so long that it has no such topic is deleting it. */
const UNKNOWN_TRIES = 5;

/** Whether both of its offsets could be learnt. */
function isLed(
  place: Pick<KafkaPartition, 'partition'> & {
    readonly start: number | undefined;
    readonly end: number | undefined;
  },
): place is KafkaPartition {
  return place.start !== undefined && place.end !== undefined;
}

/** A commit of nobody's: only a group without members takes it. */
const NOBODY = { memberId: '', generation: -1 };
const NOT_ALONE = new Set(['UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION']);

function memberOf({ reads, ...member }: DescribedMember): KafkaMember {
  const partitions = [...reads].flatMap(([topic, numbers]) =>
    numbers.map((partition) => ({ topic, partition })),
  );
  return { name: nameOf(member), partitions };
}

function busy(group: string, members: readonly KafkaMember[]): EngineError {
  const named = members.map(({ name }) => name);
  const who = named.length === 0 ? 'somebody has just joined' : `${named.join(', ')} read for it`;
  const message = `the positions of group ${group} cannot be changed while it is read: ${who}`;
  return new EngineError('E_GROUP_BUSY', message, { details: { group, members: named } });
}
