/** Metadata: the brokers, the topics and who leads which partition. An error of one topic is that topic's alone. */
import type { Broker } from '../internals.ts';
import type { Reader } from './reader.ts';
import { protocolRequest, versionOf } from './request.ts';

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A topic of the cluster. */
export interface TopicMetadata {
  readonly name: string;
  /** Kafka's error code, 0 for none. */
  readonly error: number;
  readonly isInternal: boolean;
  readonly partitions: readonly {
    readonly partition: number;
    /** -1: none at the moment. */
    readonly leader: number;
  }[];
}

/** What one broker knows of the cluster. */
export interface Metadata {
  readonly brokers: readonly (Address & { readonly node: number })[];
  readonly topics: readonly TopicMetadata[];
}

const API = { key: 3, name: 'Metadata', min: 4, max: 4 };

/** Asks for these topics, `null` for all; none is made by that. */
export async function askMetadata(broker: Broker, topics: readonly string[] | null): Promise<Metadata> {
  return broker.connectionPool.send(
    protocolRequest({
      api: API,
      version: versionOf(API, broker),
      write: (writer) => writer.array(topics, (topic) => writer.string(topic)).int8(0),
      read: readMetadata,
    }),
  );
}

function readMetadata(reader: Reader): Metadata {
  const brokers = reader.array(() => {
    const broker = { node: reader.int32(), host: reader.string(), port: reader.int32() };
    reader.nullableString(); // rack
    return broker;
  });
  reader.nullableString(); // cluster id
  reader.int32(); // controller
  return { brokers, topics: reader.array(() => readTopic(reader)) };
}

function readTopic(reader: Reader): TopicMetadata {
  return {
    error: reader.int16(),
    name: reader.string(),
    isInternal: reader.int8() !== 0,
    partitions: reader.array(() => {
      reader.int16(); // its error says what the leader says
      const partition = { partition: reader.int32(), leader: reader.int32() };
      reader.array(() => reader.int32()); // replicas
      reader.array(() => reader.int32()); // in sync
      return partition;
    }),
  };
}
