/** The identity of a producer without transactions: brokers know its batches by their numbers. */
import type { Brokers } from './brokers.ts';
import type { ProducerIdentity } from './producer.ts';
import type { ProducerSession } from './protocol/init-producer-id.ts';
import { askProducerSession } from './protocol/init-producer-id.ts';

const EPOCH_MAX = 32_767;

/** The identity. A session that ends is followed by the next epoch of the same id, which shuts out the one before (KIP-360). */
export class Idempotence implements ProducerIdentity {
  readonly transactionalId = null;
  readonly #brokers: Pick<Brokers, 'askAny'>;
  #current: ProducerSession | null = null;
  #asking: Promise<ProducerSession> | null = null;

  constructor(brokers: Pick<Brokers, 'askAny'>) {
    this.#brokers = brokers;
  }

  async session(): Promise<ProducerSession> {
    if (this.#current !== null) return this.#current;
    this.#asking ??= this.#ask();
    return this.#asking;
  }

  async enlist(): Promise<void> {}

  end(session: ProducerSession): void {
    if (session !== this.#current) return;
    const { id, epoch } = session;
    this.#current = epoch < EPOCH_MAX ? { id, epoch: epoch + 1 } : null;
  }

  lose(session: ProducerSession): void {
    if (session === this.#current) this.#current = null;
  }

  async #ask(): Promise<ProducerSession> {
    try {
      this.#current = await this.#brokers.askAny((broker) => askProducerSession(broker));
      return this.#current;
    } finally {
      this.#asking = null;
    }
  }
}
