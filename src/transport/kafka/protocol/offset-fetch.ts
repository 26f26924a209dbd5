/**
 * OffsetFetch: what the group has committed, each partition with its own error.
 *
 * Version 7 tells of what a transaction is just committing instead of what was there before it
 * (KIP-447): right after another process was fenced, its last offsets may not be in place yet.
 */
import type { TopicPartition } from '../../../model/delivery.ts';
import type { Broker } from '../internals.ts';
import { byTopic } from '../places.ts';
import type { Reader } from './reader.ts';
import { protocolRequest, versionOf } from './request.ts';
import type { Writer } from './writer.ts';

/** What the group has committed of one partition. */
export interface CommittedOffset extends TopicPartition {
  /** -1: nothing. */
  readonly offset: number;
  readonly metadata: string;
  /** Kafka's error code, 0 for none. */
  readonly error: number;
}

/** The answer: an error of the whole group, or partitions. */
export interface CommittedOffsets {
  readonly error: number;
  readonly partitions: readonly CommittedOffset[];
}

const API = { key: 9, name: 'OffsetFetch', min: 5, max: 5 };
/** From Kafka 2.5 on. */
const STABLE_API = { ...API, min: 7, max: 7 };

/** Asks the group's coordinator. */
export async function askCommitted(
  broker: Broker,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<CommittedOffsets> {
  const isStable = (broker.versions?.[API.key]?.maxVersion ?? 0) >= STABLE_API.min;
  return broker.connectionPool.send(
    protocolRequest({
      api: API,
      version: versionOf(isStable ? STABLE_API : API, broker),
      isFlexible: isStable,
      write: (writer) => (isStable ? writeStable : write)(writer, group, partitions),
      read: isStable ? readStable : read,
    }),
  );
}

function write(writer: Writer, group: string, partitions: readonly TopicPartition[]): void {
  writer.string(group).array([...byTopic(partitions)], ([topic, numbers]) => {
    writer.string(topic).array(numbers, (number) => writer.int32(number));
  });
}

function writeStable(writer: Writer, group: string, partitions: readonly TopicPartition[]): void {
  writer.compactString(group).compactArray([...byTopic(partitions)], ([topic, numbers]) => {
    writer.compactString(topic).compactArray(numbers, (number) => writer.int32(number));
    writer.noTags();
  });
  writer.int8(1).noTags(); // wait for what is being committed
}

function read(reader: Reader): CommittedOffsets {
  const topics = reader.array(() => {
    const topic = reader.string();
    return reader.array(() => {
      const place = { topic, partition: reader.int32(), offset: reader.int64() };
      reader.int32(); // leader epoch
      return { ...place, metadata: reader.string(), error: reader.int16() };
    });
  });
  return { partitions: topics.flat(), error: reader.int16() };
}

function readStable(reader: Reader): CommittedOffsets {
  const topics = reader.compactArray(() => {
    const topic = reader.compactString() ?? '';
    const partitions = reader.compactArray(() => {
      const place = { topic, partition: reader.int32(), offset: reader.int64() };
      reader.int32(); // leader epoch
      const committed = { ...place, metadata: reader.compactString() ?? '', error: reader.int16() };
      reader.skipTags();
      return committed;
    });
    reader.skipTags();
    return partitions;
  });
  return { partitions: topics.flat(), error: reader.int16() };
}
