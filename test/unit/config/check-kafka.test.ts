import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/load.ts';
import { mistakesOf } from './helpers.ts';

const KAFKA = { transport: 'kafka', brokers: 'a:9092' };

/** Flags beside transport and brokers, and the one mistake that is told. */
const WRONG: readonly (readonly [flags: Readonly<Record<string, string>>, line: string])[] = [
  [
    { brokers: '' },
    '--brokers: kafka.brokers is missing: expected HOST:PORT of a broker or more (--brokers)',
  ],
  [
    { 'kafka-produce-client': 'platformatic', 'kafka-produce-thread': 'false', delivery: 'exactly-once' },
    '--kafka-produce-client: kafka.produce.client platformatic needs delivery at-least-once',
  ],
  [
    { 'kafka-produce-client': 'platformatic' },
    '--kafka-produce-client: kafka.produce.client platformatic needs kafka.produce.thread false',
  ],
  [{ 'kafka-tls-ca-file': 'ca.pem' }, '--kafka-tls-ca-file: kafka.tls.caFile needs kafka.tls.enabled'],
  [
    { 'kafka-tls-enabled': 'true', 'kafka-tls-cert-file': 'c.pem' },
    '--kafka-tls-cert-file: kafka.tls.certFile needs kafka.tls.keyFile',
  ],
  [
    { 'kafka-tls-enabled': 'true', 'kafka-tls-key-file': 'k.pem' },
    '--kafka-tls-key-file: kafka.tls.keyFile needs kafka.tls.certFile',
  ],
  [
    { 'kafka-tls-enabled': 'true', 'kafka-tls-passphrase-file': 'p' },
    '--kafka-tls-passphrase-file: kafka.tls.passphraseFile needs kafka.tls.keyFile',
  ],
  [
    { 'kafka-sasl-mechanism': 'scram-sha-256', 'kafka-sasl-password-file': 'p' },
    '--kafka-sasl-mechanism: kafka.sasl.mechanism scram-sha-256 needs kafka.sasl.username',
  ],
  [
    { 'kafka-sasl-mechanism': 'scram-sha-512', 'kafka-sasl-username': 'u' },
    '--kafka-sasl-mechanism: kafka.sasl.mechanism scram-sha-512 needs kafka.sasl.passwordFile',
  ],
  [
    { 'kafka-sasl-mechanism': 'oauthbearer' },
    '--kafka-sasl-mechanism: kafka.sasl.mechanism oauthbearer needs kafka.sasl.tokenModule',
  ],
  [
    { 'kafka-sasl-username': 'u' },
    '--kafka-sasl-username: kafka.sasl.username has no meaning with kafka.sasl.mechanism none',
  ],
  [
    {
      'kafka-sasl-mechanism': 'oauthbearer',
      'kafka-sasl-token-module': './t.ts',
      'kafka-sasl-password-file': 'p',
    },
    '--kafka-sasl-password-file: kafka.sasl.passwordFile has no meaning with kafka.sasl.mechanism oauthbearer',
  ],
  [
    { 'kafka-session-heartbeat-ms': '10001' },
    '--kafka-session-heartbeat-ms: expected kafka.session.heartbeatMs (10001) to be at most a third of kafka.session.timeoutMs (10000)',
  ],
  [
    { 'kafka-session-timeout-ms': '6000' },
    '--kafka-session-timeout-ms: expected kafka.session.heartbeatMs (3000) to be at most a third of kafka.session.timeoutMs (2000)',
  ],
  [
    { 'kafka-session-rebalance-timeout-ms': '15000' },
    '--kafka-session-rebalance-timeout-ms: expected shutdown.revokeMs and shutdown.commitMs together (20000) to be at most kafka.session.rebalanceTimeoutMs (15000)',
  ],
  [
    { 'kafka-fetch-wait-ms': '40000' },
    '--kafka-fetch-wait-ms: expected kafka.fetch.waitMs (40000) to be at most kafka.requestTimeoutMs (30000)',
  ],
  [
    {
      'kafka-fetch-bytes-max': '1024',
      'kafka-fetch-partition-bytes-max': '1024',
      'kafka-fetch-bytes-min': '1025',
    },
    '--kafka-fetch-bytes-min: expected kafka.fetch.bytesMin (1025) to be at most kafka.fetch.bytesMax (1024)',
  ],
  [
    { 'kafka-fetch-bytes-max': '65536' },
    '--kafka-fetch-bytes-max: expected kafka.fetch.partitionBytesMax (1048576) to be at most kafka.fetch.bytesMax (65536)',
  ],
  [
    { 'kafka-transaction-timeout-ms': '20000' },
    '--kafka-transaction-timeout-ms: expected kafka.produce.timeoutMs (30000) to be at most kafka.transactionTimeoutMs (20000)',
  ],
  [
    { 'kafka-backoff-ms': '6000' },
    '--kafka-backoff-ms: expected kafka.backoffMs (6000) to be at most kafka.backoffMaxMs (5000)',
  ],
  [
    { 'kafka-produce-record-bytes-max': '900000', 'publish-dead-letter-bytes-max': '1000' },
    '--kafka-produce-record-bytes-max: expected limits.findingBytesMax (1000000) to be at most kafka.produce.recordBytesMax (900000)',
  ],
  [
    { 'kafka-produce-record-bytes-max': '1000000' },
    '--kafka-produce-record-bytes-max: expected publish.deadLetterBytesMax (1000000) to be at most kafka.produce.recordBytesMax without key and headers (959040)',
  ],
];

for (const [flags, line] of WRONG) {
  const written = Object.entries(flags).map(([name, text]) => `--${name} ${text}`);

  test(`with Kafka ${written.join(' ')} is told as a mistake`, () => {
    const lines = mistakesOf({ file: null, flags: { ...KAFKA, ...flags } });

    assert.deepEqual(lines, [line]);
  });

  test(`with the log ${written.join(' ')} is no mistake`, () => {
    const lines = mistakesOf({ file: null, flags: { ...flags, transport: 'log' } });

    assert.deepEqual(lines, []);
  });
}

for (const brokers of ['a', 'a:9092,b', 'a:9092,', '[::1]:9092', 'a:70000', 'a:0', 'kafka://a:9092']) {
  test(`${brokers} is no list of brokers`, () => {
    const [line] = mistakesOf({ file: null, flags: { brokers } });

    assert.equal(
      line,
      `--brokers: expected at most 100 times HOST:PORT, with commas between them, got "${brokers}"`,
    );
  });
}

test('without brokers the one who asks for Kafka is named', () => {
  const lines = mistakesOf({ file: { name: 'f.yaml', text: 'system: { transport: kafka }\n' } });

  assert.match(lines.join('\n'), /^f\.yaml:1:22 system\.transport: kafka\.brokers is missing: /);
});

test('a password and its file are one too many', () => {
  const env = { FAULTLINE_KAFKA_SASL_PASSWORD: 'x' };
  const flags = {
    ...KAFKA,
    'kafka-sasl-mechanism': 'scram-sha-256',
    'kafka-sasl-username': 'u',
    'kafka-sasl-password-file': 'p',
  };

  assert.deepEqual(mistakesOf({ file: null, env, flags }), [
    '--kafka-sasl-password-file: kafka.sasl.password and kafka.sasl.passwordFile say the same thing: give one of them',
  ]);
});

test('brokers alone are enough, as a text or as a list', () => {
  const text = 'system: { transport: kafka, kafka: { brokers: ["a:9092", "10.0.0.1:9093"] } }\n';

  const listed = parseConfig({ file: { name: 'f.yaml', text } });
  const written = parseConfig({ file: null, env: { FAULTLINE_KAFKA_BROKERS: 'a:9092, 10.0.0.1:9093' } });

  assert.deepEqual(listed.system.kafka.brokers, ['a:9092', '10.0.0.1:9093']);
  assert.deepEqual(written.system.kafka.brokers, listed.system.kafka.brokers);
  assert.deepEqual(listed.warnings, []);
});

test('a password in clear is warned of', () => {
  const flags = {
    ...KAFKA,
    'kafka-sasl-mechanism': 'plain',
    'kafka-sasl-username': 'u',
    'kafka-sasl-password-file': 'p',
  };

  const bare = parseConfig({ file: null, flags });
  const covered = parseConfig({ file: null, flags: { ...flags, 'kafka-tls-enabled': 'true' } });

  assert.match(bare.warnings.join(), /sends the password in clear/);
  assert.deepEqual(covered.warnings, []);
});

test('paths of a file are relative to it', () => {
  const text = 'system: { kafka: { tls: { caFile: ./ca.pem }, sasl: { tokenModule: /t.ts } } }\n';

  const { kafka } = parseConfig({ file: { name: 'conf/f.yaml', text } }).system;

  assert.deepEqual([kafka.tls.caFile, kafka.sasl.tokenModule], ['conf/ca.pem', '/t.ts']);
});
