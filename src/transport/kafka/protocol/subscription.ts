/**
 * What members of a consumer group tell each other by way of their coordinator, which only looks at
 * the topics: subscriptions and assignments of the consumer protocol, version 2 (KIP-429, KIP-792).
 * Other versions are read as far as they go, so that tools and brokers understand ours.
 */
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Partitions by topic. */
export type Partitions = ReadonlyMap<string, readonly number[]>;

/** What a member wants, and has. */
export interface Subscription {
  readonly topics: readonly string[];
  /** What it reads now and has not let go. */
  readonly owned: Partitions;
  /** The generation that gave it those, -1 for none. */
  readonly generation: number;
  /** Whatever else may change with the subscription: a change of it makes the group deal anew. */
  readonly mark: string;
}

const VERSION = 2;
const OWNED_SINCE = 1;
const GENERATION_SINCE = 2;

/** To bytes. */
export function encodeSubscription({ topics, owned, generation, mark }: Subscription): Buffer {
  const writer = new Writer().int16(VERSION);
  writer.array(topics, (topic) => writer.string(topic)).bytes(Buffer.from(mark));
  writePartitions(writer, owned);
  return writer.int32(generation).buffer;
}

/** From bytes. Throws a RangeError where they are none. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new Reader(bytes);
  const version = reader.int16();
  const topics = reader.array(() => reader.string());
  const mark = reader.bytes().toString();
  const owned: Partitions = version >= OWNED_SINCE ? readPartitions(reader) : new Map();
  const generation = version >= GENERATION_SINCE ? reader.int32() : -1;
  return { topics, mark, owned, generation };
}

/** To bytes. */
export function encodeAssignment(partitions: Partitions): Buffer {
  const writer = new Writer().int16(VERSION);
  writePartitions(writer, partitions);
  return writer.bytes(Buffer.alloc(0)).buffer;
}

/** From bytes; none at all is no partitions. Throws a RangeError where they are cut off. */
export function decodeAssignment(bytes: Buffer): Partitions {
  if (bytes.length === 0) return new Map();
  const reader = new Reader(bytes);
  reader.int16();
  return readPartitions(reader);
}

function writePartitions(writer: Writer, partitions: Partitions): void {
  writer.array([...partitions], ([topic, numbers]) => {
    writer.string(topic).array(numbers, (number) => writer.int32(number));
  });
}

function readPartitions(reader: Reader): Partitions {
  return new Map(
    reader.array((): [string, number[]] => [reader.string(), reader.array(() => reader.int32())]),
  );
}
