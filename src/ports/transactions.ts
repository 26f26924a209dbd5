/**
 * Findings and positions in one step, for exactly-once. Implementations pass test/contract/transactions.ts.
 *
 * The shape is that of Kafka's transactions: one producer's sends and the offsets of one group.
 */
import type { NotedPosition, Publication } from '../model/delivery.ts';
import type { PublishResult } from './sink.ts';

/** What takes effect together. */
export interface Transaction {
  readonly group: string;
  /** Of the group's partitions; each is owned by this process. */
  readonly positions: readonly NotedPosition[];
  /** Findings and dead letters of exactly the deliveries below `positions`, in order. */
  readonly publications: readonly Publication[];
}

/** The port. Calls for one group do not overlap. */
export interface Transactions {
  /** Positions that one transaction may hold, at least 1. */
  readonly positionsMax: number;
  /**
   * Writes all of it or nothing; durable when it resolves.
   *
   * `results[i]` belongs to `publications[i]`. When any of them is an error, nothing was written: a
   * publication that is refused for good has its own error, the others a retriable one. Rejects,
   * coded: a retriable error means that nothing was written; `E_FENCED`, that nothing was and that its
   * partitions are another's now; any other, that it is not known or cannot be done, and the engine
   * must end.
   */
  transact(transaction: Transaction): Promise<readonly PublishResult[]>;
  /** Waits for what is in flight. Again: does nothing. */
  close(): Promise<void>;
}
