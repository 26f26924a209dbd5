/** Answers that are put together from several of a target’s. */
import type { PartitionStatus, WhyPartition } from '../model/status.ts';
import type { Backlog } from '../ports/source.ts';
import type { StatusAnswer, WaitsAnswer } from './protocol.ts';
import type { ControlTarget } from './target.ts';

/** How long a backlog may take; a status must not hang on what it is asked about. */
const BACKLOG_MS_MAX = 1000;
/** Partitions that are looked into for the longest held, those with most begun first. */
const LOOKED_INTO_MAX = 256;
/** Of them, those that are told. */
const TOLD_MAX = 10;

/** The status, with what is still to come where that can be had. */
export async function statusOf(target: ControlTarget): Promise<StatusAnswer> {
  const backlog = await backlogOf(target);
  return { ...target.status(), backlog };
}

/** What intake waits for, and what holds the partitions. */
export function waitsOf(target: ControlTarget): WaitsAnswer {
  const { state, intake, partitions, obstacles = [] } = target.status();
  const held = partitions.filter(({ ahead }) => ahead > 0);
  const candidates = held.toSorted((a, b) => b.ahead - a.ahead).slice(0, LOOKED_INTO_MAX);
  const longest = distinct(candidates)
    .flatMap(({ topic, partition }) => target.why(topic, partition))
    .filter(({ holder }) => holder !== null)
    .toSorted((a, b) => ageMs(b) - ageMs(a))
    .slice(0, TOLD_MAX);
  return { state, intake, obstacles, held: held.length, longest };
}

/** Groups that share a partition are told of by one question. */
function distinct(partitions: readonly PartitionStatus[]): readonly PartitionStatus[] {
  return [...new Map(partitions.map((each) => [`${each.topic} ${each.partition}`, each])).values()];
}

function ageMs({ holder }: WhyPartition): number {
  return holder?.ageMs ?? 0;
}

/** Never rejects, and does not take longer. */
function backlogOf(target: ControlTarget): Promise<readonly Backlog[] | null> {
  return new Promise((resolve) => {
    const overdue = setTimeout(() => settle(null), BACKLOG_MS_MAX).unref();
    const settle = (backlog: readonly Backlog[] | null): void => {
      clearTimeout(overdue);
      resolve(backlog);
    };
    const ask = async (): Promise<readonly Backlog[] | null> => (await target.backlog?.()) ?? null;
    ask().then(settle, () => settle(null));
  });
}
