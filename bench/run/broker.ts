/** The brokers of all sections: those of KAFKA_BROKERS, else one that starts when it is first asked for. */
import type { KafkaCluster } from '../../test/helpers/kafka/cluster.ts';
import { startKafka } from '../../test/helpers/kafka/cluster.ts';
import { givenBrokers } from '../../test/helpers/kafka/use-kafka.ts';

/** Started once at most. */
export class SharedBroker {
  #cluster: Promise<KafkaCluster> | null = null;

  /** Their addresses. Rejects where there can be none, and says why. */
  async brokers(): Promise<readonly string[]> {
    const given = givenBrokers();
    if (given !== undefined) return given;
    this.#cluster ??= startKafka();
    return (await this.#cluster).brokers;
  }

  /** Ends the one that was started, if there is one. */
  async close(): Promise<void> {
    const cluster = await this.#cluster?.catch(() => null);
    await cluster?.close();
  }
}
