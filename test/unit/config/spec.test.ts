import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_FLAGS } from '../../../src/config/flags.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { readValue } from '../../../src/config/values.ts';

/** Flags that commands and documents name. */
const NAMED: Readonly<Record<string, string>> = {
  data: 'data',
  threads: 'threads',
  lanes: 'lanes',
  'batch-events': 'batch.events',
  'batch-bytes': 'batch.bytes',
  'linger-ms': 'publish.lingerMs',
  'in-flight': 'publish.inFlight',
  publish: 'publish.mode',
  'publish-events': 'publish.events',
  'publish-bytes': 'publish.bytes',
  from: 'from',
  http: 'http',
  control: 'control',
  group: 'group',
  durability: 'log.durability',
  partitions: 'log.partitions',
  'event-timeout-ms': 'eventTimeoutMs',
  'log-level': 'logging.level',
  'log-format': 'logging.format',
  encoding: 'encoding',
  brokers: 'kafka.brokers',
};

for (const [flag, path] of Object.entries(NAMED)) {
  test(`--${flag} sets ${path}`, () => {
    assert.equal(CONFIG_FLAGS.find((each) => each.flag === flag)?.path, path);
  });
}

test('no two keys share a flag or a variable', () => {
  const flags = new Set(CONFIG_FLAGS.map(({ flag }) => flag));
  const variables = new Set(CONFIG_FLAGS.map(({ env }) => env));

  assert.equal(flags.size, CONFIG_FLAGS.length);
  assert.equal(variables.size, CONFIG_FLAGS.length);
});

test('every default is a legal value of its key', () => {
  for (const { key, path } of CONFIG_FLAGS) {
    const reading = readValue(key, { raw: key.default, text: false, directory: '.' });

    assert.ok('value' in reading, path);
  }
});

test('every default can be said as a flag and means the same', () => {
  const flags = Object.fromEntries(
    CONFIG_FLAGS.filter(({ key }) => key.type !== 'secret').map(({ flag, key }) => [
      flag,
      key.default === null ? 'none' : String(key.default),
    ]),
  );

  assert.deepEqual(parseConfig({ file: null, flags }), parseConfig({ file: null }));
});

test('every secret can be kept in a file instead, which the key beside it names', () => {
  const types = new Map(CONFIG_FLAGS.map(({ path, key }) => [path, key.type]));

  for (const [path, type] of types) if (type === 'secret') assert.equal(types.get(`${path}File`), 'file');
});

test('every key says what it is for in whole sentences', () => {
  for (const { key, path } of CONFIG_FLAGS) assert.match(key.doc, /^[A-Z`].*[.]$/, path);
});

test('units stand last in names', () => {
  for (const { path } of CONFIG_FLAGS) assert.doesNotMatch(path, /(Ms|Bytes|Mb)(?!Max)[A-Z]/, path);
});
