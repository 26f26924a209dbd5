import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Config } from '../../../src/config/config.ts';
import { CONFIG_FLAGS } from '../../../src/config/flags.ts';
import type { ConfigFlag } from '../../../src/config/flags.ts';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';

function parse(text: string): Config {
  return parseConfig({ file: { name: 'conf/f.yaml', text } });
}

/** The value at `publish.lingerMs`. */
function at(values: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], values);
}

/** `publish.lingerMs`, 5 → `{ publish: { lingerMs: 5 } }`. */
function nested(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of values) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const inner = names.reduce((map, name) => (map[name] ??= {}) as Record<string, unknown>, root);
    inner[last] = value;
  }
  return root;
}

test('without anything there are the tasks crash and lag on the embedded log', () => {
  const { tasks, system, file, warnings } = parseConfig({ file: null });

  assert.deepEqual(
    tasks.map(({ name, analyzer }) => [name, analyzer]),
    [
      ['crash', 'crash'],
      ['lag', 'lag'],
    ],
  );
  assert.equal(system.transport, 'log');
  assert.equal(file, null);
  assert.deepEqual(warnings, []);
});

for (const text of ['', '# nothing\n', 'system:\ntasks:\n', '{}', '\uFEFFsystem: {}\n']) {
  test(`a file with ${JSON.stringify(text)} says nothing and is no mistake`, () => {
    const { system, tasks } = parse(text);

    assert.deepEqual(
      { system, tasks },
      { system: parseConfig({ file: null }).system, tasks: parseConfig({ file: null }).tasks },
    );
  });
}

/** Topics and the default task that takes them. */
const TOPICS: readonly (readonly [topic: string, task: string | null])[] = [
  ['crash', 'crash'],
  ['app-crash', 'crash'],
  ['PERF_CRASH', 'crash'],
  ['perf.crash.v2', 'crash'],
  ['crashes', null],
  ['PERF_LAG', 'lag'],
  ['lag', 'lag'],
  ['feature-flags', null],
  ['flag', null],
  ['faultline-findings', null],
  ['faultline-dead-letters', null],
];

for (const [topic, task] of TOPICS) {
  test(`by default ${topic} belongs to ${task ?? 'no task'}`, () => {
    const { tasks } = parseConfig({ file: null });

    const taking = tasks.filter(({ topics }) => topics.some((pattern) => pattern.test(topic)));

    assert.deepEqual(
      taking.map(({ name }) => name),
      task === null ? [] : [task],
    );
  });
}

test('a task changes only the keys of a section that it names', () => {
  const { tasks } = parse('system: { retry: { max: 7 } }\ntasks: { lag: { retry: { backoffMs: 5 } } }\n');

  const { retry } = parseConfig({ file: null }).system;
  assert.deepEqual(tasks[0]?.retry, { ...retry, max: 7, backoffMs: 5 });
});

test('tasks of a file replace the default ones, and those that are not enabled are left out', () => {
  const { tasks } = parse(
    'tasks:\n  lag:\n  off: { topics: ^x$, analyzer: lag, enabled: false }\n  own: { topics: [^a$, ^b$], analyzer: crash }\n',
  );

  assert.deepEqual(
    tasks.map(({ name }) => name),
    ['lag', 'own'],
  );
  assert.deepEqual(tasks[1]?.topics, [/^a$/i, /^b$/i]);
});

test('paths of a file are relative to it, those of flags are left as they are', () => {
  const text =
    'system: { data: ./data }\ntasks: { a: { topics: ^a$, analyzer: ../own.ts, analyzers: { X: ./x.ts, Y: lag } } }\n';

  const { system, tasks } = parse(text);
  const flagged = parseConfig({ file: { name: 'conf/f.yaml', text }, flags: { data: './other' } });

  assert.equal(system.data, join('conf', 'data'));
  assert.equal(tasks[0]?.analyzer, resolve('own.ts'));
  assert.deepEqual(tasks[0]?.analyzers, { X: resolve('conf/x.ts'), Y: 'lag' });
  assert.equal(flagged.system.data, './other');
});

test('a category named __proto__ is a category', () => {
  const { tasks } = parse('tasks: { crash: { analyzers: { __proto__: lag } } }\n');

  assert.deepEqual(Object.entries(tasks[0]?.analyzers ?? {}), [['__proto__', 'lag']]);
});

/** What is written for `http`, and what it means. */
const ADDRESSES: readonly (readonly [text: string, address: unknown])[] = [
  ['9464', { host: '127.0.0.1', port: 9464 }],
  ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
  ['my-host.local:0', { host: 'my-host.local', port: 0 }],
  ['[::1]:9464', { host: '::1', port: 9464 }],
  ['none', null],
];

for (const [text, address] of ADDRESSES) {
  test(`--http ${text} means ${JSON.stringify(address)}`, () => {
    assert.deepEqual(parseConfig({ file: null, flags: { http: text } }).system.http, address);
  });
}

test('times are milliseconds since 1970', () => {
  const from = (text: string): unknown => parseConfig({ file: null, flags: { from: text } }).system.from;

  assert.equal(from('1970-01-02'), 86_400_000);
  assert.equal(from('1970-01-01T01:00:01.5+01:00'), 1500);
  assert.equal(from('latest'), 'latest');
});

test('sizes may have a unit', () => {
  assert.equal(parse('system: { batch: { bytes: 2 MiB } }').system.batch.bytes, 2_097_152);
  assert.equal(parseConfig({ file: null, flags: { 'batch-bytes': '64kib' } }).system.batch.bytes, 65_536);
  assert.equal(
    parseConfig({ file: null, flags: { 'batch-bytes': '1_000_000' } }).system.batch.bytes,
    1_000_000,
  );
});

test('a variable that is not known is warned of and no mistake', () => {
  const env = { FAULTLINE_LANE: '3', FAULTLINE_SERVICE_HOST: '10.0.0.1', FAULTLINE_DEBUG: '1', LANES: '4' };

  const { warnings } = parseConfig({ file: null, env });

  assert.deepEqual(warnings, [
    'FAULTLINE_LANE is not a variable of faultline; did you mean "FAULTLINE_LANES"?',
    'FAULTLINE_SERVICE_HOST is not a variable of faultline',
  ]);
});

test('a flag that replaces a task’s own value says so', () => {
  const input = { file: { name: 'f.yaml', text: 'tasks: { crash: { lanes: 8 }, lag: { lanes: 3 } }\n' } };

  const { tasks, warnings } = parseConfig({ ...input, flags: { lanes: '3' } });

  assert.deepEqual(
    tasks.map(({ lanes }) => lanes),
    [3, 3],
  );
  assert.deepEqual(warnings, ['--lanes replaces tasks.crash.lanes (8)']);
});

test('a config cannot be changed', () => {
  const config = parseConfig({ file: null });

  assert.throws(() => Object.assign(config.system.batch, { events: 1 }), TypeError);
  assert.throws(() => Object.assign(config.tasks[0] ?? {}, { lanes: 1 }), TypeError);
});

/** A key and a legal value of it, as YAML has it and as text. */
interface Chosen {
  readonly flag: ConfigFlag;
  readonly value: unknown;
}

/** A bound of another key must not come in between, so only keys that stand alone, with values within all bounds. */
const alone = CONFIG_FLAGS.filter(
  ({ key, path }) =>
    ['int', 'bool', 'choice', 'name'].includes(key.type) && !/backoff|BytesMax|^transport/.test(path),
);
function legal({ key }: ConfigFlag): fc.Arbitrary<unknown> {
  if (key.type === 'int') return fc.integer({ min: key.min, max: key.max });
  if (key.type === 'bool') return fc.boolean();
  if (key.type === 'choice') return fc.constantFrom(...key.options);
  return fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
}

const chosen = fc
  .constantFrom(...alone)
  .chain((flag) => legal(flag).map((value): Chosen => ({ flag, value })));
const layer = fc
  .array(chosen, { maxLength: 12 })
  .map((list) => new Map(list.map(({ flag, value }) => [flag.path, value])));
const taskKeys = new Set(CONFIG_FLAGS.filter(({ task }) => task).map(({ path }) => path));

test('flags stand over the environment, that over the task, that over the system, that over the default', () => {
  fc.assert(
    fc.property(layer, layer, layer, layer, (system, task, env, flags) => {
      const own = new Map([...task].filter(([path]) => taskKeys.has(path)));
      const text = stringify({ system: nested(system), tasks: { crash: nested(own) } });
      const texts = (values: ReadonlyMap<string, unknown>, name: 'env' | 'flag'): Record<string, string> =>
        Object.fromEntries(
          CONFIG_FLAGS.flatMap((each) =>
            values.has(each.path) ? [[each[name], String(values.get(each.path))]] : [],
          ),
        );

      const config = parseConfig({
        file: { name: 'f.yaml', text },
        env: texts(env, 'env'),
        flags: texts(flags, 'flag'),
      });

      for (const { path, key } of alone) {
        const expected = [flags, env, system].find((values) => values.has(path))?.get(path) ?? key.default;
        assert.equal(at(config.system, path), expected, path);
        if (!taskKeys.has(path)) continue;
        const ofTask = [flags, env, own, system].find((values) => values.has(path))?.get(path) ?? key.default;
        assert.equal(at(config.tasks[0], path), ofTask, path);
      }
    }),
    { numRuns: 100 },
  );
});

test('no text makes it fail in another way than with a coded error', () => {
  const pieces = fc.constantFrom(
    'system',
    'tasks',
    'crash',
    'topics',
    'lanes',
    ': ',
    '\n',
    '\n  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '*a',
    '&a ',
    '!x ',
    '"',
    "'",
    '|',
    '#',
    '1',
    'null',
    '? ',
    '<<',
    '\t',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
      try {
        parse(parts.join(''));
      } catch (error) {
        assert.match(String((error as { code?: unknown }).code), /^E_(CONFIG_INVALID|ROUTE_)/);
      }
    }),
    { numRuns: 1000 },
  );
});

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'faultline-config-'));
  t.after(() => {
    rmSync(path, { recursive: true });
  });
  return path;
}

test('the file is the one that --config names, else the one of the variable', async (t) => {
  const dir = folder(t);
  const first = join(dir, 'first.yaml');
  const second = join(dir, 'second.yaml');
  writeFileSync(first, 'system: { lanes: 1 }');
  writeFileSync(second, 'system: { lanes: 2 }');

  const flagged = await loadConfig({ flags: { config: first }, env: { FAULTLINE_CONFIG: second } });
  const fromEnv = await loadConfig({ env: { FAULTLINE_CONFIG: second } });

  assert.deepEqual([flagged.system.lanes, flagged.file], [1, first]);
  assert.equal(fromEnv.system.lanes, 2);
});

test('a file that is missing, a folder, not UTF-8 or too large is a coded error that names it', async (t) => {
  const dir = folder(t);
  const binary = join(dir, 'binary.yaml');
  const large = join(dir, 'large.yaml');
  writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x41]));
  writeFileSync(large, '#'.repeat(1_048_577));

  for (const name of [join(dir, 'none.yaml'), dir, binary, large]) {
    await assert.rejects(
      loadConfig({ flags: { config: name } }),
      (error: { code: string; message: string }) => {
        return error.code === 'E_CONFIG_READ' && error.message.includes(name);
      },
    );
  }
});
