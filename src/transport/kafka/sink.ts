/**
 * Kafka as a sink. Order, batches and failures are the producer's; this adds connections and the life
 * cycle.
 */
import type { Publication } from '../../model/delivery.ts';
import type { EngineError } from '../../model/errors.ts';
import type { PublishResult, Sink } from '../../ports/sink.ts';
import { Brokers } from './brokers.ts';
import { Calls } from './calls.ts';
import type { KafkaClient } from './client.ts';
import { Idempotence } from './idempotence.ts';
import type { Leases } from './lease.ts';
import { Producer } from './producer.ts';
import type { ProduceSettings } from './settings.ts';

/** What a sink is made of. */
export interface KafkaSinkOptions {
  readonly client: KafkaClient;
  readonly produce: ProduceSettings;
  /** Of the groups that what is published was read for; without any it may always be written. */
  readonly leases?: Leases | undefined;
  /** Is told of what is tried again, and of what failed. */
  readonly tell: (fault: EngineError) => void;
}

/** The sink. Connects when it is first used. */
export class KafkaSink implements Sink {
  readonly #brokers: Brokers;
  readonly #producer: Producer;
  readonly #leases: Leases | undefined;
  readonly #calls = new Calls();

  constructor({ client, produce, leases, tell }: KafkaSinkOptions) {
    this.#leases = leases;
    this.#brokers = new Brokers(client);
    const identity = new Idempotence(this.#brokers);
    this.#producer = new Producer({
      brokers: this.#brokers,
      identity,
      kafka: client.settings,
      produce,
      mayWrite: (term) => leases?.mayWrite(term) ?? true,
      tell,
    });
  }

  /** `term`: in which they were taken, where that was not just now. */
  publish(
    publications: readonly Publication[],
    term: number = this.#leases?.term ?? 0,
  ): Promise<readonly PublishResult[]> {
    return this.#calls.make(() => this.#producer.publish(publications, term));
  }

  /** Within `produce.timeoutMs`. */
  async close(): Promise<void> {
    await this.#calls.close();
    this.#producer.close();
    this.#brokers.close();
  }
}
