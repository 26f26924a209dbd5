/** ListOffsets: the start, the end or the offset of a time of partitions, each with its own error. */
import type { Broker } from '../internals.ts';
import { protocolRequest, versionOf } from './request.ts';

/** The end of what may be read. */
export const END = -1;
/** The oldest record that is there. */
export const START = -2;

/** What is asked of one partition. */
export interface OffsetQuery {
  readonly topic: string;
  readonly partition: number;
  /** {@link START}, {@link END} or milliseconds since 1970: the first record that is as young. */
  readonly time: number;
}

/** What one partition answers. */
export interface ListedOffset {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's error code, 0 for none. */
  readonly error: number;
  /** -1: no record is that young. */
  readonly offset: number;
}

const API = { key: 2, name: 'ListOffsets', min: 2, max: 3 };
/** This is no broker that replicates. */
const NO_REPLICA = -1;

/** Asks the leader of these partitions; at most one query for each. */
export async function askOffsets(
  broker: Broker,
  queries: readonly OffsetQuery[],
  isolation: 'read-committed' | 'read-uncommitted',
): Promise<readonly ListedOffset[]> {
  const answers = await broker.connectionPool.send(
    protocolRequest({
      api: API,
      version: versionOf(API, broker),
      write: (writer) => {
        writer.int32(NO_REPLICA).int8(isolation === 'read-committed' ? 1 : 0);
        writer.array(queries, ({ topic, partition, time }) => {
          writer.string(topic).array([partition], () => writer.int32(partition).int64(time));
        });
      },
      read: (reader) =>
        reader.array(() => {
          const topic = reader.string();
          return reader.array(() => {
            const partition = reader.int32();
            const error = reader.int16();
            reader.int64(); // the record's own time
            return { topic, partition, error, offset: reader.int64() };
          });
        }),
    }),
  );
  return answers.flat();
}
