/** Reads one topic without a group: what `faultline tail` shows. Commits nothing, owns nothing. */
import type { Delivery } from '../../model/delivery.ts';
import type { From } from './cursor.ts';
import { Cursor, tailOf } from './cursor.ts';
import type { Environment } from './environment.ts';
import { Reader } from './reader.ts';
import { startOffset } from './start.ts';
import type { Topic } from './topics.ts';

/** What to read of a topic. */
export interface ReadOptions {
  /** Default: `earliest`. `{ last }`: so many before the end, of each partition. */
  readonly from?: From | { readonly last: number };
  /** End after so many. */
  readonly count?: number;
  /** Wait for more at the end instead of ending there. */
  readonly follow?: boolean;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** What the store gives. */
export interface TailContext {
  readonly environment: Environment;
  readonly topic: Topic;
  readonly pollMs: number;
  readonly watch: (onAppended: () => void) => () => void;
}

const DELIVERIES_PER_PULL = 1000;
const BYTES_PER_PULL = 8 * 1024 * 1024;

/**
 * Deliveries of a topic, in offset order within each partition. Ends at the end of the topic unless
 * it follows. Throws `E_LOG_CORRUPT`. To end it early leave the loop or abort the signal.
 */
export async function* readTopic(
  context: TailContext,
  options: ReadOptions,
): AsyncGenerator<Delivery, void, undefined> {
  const { environment, topic, pollMs, watch } = context;
  const {
    from = 'earliest',
    count = Infinity,
    follow = false,
    signal = new AbortController().signal,
  } = options;
  const reader = new Reader({ environment, pollMs, onPoll: async () => {} });
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    const start =
      typeof from === 'object'
        ? Math.max(0, tailOf(environment.tables, topic, partition).next - from.last)
        : await startOffset(environment, topic, partition, from);
    reader.add(new Cursor(environment.tables, topic, partition, start));
  }
  const unwatch = watch(() => reader.notify());
  const limit = {
    bytesMax: BYTES_PER_PULL,
    waitMs: follow ? pollMs : 0,
    paused: (): boolean => false,
    signal,
  };
  try {
    for (let left = count; left > 0 && !signal.aborted;) {
      const deliveries = await reader.pull({ ...limit, deliveriesMax: Math.min(left, DELIVERIES_PER_PULL) });
      if (deliveries.length === 0 && !follow) return;
      left -= deliveries.length;
      yield* deliveries;
    }
  } finally {
    unwatch();
    await reader.close();
  }
}
