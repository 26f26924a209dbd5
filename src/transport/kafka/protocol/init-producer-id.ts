/** InitProducerId: who a producer is to the brokers. */
import type { Broker } from '../internals.ts';
import { errorOfCode } from '../internals.ts';
import { protocolRequest, versionOf } from './request.ts';

/** Given by a broker. Another with the same id and a higher epoch shuts this one out. */
export interface ProducerSession {
  readonly id: number;
  readonly epoch: number;
}

/** Both versions are the same bytes; they came with Kafka 2.5 and 2.7. */
const FLEXIBLE = { key: 22, name: 'InitProducerId', min: 3, max: 4 };
const PLAIN = { key: 22, name: 'InitProducerId', min: 1, max: 1 };
/** No broker looks at it without a transactional id. */
const NO_TIMEOUT_MS = 60_000;
const NO_SESSION: ProducerSession = { id: -1, epoch: -1 };

/** A session without transactions, of any broker. Rejects with kafkajs's errors. */
export async function askProducerSession(broker: Broker): Promise<ProducerSession> {
  const { error, session } = await broker.connectionPool.send(
    protocolRequest({
      api: PLAIN,
      version: versionOf(PLAIN, broker),
      write: (writer) => writer.string(null).int32(NO_TIMEOUT_MS),
      read: (reader) => ({ error: reader.int16(), session: { id: reader.int64(), epoch: reader.int16() } }),
    }),
  );
  if (error !== 0) throw errorOfCode(error);
  return session;
}

/**
 * The next session of a transactional id, of its coordinator; its open transaction is aborted. With `last`
 * only if that is the id's last session; without it, whoever had the id before is shut out. Rejects with
 * kafkajs's errors.
 */
export async function askTransactionalSession(
  broker: Broker,
  asked: {
    readonly transactionalId: string;
    readonly timeoutMs: number;
    readonly last: ProducerSession | null;
  },
): Promise<ProducerSession> {
  const { id, epoch } = asked.last ?? NO_SESSION;
  const { error, session } = await broker.connectionPool.send(
    protocolRequest({
      api: FLEXIBLE,
      version: versionOf(FLEXIBLE, broker),
      isFlexible: true,
      write: (writer) =>
        writer.compactString(asked.transactionalId).int32(asked.timeoutMs).int64(id).int16(epoch).noTags(),
      read: (reader) => ({ error: reader.int16(), session: { id: reader.int64(), epoch: reader.int16() } }),
    }),
  );
  if (error !== 0) throw errorOfCode(error);
  return session;
}
