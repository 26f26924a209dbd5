/** The brokers that ask who one is: that they let in whom they should, and nobody else. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import { startKafka } from '../helpers/kafka/cluster.ts';
import type { TlsFiles } from '../helpers/kafka/security.ts';
import { unsecuredToken, USERS } from '../helpers/kafka/security.ts';
import { skipClusters } from '../helpers/kafka/use-kafka.ts';

const skip = await skipClusters();

/** Makes a topic, with one attempt; resolves when the broker has let it. */
async function createTopic(topic: string, config: KafkaConfig): Promise<void> {
  const admin = new Kafka({ logLevel: logLevel.NOTHING, retry: { retries: 0 }, ...config }).admin();
  try {
    await admin.connect();
    await admin.createTopics({ topics: [{ topic }], waitForLeaders: false });
  } finally {
    await admin.disconnect();
  }
}

function pem(file: string | undefined): string {
  return readFileSync(file ?? '', 'utf8');
}

function certificateOf(tls: TlsFiles | undefined): { cert: string; key: string } {
  return { cert: pem(tls?.cert), key: pem(tls?.key) };
}

test('mutual TLS lets in a client with a certificate of the authority only', { skip }, async (t) => {
  const cluster = await startKafka({ security: 'mutual-tls' });
  t.after(() => cluster.close());
  const brokers = [...cluster.brokers];
  const ca = [pem(cluster.tls?.ca)];

  await createTopic('known', { brokers, ssl: { ca, ...certificateOf(cluster.tls) } });

  await assert.rejects(createTopic('unknown', { brokers, ssl: { ca } }), { name: /KafkaJS/ });
  await assert.rejects(createTopic('untrusting', { brokers, ssl: certificateOf(cluster.tls) }), {
    message: /self-signed certificate|unable to verify/,
  });
});

test('SASL lets in its users by every mechanism, and gives the stranger no rights', { skip }, async (t) => {
  const cluster = await startKafka({ security: 'sasl-tls' });
  t.after(() => cluster.close());
  const brokers = [...cluster.brokers];
  const ssl = { ca: [pem(cluster.tls?.ca)] };
  const { owner, stranger } = USERS;
  const mechanisms: readonly SASLOptions[] = [
    { mechanism: 'plain', ...owner },
    { mechanism: 'scram-sha-256', ...owner },
    { mechanism: 'scram-sha-512', ...owner },
    { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: unsecuredToken(owner) }) },
  ];

  for (const sasl of mechanisms) await createTopic(`by-${sasl.mechanism}`, { brokers, ssl, sasl });

  const wrong: SASLOptions = { mechanism: 'scram-sha-512', username: owner.username, password: 'guessed' };
  await assert.rejects(createTopic('wrong', { brokers, ssl, sasl: wrong }), {
    message: /authentication failed/i,
  });
  const powerless: SASLOptions = { mechanism: 'plain', ...stranger };
  await assert.rejects(createTopic('powerless', { brokers, ssl, sasl: powerless }), (error: Error) => {
    assert.match(
      JSON.stringify(error, ['errors', 'message', 'type']),
      /TOPIC_AUTHORIZATION_FAILED|not authorized/i,
    );
    return true;
  });
});
