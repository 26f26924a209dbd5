/** Produce: batches of several partitions to the broker that leads them, each with an answer of its own. */
import type { TopicPartition } from '../../../model/delivery.ts';
import type { Broker, ProtocolRequest } from '../internals.ts';
import { Reader } from './reader.ts';
import type { Throttled } from './request.ts';
import { protocolRequest, versionOf } from './request.ts';
import type { Writer } from './writer.ts';

/** A batch and where it goes. */
export interface ProducedBatch extends TopicPartition {
  readonly bytes: Uint8Array;
}

/** What became of one batch. */
export interface PartitionAnswer extends TopicPartition {
  /** Kafka's error code, 0 for none. */
  readonly error: number;
}

/** What to write; at most one batch for each partition. */
export interface ProduceRequest {
  readonly transactionalId: string | null;
  /** How long the broker may wait for its replicas. */
  readonly waitMs: number;
  readonly batches: readonly ProducedBatch[];
}

/** Version 7 takes zstd; the next one of another format came with Kafka 2.4. */
const API = { key: 0, name: 'Produce', min: 7, max: 7 };
const ALL_IN_SYNC = -1;

/** Sends them, to be acknowledged by all replicas that are in sync. */
export async function askProduce(broker: Broker, asked: ProduceRequest): Promise<readonly PartitionAnswer[]> {
  const version = versionOf(API, broker);
  const request = protocolRequest<readonly PartitionAnswer[]>({
    api: API,
    version,
    write: (writer) => {
      writer.string(asked.transactionalId).int16(ALL_IN_SYNC).int32(asked.waitMs);
      writeByTopic(writer, asked.batches, ({ partition, bytes }) => writer.int32(partition).bytes(bytes));
    },
    read: () => [],
    waitMs: asked.waitMs,
  });
  return broker.connectionPool.send(answeredLate(request));
}

/** This answer ends with the throttle time, where others begin with it. */
function answeredLate(
  request: ProtocolRequest<Throttled<readonly PartitionAnswer[]>, readonly PartitionAnswer[]>,
): typeof request {
  const decode = async (bytes: Buffer): Promise<Throttled<readonly PartitionAnswer[]>> => {
    const reader = new Reader(bytes);
    const answer = readByTopic(reader, readPartition);
    return { answer, clientSideThrottleTime: reader.int32() };
  };
  return { ...request, response: { ...request.response, decode } };
}

function readPartition(reader: Reader): Omit<PartitionAnswer, 'topic'> {
  const answer = { partition: reader.int32(), error: reader.int16() };
  reader.int64(); // offset of its first record
  reader.int64(); // when it was appended
  reader.int64(); // start of the log
  return answer;
}

/** An array of topics, each with its partitions. */
export function writeByTopic<T extends TopicPartition>(
  writer: Writer,
  items: readonly T[],
  write: (item: T) => void,
): void {
  const topics = [...Map.groupBy(items, ({ topic }) => topic)];
  writer.array(topics, ([topic, ofTopic]) => writer.string(topic).array(ofTopic, write));
}

/** The same, read. */
export function readByTopic<T>(
  reader: Reader,
  read: (reader: Reader) => T,
): readonly (T & { topic: string })[] {
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => ({ ...read(reader), topic }));
    })
    .flat();
}
