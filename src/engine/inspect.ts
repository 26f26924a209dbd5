/**
 * What the engine tells when it is asked: `status` and `why`.
 *
 * Reads the engine's parts and changes nothing; all of it is worked out at the time of the question.
 */
import type {
  EngineStatus,
  Holder,
  PartitionStatus,
  TaskStatus,
  WaitCause,
  Whereabouts,
  WhyPartition,
} from '../model/status.ts';
import type { Consume } from './consume.ts';
import type { Credit } from './credit.ts';
import type { Membership } from './membership.ts';
import type { EngineLimits } from './options.ts';
import type { TaskLanes, Work } from './lane.ts';
import type { Partition, PartitionPhase } from './partition.ts';

/** A key is told up to so many characters. */
const KEY_LENGTH_MAX = 200;

/** Where the deliveries in flight are. */
export type InFlight = Readonly<Record<Whereabouts, number>>;

/** Counts them: what is in no lane, in no thread and not held back is on its way to the sink. */
export function whereabouts(
  tasks: readonly TaskLanes[],
  counts: { readonly inFlight: number; readonly pool: number; readonly release: number },
): InFlight {
  let lane = 0;
  let retry = 0;
  for (const { lanes } of tasks) {
    for (const { queue, held, blocked } of lanes) {
      if (blocked) retry += queue.length;
      else lane += queue.length;
      retry += held;
    }
  }
  const { inFlight, pool, release } = counts;
  return { lane, pool, retry, sink: Math.max(0, inFlight - lane - retry - pool - release), release };
}

/** What most of them wait for. What is held back waits for an earlier delivery, in a thread or for its retry. */
export function causeOf({ lane, pool, retry, sink }: InFlight): WaitCause {
  const most = Math.max(lane + pool, retry, sink);
  if (most === sink) return 'sink';
  return most === retry ? 'retry' : 'pool';
}

/** What holds the watermarks of these partitions. */
export function causeOfAhead(partitions: readonly Partition[]): WaitCause {
  const counts: Record<WaitCause, number> = { pool: 0, retry: 0, sink: 0, commit: 0 };
  for (const { watermark } of partitions) {
    const where = watermark.lowest === null ? 'commit' : whereIs(watermark.lowest);
    counts[where === 'lane' || where === 'release' || where === 'dropped' ? 'pool' : where] += 1;
  }
  const causes: readonly WaitCause[] = ['commit', 'sink', 'retry', 'pool'];
  return causes.reduce((most, cause) => (counts[cause] > counts[most] ? cause : most));
}

/** The parts of an engine that its status is read from. */
export interface EngineParts extends Pick<
  EngineStatus,
  'state' | 'reason' | 'delivery' | 'inFlight' | 'slots'
> {
  readonly limits: EngineLimits;
  readonly credit: Credit;
  readonly tasks: readonly TaskLanes[];
  readonly groups: readonly { readonly consume: Consume; readonly membership: Membership }[];
}

/** The engine as a whole. */
export function engineStatus({ limits, credit, tasks, groups, ...plain }: EngineParts): EngineStatus {
  const { deliveries, bytes } = credit;
  const { creditDeliveries: deliveriesMax, creditBytes: bytesMax } = limits;
  return {
    ...plain,
    credit: { deliveries, deliveriesMax, bytes, bytesMax },
    intake: groups.map(({ consume }) => consume.status()),
    tasks: tasks.map(taskStatus),
    partitions: groups.flatMap(({ membership }) => [...membership.partitions()].map(partitionStatus)),
  };
}

/** A task in figures. */
function taskStatus({ task, stopped, lanes, longest, heldKeys }: TaskLanes): TaskStatus {
  const queued = lanes.reduce((sum, lane) => sum + lane.length, 0);
  return { name: task.name, group: task.group, stopped, queued, longestLane: longest, heldKeys };
}

/** A partition in figures. */
function partitionStatus(partition: Partition): PartitionStatus {
  const { group, topic, partition: number, lanes, phase, watermark, position } = partition;
  return {
    group,
    topic,
    partition: number,
    task: lanes?.task.name ?? null,
    phase,
    watermark: watermark.position,
    committed: position?.offset ?? null,
    ahead: watermark.ahead,
  };
}

/** Why the watermark of a partition stands where it stands. */
export function whyPartition(partition: Partition, nowMs: number): WhyPartition {
  const work = partition.watermark.lowest;
  const holder = work === null ? null : holderOf(work, nowMs);
  return { partition: partitionStatus(partition), holder, sentence: sentenceOf(partition, holder) };
}

function holderOf(work: Work, nowMs: number): Holder {
  const { topic, partition, offset, key } = work.delivery;
  return {
    topic,
    partition,
    offset,
    key: key === null ? null : keyText(key),
    where: whereIs(work),
    task: work.lane.owner.task.name,
    lane: work.lane.index,
    slot: work.slot < 0 ? null : work.slot,
    ageMs: nowMs - work.pull.consumedMs,
    attempts: work.attempt,
    requeues: work.requeues,
    lastError: work.lastFault,
  };
}

function whereIs(work: Work): Holder['where'] {
  if (work.dropped) return 'dropped';
  if (work.unacknowledged > 0) return 'sink';
  if (work.slot >= 0) return 'pool';
  if (work.held !== null) return work.partition.watermark.lowest === work ? 'sink' : 'release';
  return work.lane.blocked || work.lane.holds(work) ? 'retry' : 'lane';
}

function sentenceOf({ lanes, phase, watermark, uncommitted }: Partition, holder: Holder | null): string {
  if (lanes === null) return 'No task takes this topic; its deliveries are passed over and not committed.';
  const stopped = lanes.stopped === null ? '' : ` Its task was stopped: ${lanes.stopped}.`;
  if (holder === null) {
    if (watermark.position === null) return `Nothing of it was read yet.${stopped}`;
    if (uncommitted === 0) return `All that was read is finished and committed.${stopped}`;
    return `All that was read is finished; ${uncommitted === 1 ? '1 delivery waits' : `${uncommitted} deliveries wait`} for the next commit.${stopped}`;
  }
  const tries = holder.attempts === 1 ? 'at its first try' : `at try ${holder.attempts}`;
  const requeues = holder.requeues === 0 ? '' : `, asked for again ${holder.requeues} times by its analyzer`;
  const error =
    holder.lastError === null ? '' : `; before: ${holder.lastError.code} ${holder.lastError.message}`;
  const leaving = LEAVING[phase] ?? '';
  return `Offset ${holder.offset} ${WHERE[holder.where](holder)}, ${tries}${requeues}${error}.${leaving}${stopped}`;
}

const LEAVING: Readonly<Partial<Record<PartitionPhase, string>>> = {
  revoking: ' The partition is being taken away.',
  fenced: ' Another process has taken the partition over; the group deals anew.',
};

const WHERE: Readonly<Record<Holder['where'], (holder: Holder) => string>> = {
  lane: ({ lane }) => `waits in lane ${lane} for a thread`,
  pool: ({ slot }) => `is in thread ${slot ?? '?'}`,
  retry: () => 'waits for a retry of its key',
  sink: () => 'is done and waits for the sink’s acknowledgement',
  dropped: () => 'was not processed and will be after a restart',
  release: () => 'is done and held back behind an earlier offset',
};

/** Printable UTF-8 as text, other bytes in hexadecimal. */
function keyText(key: Uint8Array): string {
  const cut = key.subarray(0, KEY_LENGTH_MAX);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(cut);
    if (!/\p{Cc}|\p{Cs}/u.test(text)) return text;
  } catch {
    // Not UTF-8, or cut in the middle of a character.
  }
  return `0x${Array.from(cut.subarray(0, KEY_LENGTH_MAX / 2 - 1), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
