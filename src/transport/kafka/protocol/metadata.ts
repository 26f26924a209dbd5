/** Metadata: the brokers, the topics and who leads which partition. An error of one topic is that topic's alone. */
import type { Broker } from '../internals.ts';
import type { Reader } from './reader.ts';
import type { RequestSpec } from './request.ts';
import { protocolRequest, versionOf } from './request.ts';

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A topic of the cluster. */
export interface TopicMetadata {
  readonly name: string;
  /** Another one where a topic was deleted and made again; brokers before 2.8 have none. */
  readonly id?: string;
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

const PLAIN = { key: 3, name: 'Metadata', min: 4, max: 4 };
/** With ids of topics, and tagged fields. */
const WITH_IDS = { ...PLAIN, min: 10, max: 10 };

/** Asks for these topics, `null` for all; none is made by that. */
export async function askMetadata(broker: Broker, topics: readonly string[] | null): Promise<Metadata> {
  const hasIds = (broker.versions?.[PLAIN.key]?.maxVersion ?? 0) >= WITH_IDS.min;
  const request = hasIds ? withIds(broker, topics) : plain(broker, topics);
  return broker.connectionPool.send(protocolRequest(request));
}

function plain(broker: Broker, topics: readonly string[] | null): RequestSpec<Metadata> {
  return {
    api: PLAIN,
    version: versionOf(PLAIN, broker),
    write: (writer) => writer.array(topics, (topic) => writer.string(topic)).int8(0),
    read: readPlain,
  };
}

function withIds(broker: Broker, topics: readonly string[] | null): RequestSpec<Metadata> {
  return {
    api: WITH_IDS,
    version: versionOf(WITH_IDS, broker),
    isFlexible: true,
    write: (writer) => {
      if (topics === null) writer.unsignedVarint(0);
      else writer.compactArray(topics, (topic) => writer.int64(0).int64(0).compactString(topic).noTags());
      writer.int8(0).int8(0).int8(0).noTags(); // makes none, and asks for no rights
    },
    read: readWithIds,
  };
}

function readPlain(reader: Reader): Metadata {
  const brokers = reader.array(() => {
    const broker = { node: reader.int32(), host: reader.string(), port: reader.int32() };
    reader.nullableString(); // rack
    return broker;
  });
  reader.nullableString(); // cluster id
  reader.int32(); // controller
  return { brokers, topics: reader.array(() => readPlainTopic(reader)) };
}

function readPlainTopic(reader: Reader): TopicMetadata {
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

function readWithIds(reader: Reader): Metadata {
  const brokers = reader.compactArray(() => {
    const broker = { node: reader.int32(), host: reader.compactString() ?? '', port: reader.int32() };
    reader.compactString(); // rack
    reader.skipTags();
    return broker;
  });
  reader.compactString(); // cluster id
  reader.int32(); // controller
  return { brokers, topics: reader.compactArray(() => readTopicWithId(reader)) };
}

function readTopicWithId(reader: Reader): TopicMetadata {
  const error = reader.int16();
  const name = reader.compactString() ?? '';
  const id = reader.uuid();
  const isInternal = reader.int8() !== 0;
  const partitions = reader.compactArray(() => {
    reader.int16(); // its error says what the leader says
    const partition = { partition: reader.int32(), leader: reader.int32() };
    reader.int32(); // epoch of the leader
    for (let list = 0; list < 3; list += 1) reader.compactArray(() => reader.int32()); // replicas, in sync, offline
    reader.skipTags();
    return partition;
  });
  reader.int32(); // rights
  reader.skipTags();
  return { name, error, isInternal, partitions, ...(id !== NO_ID && { id }) };
}

const NO_ID = '0'.repeat(32);
