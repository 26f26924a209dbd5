/** The sinks and brokers that ask who one is: each way in, and what is said when there is none. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { PublishResult } from '../../src/ports/sink.ts';
import type { KafkaSettings, SaslSettings, TlsSettings } from '../../src/transport/kafka/settings.ts';
import { numbered, publications } from '../contract/records.ts';
import { startKafka } from '../helpers/kafka/cluster.ts';
import { unsecuredToken, USERS } from '../helpers/kafka/security.ts';
import { skipClusters } from '../helpers/kafka/use-kafka.ts';
import { makeTopic, PRODUCE, testClient } from './producing.ts';
import { SINKS } from './sinks.ts';

const skip = await skipClusters();

const BARE: TlsSettings = { ca: null, client: null, serverName: null };
const SHORT = { ...PRODUCE, timeoutMs: 1500 };

function pem(file: string | undefined): string {
  return readFileSync(file ?? '', 'utf8');
}

/** Writes one record with each sink; what became of it. */
async function writeOne(
  topic: string,
  brokers: readonly string[],
  settings: Partial<KafkaSettings>,
  produce = PRODUCE,
): Promise<readonly (PublishResult | undefined)[]> {
  const results: (PublishResult | undefined)[] = [];
  for (const { open } of SINKS) {
    const sink = open({ client: testClient(brokers, settings), produce, tell: () => undefined });
    results.push((await sink.publish(publications(topic, numbered(1))))[0]);
    await sink.close();
  }
  return results;
}

function codes(results: readonly (PublishResult | undefined)[]): readonly (string | undefined)[] {
  return results.map((result) => (result === null ? 'written' : result?.code));
}

function bothAre<T>(code: T): readonly T[] {
  return SINKS.map(() => code);
}

test(
  'with mutual TLS a sink shows its certificate, and trusts none but its authority',
  { skip },
  async (t) => {
    const cluster = await startKafka({ security: 'mutual-tls' });
    t.after(() => cluster.close());
    const topic = await makeTopic(testClient(cluster.insideBrokers));
    const client = { cert: pem(cluster.tls?.cert), key: pem(cluster.tls?.key), passphrase: null };
    const ca = pem(cluster.tls?.ca);

    const known = await writeOne(topic, cluster.brokers, { tls: { ...BARE, ca, client } });
    const untrusting = await writeOne(topic, cluster.brokers, { tls: { ...BARE, client } }, SHORT);

    assert.deepEqual(codes(known), bothAre('written'));
    assert.deepEqual(codes(untrusting), bothAre('E_KAFKA_TLS'));
  },
);

test('a sink logs in by every mechanism, and says what is wrong with who may not', { skip }, async (t) => {
  const cluster = await startKafka({ security: 'sasl-tls' });
  t.after(() => cluster.close());
  const topic = await makeTopic(testClient(cluster.insideBrokers));
  const tls = { ...BARE, ca: pem(cluster.tls?.ca) };
  const { owner, stranger } = USERS;
  const ways: readonly SaslSettings[] = [
    { mechanism: 'plain', ...owner },
    { mechanism: 'scram-sha-256', ...owner },
    { mechanism: 'scram-sha-512', ...owner },
    { mechanism: 'oauthbearer', token: () => Promise.resolve(unsecuredToken(owner)) },
  ];

  for (const sasl of ways)
    assert.deepEqual(codes(await writeOne(topic, cluster.brokers, { tls, sasl })), bothAre('written'));
  const guessing: SaslSettings = { mechanism: 'scram-sha-512', ...owner, password: 'guessed' };
  const guessed = await writeOne(topic, cluster.brokers, { tls, sasl: guessing }, SHORT);
  const powerless: SaslSettings = { mechanism: 'plain', ...stranger };
  const forbidden = await writeOne(topic, cluster.brokers, { tls, sasl: powerless }, SHORT);

  assert.deepEqual(codes(guessed), bothAre('E_KAFKA_AUTH'));
  assert.ok(guessed.every((result) => result?.retriable));
  assert.deepEqual(codes(forbidden), bothAre('E_KAFKA_FORBIDDEN'));
});
