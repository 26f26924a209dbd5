/**
 * Fetch: record batches of many partitions from the broker that leads them, as bytes. Whole answers
 * fail only where nothing can be read; else each partition has its own error.
 */
import type { Broker } from '../internals.ts';
import type { Reader } from './reader.ts';
import { protocolRequest, versionOf } from './request.ts';

/** From where one partition is fetched. */
export interface FetchFrom {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Soft: the first batch of an answer comes whole. */
  readonly bytesMax: number;
}

/** What is asked. */
export interface FetchRequest {
  /** The broker waits so long for `bytesMin`, milliseconds. */
  readonly waitMs: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly isolation: 'read-committed' | 'read-uncommitted';
  /** In the order in which they are filled. */
  readonly partitions: readonly FetchFrom[];
}

/** A transaction that was aborted: its producer's records from there on, up to its marker, do not count. */
export interface AbortedTransaction {
  readonly producer: number;
  readonly firstOffset: number;
}

/** What one partition answers. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's error code, 0 for none. */
  readonly error: number;
  readonly highWatermark: number;
  /** Up to here no transaction is open. */
  readonly stableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches one after another; the last may be cut off. A view of the answer. */
  readonly records: Buffer;
}

/** The answer: an error of the whole, or partitions. */
export interface FetchAnswer {
  readonly error: number;
  readonly partitions: readonly Fetched[];
}

/** The first version in which zstd is given out; what came later is not needed. */
const API = { key: 1, name: 'Fetch', min: 10, max: 10 };
/** No broker that replicates, no session that remembers partitions, no known epoch or log start. */
const NONE = -1;

/** Asks; waits up to `waitMs` beside the time that the network takes. */
export async function askRecords(broker: Broker, fetch: FetchRequest): Promise<FetchAnswer> {
  return broker.connectionPool.send(
    protocolRequest({
      api: API,
      version: versionOf(API, broker),
      waitMs: fetch.waitMs,
      write: (writer) => {
        writer.int32(NONE).int32(fetch.waitMs).int32(fetch.bytesMin).int32(fetch.bytesMax);
        writer.int8(fetch.isolation === 'read-committed' ? 1 : 0);
        writer.int32(0).int32(NONE);
        writer.array(fetch.partitions, ({ topic, partition, offset, bytesMax }) => {
          writer.string(topic).array([partition], () => {
            writer.int32(partition).int32(NONE).int64(offset).int64(NONE).int32(bytesMax);
          });
        });
        writer.array([], () => undefined);
      },
      read: (reader) => {
        const error = reader.int16();
        reader.int32(); // session
        return { error, partitions: reader.array(() => readTopic(reader)).flat() };
      },
    }),
  );
}

function readTopic(reader: Reader): Fetched[] {
  const topic = reader.string();
  return reader.array(() => {
    const partition = reader.int32();
    const error = reader.int16();
    const highWatermark = reader.int64();
    const stableOffset = reader.int64();
    reader.int64(); // start of the log
    const aborted = reader.array(() => ({ producer: reader.int64(), firstOffset: reader.int64() }));
    return { topic, partition, error, highWatermark, stableOffset, aborted, records: reader.bytes() };
  });
}
