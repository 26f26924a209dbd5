/** Where reading of a partition begins when its group has committed nothing. */
import type { From } from './cursor.ts';
import { blocksFrom, readBlock, startOf, tailOf } from './cursor.ts';
import type { Environment } from './environment.ts';
import type { Topic } from './topics.ts';

/** Index entries looked at before other work gets a turn. */
const ENTRIES_PER_TURN = 2000;

/**
 * The offset that `from` means: the first record there is, the next one to come, or the first whose
 * timestamp is at least the given time (the end when there is none). Rejects with `E_LOG_CORRUPT`.
 */
export async function startOffset(
  environment: Environment,
  topic: Topic,
  partition: number,
  from: From,
): Promise<number> {
  if (from === 'earliest') return startOf(environment.tables, topic, partition);
  const { next } = tailOf(environment.tables, topic, partition);
  if (from === 'latest') return next;
  for (let offset = 0; offset < next;) {
    let seen = 0;
    for (const located of blocksFrom(environment.tables, topic, partition, offset)) {
      if (located.highestMs >= from) {
        const block = readBlock(environment.tables, topic, partition, located) ?? [];
        const found = block.find(({ timestampMs }) => timestampMs >= from);
        if (found !== undefined) return found.offset;
      }
      offset = located.base + located.records;
      seen += 1;
      if (seen === ENTRIES_PER_TURN) break;
    }
    if (seen < ENTRIES_PER_TURN) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return next;
}
