/**
 * What the commands ask of the place where records lie, the embedded log or the brokers: its topics,
 * where groups stand, and to put them elsewhere.
 */
import type { From } from '../config/config.ts';
import type { NotedPosition } from '../model/delivery.ts';

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

/** A group and where it stands. */
export interface LedgerGroup {
  readonly name: string;
  /** The process that reads the log for it; `null`: none, or brokers are asked. */
  readonly pid: number | null;
  /** Members on the brokers, in words. */
  readonly members: readonly string[];
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

/** Who reads for a group, in words; `null`: nobody. */
export function readerOf({ pid, members }: Pick<LedgerGroup, 'pid' | 'members'>): string | null {
  if (pid !== null) return `process ${pid}`;
  return members.length === 0 ? null : members.join(', ');
}
