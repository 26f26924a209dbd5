/** Kafka as the bench's feeders and readers use it: the project's own client, with settings of its own. */
import type { Delivery } from '../../src/model/delivery.ts';
import type { KafkaClient } from '../../src/transport/kafka/client.ts';
import { createClient } from '../../src/transport/kafka/client.ts';
import type { FetchSettings } from '../../src/transport/kafka/settings.ts';
import { readPartitions } from '../../src/transport/kafka/tail.ts';

const FETCH: FetchSettings = {
  waitMs: 500,
  bytesMin: 1,
  bytesMax: 10 * 2 ** 20,
  partitionBytesMax: 2 ** 20,
  bufferBytesMax: 32 * 2 ** 20,
  outOfRange: 'stop',
  isolation: 'read-committed',
  checkCrc: true,
};

/** A client of the brokers. Nothing connects yet. */
export function feedClient(brokers: readonly string[]): KafkaClient {
  return createClient({
    brokers,
    clientId: 'faultline-bench-feed',
    tls: null,
    sasl: null,
    connectTimeoutMs: 5000,
    requestTimeoutMs: 30_000,
    backoffMs: 100,
    backoffMaxMs: 1000,
    log: () => undefined,
  });
}

/** Everything that a topic holds now, as a consumer sees it that reads what is committed. */
export async function* readKafka(brokers: readonly string[], topic: string): AsyncGenerator<Delivery> {
  const client = feedClient(brokers);
  const admin = client.kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const partitions = ends
    .map(({ partition, low, high }) => ({ topic, partition, offset: Number(low), end: Number(high) }))
    .filter(({ offset, end }) => end > offset);
  const { signal } = new AbortController();
  for await (const delivery of readPartitions(client, FETCH, { partitions, follow: false, signal }))
    if (delivery !== null) yield delivery;
}
