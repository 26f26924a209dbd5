/**
 * Findings and positions in one step, in memory: all of it happens in one turn. Refuses no
 * publication, as the sink beside it.
 */
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import type { Transaction, Transactions } from '../../ports/transactions.ts';
import type { MemoryBroker } from './broker.ts';
import { copyOf } from './sink.ts';

/** The transactions of the groups that read from a broker. Rejects with `E_GROUP_LOST`, `E_SINK_CLOSED`. */
export class MemoryTransactions implements Transactions {
  readonly positionsMax: number = Infinity;
  readonly #broker: MemoryBroker;
  #closed = false;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  async transact({ group, positions, publications }: Transaction): Promise<readonly PublishResult[]> {
    if (this.#closed) throw new EngineError('E_SINK_CLOSED');
    if (!this.#broker.isRead(group)) {
      throw new EngineError('E_GROUP_LOST', `nobody reads for the group ${group}`, { details: { group } });
    }
    this.#broker.publish(publications.map(copyOf));
    this.#broker.commit(group, positions);
    return new Array<PublishResult>(publications.length).fill(null);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
