/**
 * The requests of one transaction, in the order in which they are made. Each rejects with kafkajs's
 * errors. Versions: those of Kafka 2.0, with which the coordinator shuts out older sessions by their epoch.
 */
import type { NotedPosition, TopicPartition } from '../../../model/delivery.ts';
import type { Broker } from '../internals.ts';
import { errorOfCode } from '../internals.ts';
import type { ProducerSession } from './init-producer-id.ts';
import { readByTopic, writeByTopic } from './produce.ts';
import type { Reader } from './reader.ts';
import type { Api } from './request.ts';
import { protocolRequest, versionOf } from './request.ts';
import type { Writer } from './writer.ts';

/** In whose name. */
export interface TransactionName {
  readonly transactionalId: string;
  readonly session: ProducerSession;
}

const ADD_PARTITIONS: Api = { key: 24, name: 'AddPartitionsToTxn', min: 1, max: 1 };
const ADD_OFFSETS: Api = { key: 25, name: 'AddOffsetsToTxn', min: 1, max: 1 };
const END: Api = { key: 26, name: 'EndTxn', min: 1, max: 1 };
const COMMIT_OFFSETS: Api = { key: 28, name: 'TxnOffsetCommit', min: 1, max: 1 };

/** Said of partitions that another one's error kept from being added. */
const OPERATION_NOT_ATTEMPTED = 55;

/** To the coordinator of the transactional id, before anything is written to these partitions. */
export async function askAddPartitions(
  broker: Broker,
  name: TransactionName,
  partitions: readonly TopicPartition[],
): Promise<void> {
  await ask(broker, ADD_PARTITIONS, {
    write: (writer) => {
      writeName(writer.string(name.transactionalId), name);
      writeByTopic(writer, partitions, ({ partition }) => writer.int32(partition));
    },
    read: readErrors,
  });
}

/** To the coordinator of the transactional id, before the group's positions are written. */
export async function askAddOffsets(broker: Broker, name: TransactionName, group: string): Promise<void> {
  await ask(broker, ADD_OFFSETS, {
    write: (writer) => writeName(writer.string(name.transactionalId), name).string(group),
    read: readError,
  });
}

/** To the coordinator of the group: positions that count when the transaction is committed. */
export async function askCommitOffsets(
  broker: Broker,
  name: TransactionName,
  commit: { readonly group: string; readonly positions: readonly NotedPosition[] },
): Promise<void> {
  await ask(broker, COMMIT_OFFSETS, {
    write: (writer) => {
      writeName(writer.string(name.transactionalId).string(commit.group), name);
      writeByTopic(writer, commit.positions, ({ partition, offset, metadata }) =>
        writer.int32(partition).int64(offset).string(metadata),
      );
    },
    read: readErrors,
  });
}

/** To the coordinator of the transactional id. Asking the same again does nothing. */
export async function askEnd(broker: Broker, name: TransactionName, isCommitted: boolean): Promise<void> {
  await ask(broker, END, {
    write: (writer) => writeName(writer.string(name.transactionalId), name).int8(isCommitted ? 1 : 0),
    read: readError,
  });
}

async function ask(
  broker: Broker,
  api: Api,
  { write, read }: { write: (writer: Writer) => void; read: (reader: Reader) => number },
): Promise<void> {
  const version = versionOf(api, broker);
  const error = await broker.connectionPool.send(protocolRequest({ api, version, write, read }));
  if (error !== 0) throw errorOfCode(error);
}

function writeName(writer: Writer, { session }: TransactionName): Writer {
  return writer.int64(session.id).int16(session.epoch);
}

function readError(reader: Reader): number {
  return reader.int16();
}

/** The first one that says why; 0 when there is none. */
function readErrors(reader: Reader): number {
  const errors = readByTopic(reader, () => ({ partition: reader.int32(), error: reader.int16() }))
    .map(({ error }) => error)
    .filter((error) => error !== 0);
  return errors.find((error) => error !== OPERATION_NOT_ATTEMPTED) ?? errors[0] ?? 0;
}
