/**
 * Exactly once on Kafka: findings, dead letters and one position in one transaction, under a
 * transactional id for each partition of a group, so that who takes a partition over shuts out the one
 * before, whatever that one still believes.
 *
 * The order at an assignment: {@link KafkaTransactions.begin}, then the committed positions are read,
 * then the partition.
 */
import { assert } from '../../model/assert.ts';
import type { TopicPartition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import type { Transaction, Transactions } from '../../ports/transactions.ts';
import { Brokers } from './brokers.ts';
import { Calls } from './calls.ts';
import type { KafkaClient } from './client.ts';
import { Coordinator } from './coordinator.ts';
import { PartitionTransactions, transactionalIdOf } from './partition-transactions.ts';
import type { ProduceSettings, TransactionSettings } from './settings.ts';

/** What transactions are made of. */
export interface KafkaTransactionsOptions {
  readonly client: KafkaClient;
  readonly produce: ProduceSettings;
  readonly transactions: TransactionSettings;
  /** Is told of what is tried again, and of what failed. */
  readonly tell: (fault: EngineError) => void;
}

/**
 * The transactions. Calls for one partition do not overlap; of several, they run side by side.
 *
 * Rejects with `E_GROUP_LOST` for a partition that was not begun, `E_FENCED` for one that another has begun
 * since, `E_TRANSACTION_UNKNOWN`, or a retriable error; `E_SINK_CLOSED` after the close.
 */
export class KafkaTransactions implements Transactions {
  /** Each partition has a transactional id of its own. */
  readonly positionsMax = 1;
  readonly #options: KafkaTransactionsOptions;
  readonly #brokers: Brokers;
  readonly #calls = new Calls();
  readonly #closing = new AbortController();
  /** By transactional id. */
  readonly #partitions = new Map<string, PartitionTransactions>();
  /** By group. */
  readonly #coordinators = new Map<string, Coordinator>();

  constructor(options: KafkaTransactionsOptions) {
    this.#options = options;
    this.#brokers = new Brokers(options.client);
  }

  /**
   * Takes partitions over: when it resolves, nobody else can write for them, and no transaction of them
   * is open. Rejects with `E_KAFKA_PARTITIONS` past the limit, `E_GROUP_LOST` where they are forgotten
   * meanwhile, or another coded error; none of them is begun then.
   */
  async begin(group: string, places: readonly TopicPartition[]): Promise<void> {
    await this.#calls.make(async () => {
      this.forget(group, places);
      this.#assertRoomFor(places.length);
      const begun = places.map((place) => this.#make(group, place));
      try {
        await Promise.all(begun.map((partition) => partition.begin()));
      } catch (error) {
        this.#drop(begun);
        throw error;
      }
    });
  }

  /** They are let go: nothing begins for them any more; a transaction that is under way ends by itself. */
  forget(group: string, places: readonly TopicPartition[]): void {
    for (const place of places) {
      const id = transactionalIdOf(group, place);
      this.#partitions.get(id)?.close();
      this.#partitions.delete(id);
    }
  }

  /** Of one position. */
  async transact({ group, positions, publications }: Transaction): Promise<readonly PublishResult[]> {
    const [position] = positions;
    assert(position !== undefined && positions.length === 1, 'a transaction is of one partition');
    return this.#calls.make(async () => {
      const partition = this.#partitions.get(transactionalIdOf(group, position));
      if (partition === undefined) {
        const { topic, partition: number } = position;
        throw new EngineError(
          'E_GROUP_LOST',
          `group ${group} does not read ${topic}/${number} in this process`,
        );
      }
      return partition.transact({ position, publications });
    });
  }

  /** Within twice `produce.timeoutMs`: writing, and waiting for the answer to the commit. */
  async close(): Promise<void> {
    await this.#calls.close();
    this.#closing.abort();
    for (const partition of this.#partitions.values()) partition.close();
    this.#brokers.close();
  }

  /** Those that were not begun anew meanwhile. */
  #drop(failed: readonly PartitionTransactions[]): void {
    for (const partition of failed) partition.close();
    for (const [id, partition] of this.#partitions)
      if (failed.includes(partition)) this.#partitions.delete(id);
  }

  #make(group: string, place: TopicPartition): PartitionTransactions {
    const { client, produce, transactions, tell } = this.#options;
    const coordinator = this.#coordinators.get(group) ?? new Coordinator(this.#brokers, group);
    this.#coordinators.set(group, coordinator);
    const made = new PartitionTransactions({
      brokers: this.#brokers,
      kafka: client.settings,
      produce,
      transactions,
      group,
      coordinator,
      place,
      signal: this.#closing.signal,
      tell,
    });
    this.#partitions.set(transactionalIdOf(group, place), made);
    return made;
  }

  #assertRoomFor(more: number): void {
    const { partitionsMax } = this.#options.transactions;
    if (this.#partitions.size + more <= partitionsMax) return;
    const message = `exactlyOncePartitionsMax is ${partitionsMax}, and more partitions are assigned: those beyond it are not read`;
    throw new EngineError('E_KAFKA_PARTITIONS', message, { details: { partitionsMax } });
  }
}
