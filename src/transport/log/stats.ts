/** Counts of a log's tables and pages: what is in use, and from when to when it is. Reads little. */
import type { Database } from 'lmdb';
import type { Located } from './cursor.ts';
import { blocksFrom } from './cursor.ts';
import type { Tables } from './environment.ts';
import { baseOfIndexKey, decodeEntry, indexKey, isIndexKeyOf } from './layout.ts';
import type { Topic } from './topics.ts';

/** What LMDB counts of a table; the types of `lmdb` leave it open. */
export interface TableStats {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
  readonly entryCount: number;
}

/** The counts of a table. */
export function tableStats(table: Pick<Database, 'getStats'>): TableStats {
  return table.getStats() as TableStats;
}

/** Bytes of the file that hold tables: about what it would have if nothing in it was free. */
export function liveBytes(tables: Tables): number {
  return Object.values<Pick<Database, 'getStats'>>({ ...tables })
    .map((table) => {
      const stats = tableStats(table);
      return (stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages) * stats.pageSize;
    })
    .reduce((sum, bytes) => sum + bytes, 0);
}

/** Lowest timestamp of the oldest block of each partition, highest of the newest; `null` for a topic without records. */
export function timeSpan(
  tables: Tables,
  topic: Topic,
): { readonly oldestMs: number; readonly newestMs: number } | null {
  let oldestMs = Infinity;
  let newestMs = -Infinity;
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    oldestMs = Math.min(oldestMs, firstBlock(tables, topic, partition)?.lowestMs ?? Infinity);
    newestMs = Math.max(newestMs, lastBlock(tables, topic, partition)?.highestMs ?? -Infinity);
  }
  return newestMs === -Infinity ? null : { oldestMs, newestMs };
}

function firstBlock(tables: Tables, topic: Topic, partition: number): Located | null {
  for (const first of blocksFrom(tables, topic, partition, 0)) return first;
  return null;
}

function lastBlock({ index }: Tables, { id }: Topic, partition: number): Located | null {
  for (const { key, value } of index.getRange({
    start: indexKey(id, partition + 1, 0),
    reverse: true,
    limit: 1,
  })) {
    if (isIndexKeyOf(key, id, partition)) return { ...decodeEntry(value), base: baseOfIndexKey(key) };
  }
  return null;
}
