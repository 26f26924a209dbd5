import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { commandReference } from '../../../src/cli/reference.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import { Secret } from '../../../src/config/secret.ts';
import { mistakesOf } from './helpers.ts';

const PASSWORD = 'hunter2-correct-horse';
const ENV = {
  FAULTLINE_TRANSPORT: 'kafka',
  FAULTLINE_KAFKA_BROKERS: 'a:9092',
  FAULTLINE_KAFKA_TLS_ENABLED: 'true',
  FAULTLINE_KAFKA_TLS_PASSPHRASE: PASSWORD,
  FAULTLINE_KAFKA_TLS_CERT_FILE: 'c.pem',
  FAULTLINE_KAFKA_TLS_KEY_FILE: 'k.pem',
  FAULTLINE_KAFKA_SASL_MECHANISM: 'plain',
  FAULTLINE_KAFKA_SASL_USERNAME: 'u',
  FAULTLINE_KAFKA_SASL_PASSWORD: PASSWORD,
};

/** Every way in which an object becomes text. */
const SHOWN: Readonly<Record<string, (value: unknown) => string>> = {
  'a template': (value) => `${value as string}`,
  JSON: (value) => JSON.stringify({ value }),
  inspect: (value) => inspect(value, { depth: 10, showHidden: true, getters: true }),
  '%o': (value) => format('%o %s %j', value, value, value),
  'a clone': (value) => JSON.stringify(structuredClone({ ...(value as object) })),
  keys: (value) => JSON.stringify(Object.getOwnPropertyNames(value)) + Object.values(value as object).join(),
};

for (const [way, show] of Object.entries(SHOWN)) {
  test(`a secret is not shown by ${way}`, () => {
    const shown = show(new Secret(PASSWORD));

    assert.doesNotMatch(shown, /hunter2/);
  });
}

test('a config that has secrets shows none of them and knows them all the same', () => {
  const config = parseConfig({ file: null, env: ENV });

  const shown = JSON.stringify(config) + inspect(config, { depth: 10, showHidden: true });

  const { sasl, tls } = config.system.kafka;
  assert.deepEqual([sasl.password?.reveal(), tls.passphrase?.reveal()], [PASSWORD, PASSWORD]);
  assert.doesNotMatch(shown, /hunter2/);
  assert.equal(shown.match(/\[hidden\]/g)?.length, 4);
});

test('a secret in a file or behind a flag is refused, and the refusal does not repeat it', () => {
  const text = `system:\n  kafka:\n    sasl: { password: ${PASSWORD} }\n    tls: { passphrase: [${PASSWORD}] }\n`;

  const lines = mistakesOf({
    file: { name: 'f.yaml', text },
    flags: { 'kafka-sasl-password': PASSWORD },
  });

  assert.deepEqual(lines, [
    'f.yaml:3:23 system.kafka.sasl.password: is a secret and must not stand here: give it by FAULTLINE_KAFKA_SASL_PASSWORD, or in a file that kafka.sasl.passwordFile names',
    'f.yaml:4:24 system.kafka.tls.passphrase: is a secret and must not stand here: give it by FAULTLINE_KAFKA_TLS_PASSPHRASE, or in a file that kafka.tls.passphraseFile names',
    '--kafka-sasl-password: is a secret and must not stand here: give it by FAULTLINE_KAFKA_SASL_PASSWORD, or in a file that kafka.sasl.passwordFile names',
  ]);
});

test('mistakes beside a secret do not show it', async () => {
  const env = { ...ENV, FAULTLINE_LANES: 'x', FAULTLINE_KAFKA_SASL_PASWORD: PASSWORD };

  await assert.rejects(loadConfig({ env }), (error: Error) => {
    assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /hunter2/);
    return true;
  });
});

test('an empty variable is no secret', () => {
  const { system } = parseConfig({ file: null, env: { FAULTLINE_KAFKA_SASL_PASSWORD: '' } });

  assert.equal(system.kafka.sasl.password, null);
});

test('no command offers a secret as a flag', () => {
  assert.doesNotMatch(commandReference(COMMANDS), /--kafka-(sasl-password|tls-passphrase) /);
});
