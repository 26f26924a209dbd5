/**
 * Offsets of a group: what it has committed, what it commits, and where partitions begin and end.
 *
 * An error of one partition is that partition's alone: what could be learnt of the others is told.
 */
import type { NotedPosition, TopicPartition } from '../../model/delivery.ts';
import type { Brokers } from './brokers.ts';
import type { Coordinator } from './coordinator.ts';
import { errorOfCode } from './internals.ts';
import { placeOf } from './places.ts';
import type { OffsetQuery } from './protocol/list-offsets.ts';
import { askOffsets } from './protocol/list-offsets.ts';
import { askCommitted } from './protocol/offset-fetch.ts';
import type { FetchSettings } from './settings.ts';

/** By {@link placeOf}: what was learnt, `null` for what is not there; and the last error of those that are missing. */
export interface Learnt<T> {
  readonly found: ReadonlyMap<string, T>;
  readonly failure: unknown;
}

/** Who commits. */
export interface Committer {
  readonly memberId: string;
  readonly generation: number;
}

/** Asks for what the group has committed; `null` where it has nothing. Rejects where the group cannot be asked. */
export async function committedOf(
  coordinator: Coordinator,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<Learnt<{ readonly offset: number; readonly metadata: string } | null>> {
  if (partitions.length === 0) return { found: new Map(), failure: null };
  const answer = await coordinator.ask('group', async (broker) => {
    const committed = await askCommitted(broker, group, partitions);
    if (committed.error !== 0) throw errorOfCode(committed.error);
    return committed.partitions;
  });
  const errors = answer.filter(({ error }) => error !== 0);
  const found = answer
    .filter(({ error }) => error === 0)
    .map(({ topic, partition, offset, metadata }): [string, { offset: number; metadata: string } | null] => [
      placeOf({ topic, partition }),
      offset < 0 ? null : { offset, metadata },
    ]);
  return { found: new Map(found), failure: errors.length > 0 ? errorOfCode(errors[0]?.error ?? 0) : null };
}

/** Asks the leaders for offsets; -1 where no record is that young. Never rejects. */
export async function offsetsAt(
  brokers: Brokers,
  isolation: FetchSettings['isolation'],
  queries: readonly OffsetQuery[],
): Promise<Learnt<number>> {
  const found = new Map<string, number>();
  let failure: unknown = null;
  const byNode = Map.groupBy(queries, ({ topic, partition }) => brokers.leaderOf(topic, partition));
  await Promise.all(
    [...byNode].map(async ([node, ofNode]) => {
      try {
        if (node === null) throw errorOfCode(LEADER_NOT_AVAILABLE);
        const answers = await brokers.askNode(node, (broker) => askOffsets(broker, ofNode, isolation));
        for (const { error, offset, ...place } of answers) {
          if (error === 0) found.set(placeOf(place), offset);
          else failure = errorOfCode(error);
        }
      } catch (error) {
        failure = error;
      }
    }),
  );
  return { found, failure };
}

/** Commits. Rejects with Kafka's error where one of the partitions was refused. */
export async function commitOffsets(
  coordinator: Coordinator,
  group: string,
  { memberId, generation }: Committer,
  positions: readonly NotedPosition[],
): Promise<void> {
  const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition, offset, metadata }) => ({
      partition,
      offset: String(offset),
      metadata,
    })),
  }));
  await coordinator.ask('group', (broker) =>
    broker.offsetCommit({ groupId: group, groupGenerationId: generation, memberId, topics }),
  );
}

const LEADER_NOT_AVAILABLE = 5;
