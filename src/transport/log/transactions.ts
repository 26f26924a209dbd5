/**
 * The log's transactions: findings, dead letters and positions in one transaction of LMDB. Order,
 * packing and failures are the appender's; this adds the life cycle.
 *
 * Which groups this process reads for stands in the log and in the process (groups.ts), so nothing
 * ties this to a source: any transactions of a store serve all sources of the process.
 */
import type { PublishResult } from '../../ports/sink.ts';
import type { Transaction, Transactions } from '../../ports/transactions.ts';
import type { Appender } from './append.ts';
import { Calls } from './calls.ts';

/** The transactions. Rejects with `E_GROUP_LOST`, `E_TRANSACTION_UNKNOWN`, `E_LOG_LOST` or a retriable error; `E_SINK_CLOSED` after the close. */
export class LogTransactions implements Transactions {
  readonly positionsMax: number = Infinity;
  readonly #appender: Appender;
  readonly #calls = new Calls();

  constructor(appender: Appender) {
    this.#appender = appender;
  }

  transact({ publications, ...commit }: Transaction): Promise<readonly PublishResult[]> {
    return this.#calls.make(() => this.#appender.transact(publications, commit));
  }

  close(): Promise<void> {
    return this.#calls.close();
  }
}
