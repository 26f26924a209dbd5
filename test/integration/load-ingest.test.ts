/** Files, directories and streams become records: what is taken, what is passed over, and why. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { EngineError } from '../../src/model/errors.ts';
import { collectReports, type CollectedReport, type CollectOptions } from '../../src/load/ingest.ts';

const JAVA = 'a.b.Error: x\n\tat com.example.shop.Basket.total(Basket.java:29)\n';
const EVENT =
  '{"id":"e1","category":"PERF_LAG","dimensions":{"device_id":"d1"},"profile_data":{"report":"x"}}';

type Files = Readonly<Record<string, string | Uint8Array>>;

function directory(context: TestContext, files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'faultline-ingest-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'in', name)), { recursive: true });
    writeFileSync(join(root, 'in', name), content);
  }
  return join(root, 'in');
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  for (const chunk of text.match(/[^]{1,7}/g) ?? []) yield Buffer.from(chunk);
}

interface Collected {
  readonly reports: readonly CollectedReport[];
  /** `path[:line] reason`, without the directory. */
  readonly skipped: readonly string[];
  readonly keys: readonly string[];
}

async function collect(
  paths: string | readonly string[],
  change: Partial<CollectOptions> = {},
): Promise<Collected> {
  const options: CollectOptions = {
    topic: 'auto',
    keyField: null,
    include: [],
    exclude: [],
    reportBytesMax: 1000,
    rawLines: false,
    stdin: chunks(''),
    ...change,
  };
  const reports: CollectedReport[] = [];
  const skipped: string[] = [];
  for await (const item of collectReports([paths].flat(), options)) {
    if (item.type === 'report') reports.push(item);
    else skipped.push(`${nameOf(item.path)}${item.line === undefined ? '' : `:${item.line}`} ${item.reason}`);
  }
  return { reports, skipped, keys: reports.map((report) => Buffer.from(report.key).toString()) };
}

function nameOf(path: string): string {
  return path.split('/in/').at(-1) ?? path;
}

function valueOf(report: CollectedReport | undefined): string {
  return Buffer.from(report?.value ?? []).toString();
}

test('a directory gives its reports in the order of names, each under its own path', async (context) => {
  const root = directory(context, { 'b.txt': JAVA, 'a/z.log': 'Full thread dump x', 'a/b.json': EVENT });

  const { reports, skipped, keys } = await collect(root);

  assert.deepEqual(keys, ['d1', 'in/a/z.log', 'in/b.txt']);
  assert.deepEqual(
    reports.map((report) => report.topic),
    ['app-lag', 'app-lag', 'app-crash'],
  );
  assert.deepEqual(skipped, []);
  assert.equal(valueOf(reports[0]), EVENT);
});

test('a topic that is named takes all', async (context) => {
  const root = directory(context, { 'a.txt': JAVA, 'b.json': EVENT });

  const { reports } = await collect(root, { topic: 'mixed' });

  assert.deepEqual(
    reports.map((report) => report.topic),
    ['mixed', 'mixed'],
  );
});

test('what lies beside reports is passed over, and told of', async (context) => {
  const root = directory(context, {
    '.git/config': 'x',
    '.hidden': 'x',
    'MANIFEST.tsv': 'x',
    'README.md': 'x',
    'app.js.map': '{}',
    'binary.txt': Uint8Array.of(1, 0, 2),
    'cases.json': '[]',
    'empty.txt': '\n',
    'expected_frames.json': '{}',
    'good.txt': JAVA,
    'libshop.so.sym': 'x',
    'map.json': '{}',
    'mapping-release.txt': 'x',
    'node_modules/x/index.txt': 'x',
    'programs/crash.py': 'x',
    'r8.txt': 'com.example.shop.Basket -> a.a:\n',
    'too-large.txt': 'x'.repeat(1001),
  });

  const { keys, skipped } = await collect(root);

  assert.deepEqual(keys, ['in/good.txt']);
  assert.deepEqual(skipped, [
    '.git excluded',
    '.hidden excluded',
    'MANIFEST.tsv excluded',
    'README.md excluded',
    'app.js.map excluded',
    'binary.txt binary',
    'cases.json excluded',
    'empty.txt empty',
    'expected_frames.json excluded',
    'libshop.so.sym excluded',
    'map.json excluded',
    'mapping-release.txt excluded',
    'node_modules excluded',
    'programs/crash.py excluded',
    'r8.txt a mapping',
    'too-large.txt too large',
  ]);
});

test('an include takes only what it matches, also what the defaults pass over', async (context) => {
  const root = directory(context, { 'a/input.txt': JAVA, 'a/other.txt': JAVA, 'expected.txt': JAVA });

  const byName = await collect(root, { include: ['{input,expected}.txt'] });
  const byPath = await collect(root, { include: ['a/**'] });

  assert.deepEqual(byName.keys, ['in/a/input.txt', 'in/expected.txt']);
  assert.deepEqual(byName.skipped, ['a/other.txt not included']);
  assert.deepEqual(byPath.keys, ['in/a/input.txt', 'in/a/other.txt']);
});

test('an exclude is stronger than an include and keeps out of directories', async (context) => {
  const root = directory(context, { 'a/input.txt': JAVA, 'b/input.txt': JAVA, 'b/c/input.txt': JAVA });

  const { keys, skipped } = await collect(root, { include: ['input.txt'], exclude: ['b'] });

  assert.deepEqual(keys, ['in/a/input.txt']);
  assert.deepEqual(skipped, ['b excluded']);
});

test('a file given by its name is taken whatever it is called', async (context) => {
  const root = directory(context, { 'expected.txt': JAVA });

  const given = await collect(join(root, 'expected.txt'));
  const excluded = await collect(join(root, 'expected.txt'), { exclude: ['*.txt'] });

  assert.deepEqual(given.keys, ['in/expected.txt']);
  assert.deepEqual(excluded.skipped, ['expected.txt excluded']);
});

test('links to directories are not followed, and a cycle ends', async (context) => {
  const root = directory(context, { 'a/b.txt': JAVA });
  symlinkSync(root, join(root, 'a', 'again'));
  symlinkSync(join(root, 'a', 'b.txt'), join(root, 'c.txt'));
  symlinkSync(join(root, 'gone'), join(root, 'd.txt'));

  const { keys, skipped } = await collect(root);

  assert.deepEqual(keys, ['in/a/b.txt', 'in/c.txt']);
  assert.deepEqual(skipped, ['a/again a link to a directory', 'd.txt unreadable']);
});

test('each line of an NDJSON file is an event or a report, and a bad one is told by its number', async (context) => {
  const lines = [
    EVENT,
    '',
    '{"stack":"Error\\n at f (a.js:1:2)"}',
    'no JSON',
    '12',
    JSON.stringify(JAVA),
    `"${'x'.repeat(999)}"`,
  ];
  const root = directory(context, { 'all.ndjson': `\uFEFF${lines.join('\r\n')}` });

  const { reports, skipped, keys } = await collect(root);

  assert.deepEqual(
    reports.map((report) => report.line),
    [1, 3, 6],
  );
  assert.equal(valueOf(reports[0]), EVENT);
  assert.deepEqual(skipped, ['all.ndjson:4 no JSON', 'all.ndjson:5 no JSON', 'all.ndjson:7 too large']);
  assert.match(keys[1] ?? '', /^[0-9a-f]{32}$/, 'lines without a device have no common key');
});

test('raw lines are taken as they stand', async () => {
  const { reports, skipped } = await collect('-', {
    stdin: chunks(`${EVENT}\n{"broken":\n`),
    rawLines: true,
  });

  assert.deepEqual(reports.map(valueOf), [EVENT, '{"broken":']);
  assert.deepEqual(skipped, []);
});

test('stdin holds lines, and the last needs no end', async () => {
  const { reports, keys } = await collect('-', { stdin: chunks(`${EVENT}\n${EVENT}`) });

  assert.deepEqual(
    reports.map((report) => [report.path, report.line]),
    [
      ['-', 1],
      ['-', 2],
    ],
  );
  assert.deepEqual(keys, ['d1', 'd1']);
});

test('a field of the event can be the key', async () => {
  const stdin = chunks('{"stack":"x","session":"s7"}');

  const { keys } = await collect('-', { stdin, keyField: 'profile_data.report.session' });

  assert.deepEqual(keys, ['s7']);
});

test('a path that is not there is one sentence, before anything is taken', async (context) => {
  const root = directory(context, { 'a.txt': JAVA });
  const taken: string[] = [];

  const collecting = (async (): Promise<void> => {
    const options = {
      topic: 'auto',
      keyField: null,
      include: [],
      exclude: [],
      reportBytesMax: 10,
      rawLines: false,
    };
    for await (const item of collectReports([root, join(root, 'gone')], { ...options, stdin: chunks('') })) {
      taken.push(item.path);
    }
  })();

  await assert.rejects(collecting, (error) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, 'E_INPUT_READ');
    assert.match(error.message, /^cannot read .*gone: there is no such file or directory$/);
    return true;
  });
  assert.deepEqual(taken, []);
});
