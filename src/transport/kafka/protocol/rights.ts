/** Metadata, for what this client may do with topics (KIP-430): the cheapest way to ask. */
import type { Broker } from '../internals.ts';
import { protocolRequest } from './request.ts';

/** What may be done with one topic. */
export interface TopicRights {
  readonly name: string;
  /** Kafka's error code, 0 for none. */
  readonly error: number;
  /** Bits by Kafka's numbers of operations. */
  readonly operations: number;
}

/** Kafka's numbers of operations. */
export const OPERATIONS = { Read: 3, Write: 4, Describe: 8, DescribeConfigs: 10 } as const;

/** Kafka 2.3 and newer; versions behind 8 are flexible. */
const API = { key: 3, name: 'Metadata', min: 8, max: 8 };

/** Whether an operation is among the bits. */
export function mayDo(operations: number, operation: keyof typeof OPERATIONS): boolean {
  return ((operations >>> OPERATIONS[operation]) & 1) === 1;
}

/** Asks for these topics; `null` where the broker is too old to tell. */
export async function askRights(
  broker: Broker,
  topics: readonly string[],
): Promise<readonly TopicRights[] | null> {
  if ((broker.versions?.[API.key]?.maxVersion ?? 0) < API.min) return null;
  return broker.connectionPool.send(
    protocolRequest({
      api: API,
      version: API.min,
      write: (writer) => {
        writer.array(topics, (topic) => writer.string(topic));
        writer.int8(0).int8(0).int8(1); // make none, nothing of the cluster, but of the topics
      },
      read: (reader) => {
        reader.array(() => {
          reader.int32();
          reader.string();
          reader.int32();
          reader.nullableString();
        }); // brokers
        reader.nullableString(); // cluster id
        reader.int32(); // controller
        return reader.array((): TopicRights => {
          const topic = { error: reader.int16(), name: reader.string() };
          reader.int8(); // internal or not
          reader.array(() => {
            reader.int16();
            for (let field = 0; field < 3; field += 1) reader.int32(); // partition, leader, its epoch
            for (let list = 0; list < 3; list += 1) reader.array(() => reader.int32()); // replicas
          });
          return { ...topic, operations: reader.int32() };
        });
      },
    }),
  );
}
