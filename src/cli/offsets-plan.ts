/** Which positions of which groups a command is about, and where they would go. Pure. */
import type { TopicPartition } from '../model/delivery.ts';
import type { ClaimingTask } from './claims.ts';
import type { LedgerGroup, LedgerTopic } from './ledger.ts';

/** A group's place in one partition. */
export interface Place {
  readonly task: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  /** `null`: the group has committed nothing there. */
  readonly committed: number | null;
  /** Who reads it for the group now, in words. */
  readonly readBy: string | null;
}

/** A place and where it is to go. */
export interface Move extends Place {
  readonly after: number;
}

/** Every partition of what tasks take, with where their groups stand. */
export function placesOf(
  taken: readonly { readonly task: ClaimingTask; readonly topic: LedgerTopic }[],
  groups: readonly LedgerGroup[],
  readerOf: (group: LedgerGroup, place: TopicPartition) => string | null,
): readonly Place[] {
  return taken.flatMap(({ task, topic }) => {
    const group = groups.find(({ name }) => name === task.group);
    return topic.partitions.map(({ partition, start, end }) => {
      const position = group?.positions.find(
        (each) => each.topic === topic.name && each.partition === partition,
      );
      return {
        task: task.name,
        group: task.group,
        topic: topic.name,
        partition,
        start,
        end,
        committed: position?.offset ?? null,
        readBy: group === undefined ? null : readerOf(group, { topic: topic.name, partition }),
      };
    });
  });
}

/** What is still to be read; where nothing is committed, all there is. */
export function lagOf({ start, end, committed }: Pick<Place, 'start' | 'end' | 'committed'>): number {
  return Math.max(0, end - Math.max(start, committed ?? start));
}

/** To an offset, or as near as there are records. */
export function moveTo(place: Place, offset: number): Move {
  return { ...place, after: Math.min(Math.max(offset, place.start), place.end) };
}

/** Over `count` offsets from where the group stands, or would begin. */
export function skip(place: Place, begin: number, count: number): Move {
  return moveTo(place, Math.max(place.committed ?? begin, place.start) + count);
}
