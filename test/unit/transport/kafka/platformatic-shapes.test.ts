import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionOf, messagesOf } from '../../../../src/transport/kafka/platformatic-shapes.ts';
import type { KafkaSettings } from '../../../../src/transport/kafka/settings.ts';

const SETTINGS: KafkaSettings = {
  brokers: ['a:1', 'b:2'],
  clientId: 'me',
  tls: null,
  sasl: null,
  connectTimeoutMs: 1,
  requestTimeoutMs: 2,
  backoffMs: 3,
  backoffMaxMs: 4,
  log: () => undefined,
};

test('a record keeps its bytes when those of its publication are used again', () => {
  const [key, value, header] = [Buffer.from('k'), Buffer.from('value'), Buffer.from('h')];
  const headers = [['name', header] as const];

  const [message] = messagesOf([{ topic: 't', key, value, headers, timestampMs: 5 }], {
    topic: 't',
    partition: 3,
  });
  for (const bytes of [key, value, header]) bytes.fill(0);

  const [first] = message?.headers instanceof Map ? message.headers : [];
  assert.deepEqual([message?.key, message?.value, ...(first ?? [])].map(String), ['k', 'value', 'name', 'h']);
  assert.deepEqual([message?.partition, message?.timestamp], [3, 5n]);
});

test('headers of one name stay apart, and no key is not an empty one', () => {
  const headers = [
    ['same', Buffer.from('1')],
    ['same', Buffer.from('2')],
  ] as const;
  const record = { topic: 't', value: Buffer.alloc(0), headers, timestampMs: 0 };

  const [none, empty] = messagesOf(
    [
      { ...record, key: null },
      { ...record, key: Buffer.alloc(0) },
    ],
    { topic: 't', partition: 0 },
  );

  const names = none?.headers instanceof Map ? [...none.headers] : [];
  assert.deepEqual(names.map(String), ['same,1', 'same,2']);
  assert.equal(none?.key, undefined);
  assert.equal(empty?.key?.length, 0);
});

test('each login goes by the name that the library has for it', async () => {
  const user = { username: 'u', password: 'p' };
  const mechanisms = (['plain', 'scram-sha-256', 'scram-sha-512'] as const).map(
    (mechanism) => connectionOf({ ...SETTINGS, sasl: { mechanism, ...user } }).sasl,
  );
  const token = () => Promise.resolve('secret');

  const { sasl } = connectionOf({ ...SETTINGS, sasl: { mechanism: 'oauthbearer', token } });

  assert.deepEqual(
    mechanisms,
    ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => ({ mechanism, ...user })),
  );
  assert.equal(sasl?.mechanism, 'OAUTHBEARER');
  assert.equal(typeof sasl?.token === 'function' && (await sasl.token()), 'secret');
});

test('of TLS what is given is passed on, and nothing else', () => {
  const tls = { ca: 'CA', client: { cert: 'C', key: 'K', passphrase: null }, serverName: 'host' };

  const given = connectionOf({ ...SETTINGS, tls });
  const bare = connectionOf({ ...SETTINGS, tls: { ca: null, client: null, serverName: null } });

  assert.deepEqual(given.tls, { ca: 'CA', cert: 'C', key: 'K', servername: 'host' });
  assert.deepEqual(bare.tls, {});
  assert.equal(connectionOf(SETTINGS).tls, undefined);
});
