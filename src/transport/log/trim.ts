/**
 * Removes the oldest blocks of partitions, as a policy of age and size asks for.
 *
 * Promises: whole blocks, from the front of a partition, in transactions of a few hundred blocks that
 * the main thread does not wait for; nothing that a group with a position in the partition has not
 * committed, unless the policy says so. What is removed is free space inside the file; `compact.ts`
 * gives it back to the disk.
 *
 * How a transaction is made: what is due is looked for beforehand. Inside, on the main thread, it is
 * looked at again (a group may have come, another process may have trimmed), and the entries of the
 * index are removed. The blocks, whose pages may have to be read for that, are removed by LMDB's own
 * thread after it, each on condition that its entry is gone.
 */
import { assert } from '../../model/assert.ts';
import type { TopicPartition } from '../../model/delivery.ts';
import type { Located } from './cursor.ts';
import { blocksFrom, startOf, tailOf } from './cursor.ts';
import type { Environment, Tables } from './environment.ts';
import { ROOM_KEPT_TO_REMOVE_BYTES } from './environment.ts';
import { writeFailure } from './failure.ts';
import { blockKey, encodeTail, indexKey, tailKey } from './layout.ts';
import type { Topic, Topics } from './topics.ts';

/** What may go. */
export interface RetentionPolicy {
  /** Blocks whose newest record is older than this, by the records' own timestamps; 0: for ever. */
  readonly ageMs: number;
  /** The oldest blocks of a partition that holds more than so many bytes of blocks; 0: no limit. */
  readonly bytes: number;
  /** `keep`: not what a group that has a position in the partition has not committed. */
  readonly uncommitted: 'keep' | 'drop';
  /** Groups that count also where they have no position yet, since they are about to take one. */
  readonly readers?: readonly Reader[];
}

/** A group that reads, or is about to. */
export interface Reader {
  readonly group: string;
  readonly subscribes: (topic: string) => boolean;
}

/** What was removed of a partition. */
export interface TrimmedPartition extends TopicPartition {
  readonly records: number;
  /** Of the blocks. */
  readonly bytes: number;
  /** Offset of the oldest record that is left; the end when none is. */
  readonly start: number;
}

/** A partition of which more is due, was it not for a group that has not committed it. */
export interface HeldPartition extends TopicPartition {
  readonly group: string;
  /** The group's position. */
  readonly offset: number;
}

/** What a trim did. */
export interface TrimReport {
  readonly removed: readonly TrimmedPartition[];
  readonly held: readonly HeldPartition[];
}

/** When, and until when. */
export interface TrimOptions {
  /** The time that ages are measured at, milliseconds since 1970. Default: now. */
  readonly nowMs?: number;
  /** Ends it between two transactions. */
  readonly signal?: AbortSignal;
}

/** Blocks and bytes of blocks that one transaction removes, at most (one block may be larger). */
const BLOCKS_MAX = 256;
const BYTES_MAX = 32 * 1024 * 1024;

/** Sorts behind every name of a topic, which is ASCII. */
const BEHIND_TOPICS = '\uffff';

/** A partition and what is to be done with it. */
interface Work {
  readonly environment: Environment;
  readonly topic: Topic;
  readonly partition: number;
  readonly policy: RetentionPolicy;
  readonly nowMs: number;
}

/** What one transaction removed. */
interface Removed {
  records: number;
  bytes: number;
}

/** Trims all partitions of a log, one after the other. Rejects with `E_LOG_FULL`, `E_LOG_IO` or `E_LOG_BUSY`. */
export async function trimLog(
  environment: Environment,
  topics: Topics,
  policy: RetentionPolicy,
  { nowMs = Date.now(), signal }: TrimOptions = {},
): Promise<TrimReport> {
  const removed: TrimmedPartition[] = [];
  const held: HeldPartition[] = [];
  for (const topic of topics.list()) {
    for (let partition = 0; partition < topic.partitions; partition += 1) {
      const work = { environment, topic, partition, policy, nowMs };
      const place = { topic: topic.name, partition };
      const trimmed = await trimPartition(work, signal);
      if (trimmed.records > 0) {
        removed.push({
          ...place,
          ...trimmed,
          start: startOf(environment.tables, topic, partition),
        });
      }
      if (signal?.aborted === true) return { removed, held };
      const holder = holderOf(work);
      if (holder !== null) held.push({ ...place, ...holder });
    }
  }
  return { removed, held };
}

async function trimPartition(work: Work, signal: AbortSignal | undefined): Promise<Removed> {
  const total: Removed = { records: 0, bytes: 0 };
  while (signal?.aborted !== true) {
    const due = dueBlocks(work);
    if (due.length === 0) break;
    const { records, bytes } = await remove(work, due);
    // Nothing of what was due a moment ago: another process does the same, or a group has come.
    if (records === 0) break;
    total.records += records;
    total.bytes += bytes;
  }
  return total;
}

/** The blocks that one transaction may remove, oldest first. */
function dueBlocks(work: Work): readonly Located[] {
  const { environment, topic, partition } = work;
  environment.refresh();
  const judge = new Judge(work);
  const due: Located[] = [];
  let bytes = 0;
  for (const located of blocksFrom(environment.tables, topic, partition, 0)) {
    if (!judge.takes(located)) break;
    due.push(located);
    bytes += located.bytes;
    if (due.length === BLOCKS_MAX || bytes >= BYTES_MAX) break;
  }
  return due;
}

async function remove(work: Work, due: readonly Located[]): Promise<Removed> {
  const { environment, topic, partition } = work;
  const { index, blocks } = environment.tables;
  let removed: Removed = { records: 0, bytes: 0 };
  try {
    await environment.write(
      () => {
        environment.inside(() => {
          removed = removeEntries(work, due);
        });
        for (const { base, writer, sequence } of due) {
          void index.ifNoExists(indexKey(topic.id, partition, base), () => {
            void blocks.remove(blockKey(writer, sequence));
          });
        }
      },
      0,
      ROOM_KEPT_TO_REMOVE_BYTES,
    );
  } catch (error) {
    throw await writeFailure(error, environment.dir);
  }
  return removed;
}

/** Runs inside the transaction. */
function removeEntries(work: Work, due: readonly Located[]): Removed {
  const { topic, partition } = work;
  const { index, tails } = work.environment.tables;
  const judge = new Judge(work);
  let records = 0;
  for (const located of due) {
    const key = indexKey(topic.id, partition, located.base);
    if (index.getBinary(key) === undefined) continue;
    if (!judge.takes(located)) break;
    void index.remove(key);
    records += located.records;
  }
  const { tail } = judge;
  assert(tail.records >= records, 'no more is removed than there is');
  if (records > 0) {
    const left = {
      ...tail,
      records: tail.records - records,
      bytes: judge.bytesLeft,
    };
    void tails.put(tailKey(topic.id, partition), encodeTail(left));
  }
  return { records, bytes: tail.bytes - judge.bytesLeft };
}

/** Says of one block after the other, from the oldest on, whether it goes. */
class Judge {
  readonly #work: Work;
  readonly #floor: number;
  readonly tail: ReturnType<typeof tailOf>;
  /** What the partition holds when those taken are gone. */
  bytesLeft: number;

  constructor(work: Work) {
    const { environment, topic, partition, policy } = work;
    this.#work = work;
    this.tail = tailOf(environment.tables, topic, partition);
    this.bytesLeft = this.tail.bytes;
    const lowest = policy.uncommitted === 'keep' ? lowestPosition(work) : null;
    this.#floor = lowest?.offset ?? Infinity;
  }

  takes(located: Located): boolean {
    if (!this.isDue(located) || located.base + located.records > this.#floor) return false;
    this.bytesLeft -= located.bytes;
    return true;
  }

  /** Whether age or size ask for it, whatever groups have committed. */
  isDue({ highestMs }: Located): boolean {
    const { policy, nowMs } = this.#work;
    if (policy.ageMs > 0 && highestMs < nowMs - policy.ageMs) return true;
    return policy.bytes > 0 && this.bytesLeft > policy.bytes;
  }
}

/** The group for which the oldest block of a partition is kept though it is due, if any. */
function holderOf(work: Work): { readonly group: string; readonly offset: number } | null {
  const { environment, topic, partition, policy } = work;
  if (policy.uncommitted === 'drop') return null;
  environment.refresh();
  for (const oldest of blocksFrom(environment.tables, topic, partition, 0)) {
    if (!new Judge(work).isDue(oldest)) return null;
    return lowestPosition(work);
  }
  return null;
}

/** The lowest position that a group has stored of a partition, or will store; `null` when there is none. */
function lowestPosition({
  environment,
  topic,
  partition,
  policy,
}: Work): { readonly group: string; readonly offset: number } | null {
  const { tables } = environment;
  const positionOf = (group: string): number | undefined =>
    tables.positions.get([group, topic.name, partition])?.offset;
  for (const { group, subscribes } of policy.readers ?? [])
    if (subscribes(topic.name) && positionOf(group) === undefined)
      return { group, offset: startOf(tables, topic, partition) };
  let lowest: { readonly group: string; readonly offset: number } | null = null;
  for (const group of groupsWithPositions(tables)) {
    const offset = positionOf(group);
    if (offset !== undefined && offset < (lowest?.offset ?? Infinity)) lowest = { group, offset };
  }
  return lowest;
}

/** Leaps from group to group: a group has as many keys as it reads partitions. */
function* groupsWithPositions(tables: Tables): Generator<string, void, undefined> {
  for (let group = groupBehind(tables, null); group !== null; group = groupBehind(tables, group)) {
    yield group;
  }
}

function groupBehind({ positions }: Tables, group: string | null): string | null {
  const start = group === null ? {} : { start: [group, BEHIND_TOPICS, 0] as [string, string, number] };
  for (const [found] of positions.getKeys({ ...start, limit: 1 })) return found;
  return null;
}
