import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { System } from '../../../src/config/config.ts';
import { CONFIG_FLAGS } from '../../../src/config/flags.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { KafkaFiles } from '../../../src/config/resolve-kafka.ts';
import { resolveKafka } from '../../../src/config/resolve-kafka.ts';
import type {
  FetchSettings,
  KafkaSettings,
  MemberSettings,
  ProduceSettings,
  TransactionSettings,
} from '../../../src/transport/kafka/settings.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';

function system(flags: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): System {
  return parseConfig({ file: null, flags: { transport: 'kafka', brokers: 'a:9092', ...flags }, env }).system;
}

function files(texts: Readonly<Record<string, string>>, module: unknown = {}): KafkaFiles {
  return { readText: async (path) => texts[path] ?? '', load: async () => module };
}

const OAUTH = { 'kafka-sasl-mechanism': 'oauthbearer', 'kafka-sasl-token-module': './t.ts' };
const SCRAM = { 'kafka-sasl-mechanism': 'scram-sha-512', 'kafka-sasl-username': 'u' };

test('what is resolved is what the transport takes', async () => {
  const { connection, member, fetch, produce, transactions } = await resolveKafka(system({}));

  const taken: readonly [KafkaSettings, MemberSettings, FetchSettings, ProduceSettings, TransactionSettings] =
    [{ ...connection, log: () => undefined }, member, fetch, produce, transactions];
  assert.equal(taken[0].tls, null);
  assert.equal(taken[0].sasl, null);
});

test('every number of the section is resolved, none of them twice', async () => {
  const numbers = CONFIG_FLAGS.flatMap(({ flag, path, key }, index) =>
    key.type === 'int' && path.startsWith('kafka.')
      ? [
          [
            flag,
            /heartbeat|bytesMin|waitMs|backoffMs|partition|produce\.timeoutMs/.test(path)
              ? key.min + index
              : key.max - index,
          ],
        ]
      : [],
  );
  const flags = Object.fromEntries(numbers.map(([flag, value]) => [flag, String(value)] as const));

  const resolved = await resolveKafka(system({ ...flags, brokers: 'a:1' }));

  const { brokers: _brokers, ...connection } = resolved.connection;
  const found =
    JSON.stringify({ ...resolved, connection })
      .match(/(?<=:)\d+/g)
      ?.map(Number) ?? [];
  const expected = numbers.map(([, value]) => value);
  assert.deepEqual(new Set(found), new Set(expected));
  assert.equal(found.length, expected.length);
});

test('a password is the variable’s, or the file’s without its last line break', async () => {
  const fromEnv = system(SCRAM, { FAULTLINE_KAFKA_SASL_PASSWORD: 'said\n' });
  const fromFile = system({ ...SCRAM, 'kafka-sasl-password-file': 'p' });

  const said = await resolveKafka(fromEnv);
  const read = await resolveKafka(fromFile, files({ p: ' kept \r\n' }));

  assert.deepEqual(said.connection.sasl, {
    mechanism: 'scram-sha-512',
    username: 'u',
    password: 'said\n',
  });
  assert.deepEqual(read.connection.sasl, {
    mechanism: 'scram-sha-512',
    username: 'u',
    password: ' kept ',
  });
});

test('a file that cannot be read is told with its key and its path', async (t) => {
  const missing = join(temporaryDirectory(t), 'none.pem');

  await assert.rejects(resolveKafka(system({ 'kafka-tls-enabled': 'true', 'kafka-tls-ca-file': missing })), {
    code: 'E_CONFIG_READ',
    message: `kafka.tls.caFile ${missing} cannot be read: there is no such file`,
  });
});

test('what is no PEM is told before anything connects', async () => {
  const tls = { 'kafka-tls-enabled': 'true' };
  const client = { ...tls, 'kafka-tls-cert-file': 'c', 'kafka-tls-key-file': 'k' };

  await assert.rejects(resolveKafka(system({ ...tls, 'kafka-tls-ca-file': 'c' }), files({ c: 'rubbish' })), {
    code: 'E_KAFKA_TLS',
    message: /^kafka\.tls\.caFile c cannot be used: /,
  });
  await assert.rejects(resolveKafka(system(client), files({ c: 'rubbish', k: 'rubbish' })), {
    code: 'E_KAFKA_TLS',
    message: /^kafka\.tls\.certFile c cannot be used: /,
  });
});

test('a module of tokens is loaded and asked each time', async (t) => {
  const path = join(temporaryDirectory(t), 'token.mjs');
  writeFileSync(path, 'let n = 0;\nexport default async () => `token-${(n += 1)}`;\n');

  const { connection } = await resolveKafka(system({ ...OAUTH, 'kafka-sasl-token-module': path }));

  assert.ok(connection.sasl?.mechanism === 'oauthbearer');
  assert.deepEqual([await connection.sasl.token(), await connection.sasl.token()], ['token-1', 'token-2']);
});

test('a token that does not come is not waited for', { timeout: 10_000 }, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const never = { default: () => new Promise<string>(() => undefined) };
  const { connection } = await resolveKafka(system(OAUTH), files({}, never));
  assert.ok(connection.sasl?.mechanism === 'oauthbearer');

  const token = connection.sasl.token();
  t.mock.timers.tick(5000);

  await assert.rejects(token, {
    code: 'E_KAFKA_AUTH',
    message: 'kafka.sasl.tokenModule ./t.ts gave no token: nothing came within 5000 ms',
  });
});

test('a module without a function, or one that gives no token, says so', async () => {
  const provider = async (module: unknown): Promise<() => Promise<string>> => {
    const { connection } = await resolveKafka(system(OAUTH), files({}, module));
    assert.ok(connection.sasl?.mechanism === 'oauthbearer');
    return connection.sasl.token;
  };
  const throwing = await provider({
    default: () => {
      throw new Error('expired');
    },
  });
  const empty = await provider({ default: () => '' });

  await assert.rejects(provider({ default: 'x' }), {
    code: 'E_CONFIG_READ',
    message: 'kafka.sasl.tokenModule ./t.ts has no function as its default export',
  });
  await assert.rejects(throwing(), {
    code: 'E_KAFKA_AUTH',
    message: 'kafka.sasl.tokenModule ./t.ts gave no token: expired',
  });
  await assert.rejects(empty(), { code: 'E_KAFKA_AUTH' });
});
