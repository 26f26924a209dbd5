/**
 * What the commands ask of the place where records lie, the embedded log or the brokers: its topics,
 * where groups stand, and to put them elsewhere.
 */
import type { From } from '../config/config.ts';
import type { NotedPosition, TopicPartition } from '../model/delivery.ts';

/** A partition and what it holds. */
export interface LedgerPartition {
  readonly partition: number;
  /** Offset of the oldest record. */
  readonly start: number;
  /** Offset that the next record gets. */
  readonly end: number;
  /** On brokers, offsets: some may have no record. */
  readonly records: number;
  /** `null`: not known. */
  readonly bytes: number | null;
}

/** A topic and what it holds. */
export interface LedgerTopic {
  readonly name: string;
  /** The brokers' own. */
  readonly isInternal: boolean;
  readonly records: number;
  readonly bytes: number | null;
  readonly partitions: readonly LedgerPartition[];
  /** Partitions that nobody leads now: nothing is known of them. */
  readonly offline: readonly number[];
}

/** A member of a group on the brokers. */
export interface LedgerMember {
  readonly name: string;
  /** None where it cannot be known. */
  readonly partitions: readonly TopicPartition[];
}

/** A group and where it stands. */
export interface LedgerGroup {
  readonly name: string;
  /** The process that reads the log for it; `null`: none, or brokers are asked. */
  readonly pid: number | null;
  /** On the brokers. */
  readonly members: readonly LedgerMember[];
  readonly positions: readonly (NotedPosition & { readonly lag: number })[];
}

/** The place. Methods reject with coded errors. */
export interface Ledger {
  /** By name. */
  topics(): Promise<readonly LedgerTopic[]>;
  /** These groups, and all others that are known. A group that has nothing may be missing. */
  groups(names: readonly string[]): Promise<readonly LedgerGroup[]>;
  /** What `at` means, by partition; partitions that nobody leads are missing. */
  offsetsAt(topic: string, at: From): Promise<ReadonlyMap<number, number>>;
  /** Stores positions of a group that nobody reads for. Rejects with `E_LOG_BUSY` or `E_GROUP_BUSY`. */
  setPositions(group: string, positions: readonly NotedPosition[]): Promise<void>;
  close(): Promise<void>;
}

/** Readers that a row names. */
const NAMED_MAX = 3;

/** Who reads a topic or a partition for a group, or reads for it at all, in words; `null`: nobody. */
export function readerOf(
  { pid, members }: Pick<LedgerGroup, 'pid' | 'members'>,
  place: Partial<TopicPartition> = {},
): string | null {
  if (pid !== null) return `process ${pid}`;
  const names = members.filter((member) => isReading(member, place)).map(({ name }) => name);
  if (names.length === 0) return null;
  const more = names.length - NAMED_MAX;
  return [...names.slice(0, NAMED_MAX), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function isReading({ partitions }: LedgerMember, { topic, partition }: Partial<TopicPartition>): boolean {
  if (topic === undefined) return true;
  return partitions.some(
    (each) => each.topic === topic && (partition === undefined || each.partition === partition),
  );
}
