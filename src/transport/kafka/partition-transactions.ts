/**
 * The transactions of one partition of a group, one after another, under a transactional id of its own:
 * who begins with the id shuts out whoever had it, and ends what that one had open.
 *
 * Promise: a transaction is committed only when everything in it was written. Before the commit is asked
 * for, a failure means that nothing counts; from then on it is asked for until the answer is known, and
 * whatever the coordinator says instead of one leaves it unknown: nothing is written again then. A
 * session is followed by the next only where it was the id's last: one that was shut out stays out.
 */
import type { NotedPosition, Publication, TopicPartition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import type { Brokers } from './brokers.ts';
import { Coordinator } from './coordinator.ts';
import { kafkaFault, protocolError } from './faults.ts';
import type { Broker } from './internals.ts';
import { judge } from './judge.ts';
import { persist } from './persist.ts';
import type { ProducerIdentity } from './producer.ts';
import { Producer } from './producer.ts';
import type { ProducerSession } from './protocol/init-producer-id.ts';
import { askTransactionalSession } from './protocol/init-producer-id.ts';
import type { TransactionName } from './protocol/transaction.ts';
import { askAddOffsets, askAddPartitions, askCommitOffsets, askEnd } from './protocol/transaction.ts';
import type { KafkaSettings, ProduceSettings, TransactionSettings } from './settings.ts';
import { forNow } from './verdict.ts';

/** What they need. */
export interface PartitionTransactionsOptions {
  readonly brokers: Brokers;
  readonly kafka: Pick<KafkaSettings, 'requestTimeoutMs' | 'backoffMs' | 'backoffMaxMs'>;
  readonly produce: ProduceSettings;
  readonly transactions: TransactionSettings;
  readonly group: string;
  /** Of the group. */
  readonly coordinator: Coordinator;
  readonly place: TopicPartition;
  readonly signal: AbortSignal;
  readonly tell: (fault: EngineError) => void;
}

/** What takes effect together. */
export interface PartitionTransaction {
  readonly position: NotedPosition;
  readonly publications: readonly Publication[];
}

/** A session, and what writes in its name. */
interface Owned {
  readonly name: TransactionName;
  readonly producer: Producer;
  /** The topics and partitions of the transaction under way. */
  readonly enlisted: Set<string>;
  /** Settles when the positions may be written: the first request of a transaction. */
  begun: Promise<void>;
}

/** Neither topics nor partitions have a slash in them, so no two partitions have the same id. */
export function transactionalIdOf(group: string, { topic, partition }: TopicPartition): string {
  return `faultline/${group}/${topic}/${partition}`;
}

/** One partition's. */
export class PartitionTransactions {
  readonly #options: PartitionTransactionsOptions;
  readonly #transactionalId: string;
  readonly #coordinator: Coordinator;
  #owned: Owned | null = null;
  /** The last session, which something failed in. */
  #broken: ProducerSession | null = null;
  #isLetGo = false;

  constructor(options: PartitionTransactionsOptions) {
    this.#options = options;
    this.#transactionalId = transactionalIdOf(options.group, options.place);
    this.#coordinator = new Coordinator(options.brokers, this.#transactionalId, 'transactions');
  }

  /**
   * Shuts out the one before, and ends its transaction. Rejects, coded, when that cannot be done in time;
   * with `E_GROUP_LOST` when it is closed meanwhile: the one to shut out could be the rightful next.
   */
  async begin(): Promise<void> {
    const session = await this.#nextSession(null);
    this.#assertHeld();
    this.#own(session);
  }

  /** As `Transactions.transact`; calls do not overlap. Rejects with `E_FENCED` when another has begun. */
  async transact({ position, publications }: PartitionTransaction): Promise<readonly PublishResult[]> {
    const { recordBytesMax } = this.#options.produce;
    const refused = publications.map((publication) => judge(publication, recordBytesMax));
    if (refused.some((result) => result !== null)) return abortedUnless(refused);
    const owned = await this.#mended();
    try {
      const results = await this.#write(owned, position, publications);
      if (results.every((result) => result === null)) {
        await this.#commit(owned);
        return results;
      }
      throwForNow(results);
      await this.#abort(owned);
      return abortedUnless(results);
    } catch (error) {
      throw await this.#failed(owned, kafkaFault(error, `transaction of ${this.#transactionalId}`));
    }
  }

  /** Cleans up; the error to reject with. */
  async #failed(owned: Owned, fault: EngineError): Promise<EngineError> {
    if (fault.code === 'E_TRANSACTION_UNKNOWN') return fault;
    if (fault.code !== 'E_FENCED') {
      await this.#abort(owned);
      return fault;
    }
    // For another, which this one gets no next session from; or because it was open for too long.
    this.#giveUp(owned);
    await this.#mended();
    return new EngineError(
      'E_KAFKA_FAILED',
      `the brokers have ended it, perhaps for its age: ${fault.message}`,
    );
  }

  /** No other begins, nor is anybody shut out any more; a transaction that is under way ends by itself. */
  close(): void {
    this.#isLetGo = true;
    this.#owned?.producer.close();
  }

  /** The session; where something failed in it, the next one. */
  async #mended(): Promise<Owned> {
    if (this.#owned !== null) return this.#owned;
    if (this.#broken === null) throw new EngineError('E_GROUP_LOST');
    return this.#own(await this.#nextSession(this.#broken));
  }

  #own(session: ProducerSession): Owned {
    const { brokers, kafka, produce, tell } = this.#options;
    this.#owned?.producer.close();
    const name = { transactionalId: this.#transactionalId, session };
    const identity: ProducerIdentity = {
      transactionalId: name.transactionalId,
      session: async () => session,
      enlist: (partitions) => this.#enlist(owned, partitions),
      // Whatever fails ends the session with its transaction.
      end: () => undefined,
      lose: (_session, fault) => producer.abandon(fault),
    };
    // Who has lost the partition is shut out by the brokers.
    const producer = new Producer({ brokers, identity, kafka, produce, mayWrite: () => true, tell });
    const owned: Owned = { name, producer, enlisted: new Set(), begun: Promise.resolve() };
    this.#owned = owned;
    this.#broken = null;
    return owned;
  }

  async #write(
    owned: Owned,
    position: NotedPosition,
    publications: readonly Publication[],
  ): Promise<readonly PublishResult[]> {
    const { group, coordinator } = this.#options;
    owned.enlisted.clear();
    owned.begun = this.#ask((broker) => askAddOffsets(broker, owned.name, group));
    const noted = owned.begun
      .then(() =>
        this.#persist('writing positions', () =>
          coordinator.ask('data', (broker) =>
            askCommitOffsets(broker, owned.name, { group, positions: [position] }),
          ),
        ),
      )
      .catch((error: unknown) => {
        const fault = kafkaFault(error, 'writing positions');
        owned.producer.abandon(fault);
        throw fault;
      });
    const [results] = await Promise.all([owned.producer.publish(publications, 0), noted]);
    return results;
  }

  async #enlist(owned: Owned, partitions: readonly TopicPartition[]): Promise<void> {
    const added = partitions.filter(({ topic, partition }) => !owned.enlisted.has(`${topic}/${partition}`));
    await owned.begun;
    if (added.length === 0) return;
    await this.#ask((broker) => askAddPartitions(broker, owned.name, added));
    for (const { topic, partition } of added) owned.enlisted.add(`${topic}/${partition}`);
  }

  /** Rejects with `E_TRANSACTION_UNKNOWN` when it may or may not have been committed. */
  async #commit(owned: Owned): Promise<void> {
    let isDoubtful = false;
    try {
      await this.#ask(async (broker) => {
        try {
          await askEnd(broker, owned.name, true);
        } catch (error) {
          isDoubtful ||= !NOT_COMMITTED.has(protocolError(error));
          throw error;
        }
      });
    } catch (cause) {
      if (!isDoubtful) throw cause;
      this.#giveUp(owned);
      const message = `it is not known whether a transaction of ${this.#transactionalId} was committed`;
      throw new EngineError('E_TRANSACTION_UNKNOWN', message, { cause });
    }
  }

  /** So that readers do not wait for it. Where that fails, the next session ends it. */
  async #abort(owned: Owned): Promise<void> {
    this.#giveUp(owned);
    try {
      await this.#coordinator.ask('data', (broker) => askEnd(broker, owned.name, false));
    } catch (error) {
      if (protocolError(error) !== NO_TRANSACTION) this.#options.tell(kafkaFault(error, 'aborting'));
    }
  }

  #giveUp(owned: Owned): void {
    owned.producer.abandon(new EngineError('E_TRANSACTION_ABORTED'));
    owned.producer.close();
    this.#owned = null;
    this.#broken = owned.name.session;
  }

  async #nextSession(last: ProducerSession | null): Promise<ProducerSession> {
    const { timeoutMs } = this.#options.transactions;
    const transactionalId = this.#transactionalId;
    if (last !== null) await this.#endLast({ transactionalId, session: last });
    return this.#ask(async (broker) => {
      if (last === null) this.#assertHeld();
      return askTransactionalSession(broker, { transactionalId, timeoutMs, last });
    });
  }

  #assertHeld(): void {
    if (this.#isLetGo) throw new EngineError('E_GROUP_LOST', `${this.#transactionalId} was let go`);
  }

  /** The coordinator gives the next session to the last one's owner only where no transaction is open. */
  async #endLast(name: TransactionName): Promise<void> {
    await this.#ask(async (broker) => {
      try {
        await askEnd(broker, name, false);
      } catch (error) {
        // Where the session has ended, the next one tells whether that was for another.
        const isEnded = kafkaFault(error, '').code === 'E_FENCED';
        if (!isEnded && protocolError(error) !== NO_TRANSACTION) throw error;
      }
    });
  }

  #ask<T>(ask: (broker: Broker) => Promise<T>): Promise<T> {
    const doing = `transactions of ${this.#transactionalId}`;
    return this.#persist(doing, () => this.#coordinator.ask('data', ask));
  }

  async #persist<T>(doing: string, ask: () => Promise<T>): Promise<T> {
    const { kafka, produce, signal } = this.#options;
    const deadlineMs = performance.now() + produce.timeoutMs;
    try {
      return await persist(doing, ask, { deadlineMs, backoff: kafka, signal });
    } catch (error) {
      const fault = kafkaFault(error, doing);
      throw RENEWED.has(fault.code) ? forNow(fault) : fault;
    }
  }
}

/** Logins and certificates are renewed while it runs: at the start they were good. */
const RENEWED: ReadonlySet<string> = new Set(['E_KAFKA_AUTH', 'E_KAFKA_TLS']);

/** Said where a transaction is to be ended and none is open. */
const NO_TRANSACTION = 'INVALID_TXN_STATE';

/**
 * All that surely means that a transaction whose commit was asked for is not committed. A coordinator says
 * even that it loads or has moved after it has written the decision down (Kafka's
 * TransactionCoordinator.endTransaction, TransactionStateManager.appendTransactionToLog).
 */
const NOT_COMMITTED: ReadonlySet<string> = new Set([
  NO_TRANSACTION,
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
]);

/** Throws what keeps all of it from being written, unless some of it is refused for good whatever else fails. */
function throwForNow(results: readonly PublishResult[]): void {
  const errors = results.filter((result) => result !== null);
  const fenced = errors.find(({ code }) => code === 'E_FENCED');
  // Not for now, as a producer without transactions would have it.
  if (fenced !== undefined) throw new EngineError(fenced.code, fenced.message, { cause: fenced });
  const [first] = errors;
  if (first !== undefined && errors.every(({ retriable }) => retriable)) throw first;
}

/** Nothing counts: what is not refused for good may be written again. */
function abortedUnless(results: readonly PublishResult[]): readonly PublishResult[] {
  const aborted = new EngineError('E_TRANSACTION_ABORTED');
  return results.map((result) => (result === null ? aborted : result));
}
