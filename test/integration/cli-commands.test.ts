/** The commands that need no engine, on a real log: in this process, and as a process where streams matter. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal, type FakeTerminalOptions } from '../helpers/terminal.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const JAVA =
  'Exception in thread "main" java.lang.IllegalStateException: x\n\tat com.example.Foo.bar(Foo.java:3)\n';

async function faultline(args: readonly string[], options: FakeTerminalOptions = {}) {
  const terminal = fakeTerminal(options);
  const code = await main(args, terminal, {});
  return { code, out: terminal.out(), err: terminal.err() };
}

/** NDJSON, parsed. */
function objects(out: string): Record<string, unknown>[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('what is ingested is in the topics where it belongs, and what is passed over is told', async (t) => {
  const dir = temporaryDirectory(t);
  const reports = join(dir, 'reports');
  await mkdir(reports);
  await writeFile(join(reports, 'crash.txt'), JAVA);
  await writeFile(join(reports, 'lag.json'), JSON.stringify({ samples: [{ time: 1, stack: ['a'] }] }));
  await writeFile(join(reports, 'expected.json'), '{}');
  await writeFile(join(reports, 'picture'), Buffer.from([0, 1, 2]));

  const ingested = await faultline(['ingest', reports, '--data', join(dir, 'log')]);
  const listed = await faultline(['topics', '--json', '--data', join(dir, 'log')]);

  assert.equal(ingested.code, 0);
  assert.match(ingested.err, /skipped 1, binary: .*picture\n/);
  assert.match(ingested.err, /skipped 1, excluded: .*expected\.json\n/);
  assert.match(ingested.err, /wrote 2 events \(1 to app-crash, 1 to app-lag\), /);
  const { topics } = JSON.parse(listed.out) as { topics: { name: string; records: number }[] };
  assert.deepEqual(
    topics.map(({ name, records }) => [name, records]),
    [
      ['app-crash', 1],
      ['app-lag', 1],
    ],
  );
});

test('generated events come out of the log as they come out of --stdout', async (t) => {
  const data = join(temporaryDirectory(t), 'log');
  const flags = ['--count', '200', '--seed', '9', '--keys', '5'];

  const printed = await faultline(['generate', ...flags, '--stdout']);
  await faultline(['generate', ...flags, '--data', data]);
  const crashes = await faultline(['tail', 'app-crash', '--from', 'earliest', '--json', '--data', data]);
  const lags = await faultline(['tail', 'app-lag', '--from', 'earliest', '--json', '--data', data]);

  const ids = (events: readonly unknown[]) => events.map((event) => (event as { id: string }).id).sort();
  const stored = [...objects(crashes.out), ...objects(lags.out)].map(({ value }) => value);
  assert.equal(stored.length, 200);
  assert.deepEqual(ids(stored), ids(objects(printed.out)));
});

test('tail shows the last records of all partitions together, or so many from somewhere on', async (t) => {
  const data = join(temporaryDirectory(t), 'log');
  await faultline(['generate', '--count', '100', '--topic', 'events', '--data', data]);
  await faultline(['generate', '--count', '3', '--seed', '2', '--topic', 'events', '--data', data]);

  const last = await faultline(['tail', 'events', '--count', '3', '--json', '--data', data]);
  const first = await faultline([
    'tail',
    'events',
    '--count',
    '7',
    '--from',
    'earliest',
    '--json',
    '--data',
    data,
  ]);
  const future = await faultline(['tail', 'events', '--from', '2999-01-01', '--data', data]);

  assert.deepEqual(
    objects(last.out).map(({ value }) => (value as { id: string }).id.slice(0, 8)),
    ['00000002', '00000002', '00000002'],
  );
  assert.equal(objects(first.out).length, 7);
  assert.equal(future.out, '');
});

test('a report is analysed to what a worker would publish, one or many', async (t) => {
  const dir = temporaryDirectory(t);
  const file = join(dir, 'crash.txt');
  await writeFile(file, JAVA);

  const pretty = await faultline(['analyze', file]);
  const json = await faultline(['analyze', '--json', '-'], { input: JAVA });
  const many = await faultline(['analyze', '--ndjson', '--json', '-'], {
    input: `${JSON.stringify(JAVA)}\n{"category":"X"}\n${JSON.stringify(JAVA)}\n`,
  });

  assert.match(pretty.out, /^java\.lang\.IllegalStateException at com\.example\.Foo\.bar\n/);
  const [finding] = objects(json.out);
  assert.equal(finding?.['signature'], 'java.lang.IllegalStateException at com.example.Foo.bar');
  const [first, second, third] = objects(many.out);
  assert.equal(first?.['group'], finding['group']);
  assert.equal((second as { error?: { code: string } } | undefined)?.error?.code, 'E_EVENT_SCHEMA');
  assert.equal(third?.['group'], finding['group']);
  assert.deepEqual([pretty.code, json.code, many.code], [0, 0, 1]);
});

test('a kind and a format that are given replace what was guessed', async () => {
  const { out, code } = await faultline(['analyze', '-', '--kind', 'lag', '--format', 'anr', '--json'], {
    input: JAVA,
  });

  const [finding] = objects(out);
  assert.equal(code, 0);
  assert.deepEqual([finding?.['category'], finding?.['kind']], ['PERF_LAG', 'lag']);
});

test('wrong use is one sentence with a hint, and exit code 2 or 3', async (t) => {
  const dir = temporaryDirectory(t);
  const calls: readonly (readonly [args: readonly string[], code: number, message: RegExp])[] = [
    [
      ['ingets'],
      2,
      /^faultline: there is no command "ingets"; did you mean ingest\?\n {2}\S.* \(E_USAGE\)\n$/,
    ],
    [['generate', '--count', 'x'], 2, /^faultline generate: --count must be a whole number/],
    [['tail', 'x', '--from', 'tomorrow'], 2, /^faultline tail: --from must be earliest, latest or a time/],
    [['ingest', join(dir, 'nowhere'), '--data', dir], 2, /cannot read .*nowhere: there is no such file/],
    [['analyze', join(dir, 'nowhere')], 2, /cannot analyse .*nowhere: there is no such file/],
    [['analyze', dir], 2, /cannot analyse .*: it is a directory/],
    [['topics', '--data', join(dir, 'nowhere')], 3, /there is no log in .*nowhere\n.*\(E_LOG_DIR\)\n$/],
    [['analyze', MAIN, '--analyzer', join(dir, 'none.ts')], 2, /\(E_ANALYZER_LOAD\)\n$/],
  ];
  for (const [args, code, message] of calls) {
    const result = await faultline(args);

    assert.match(result.err, message);
    assert.deepEqual([result.code, result.out], [code, ''], args.join(' '));
  }
});

test('help and version go to stdout, the list of commands without one to stderr', async () => {
  const help = await faultline(['help', 'tail']);
  const version = await faultline(['--version']);
  const nothing = await faultline([]);

  assert.match(help.out, /^Show records of a topic.*\n\nUsage {2}faultline tail TOPIC \[flags\]\n/);
  assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
  assert.deepEqual([nothing.code, nothing.out], [2, '']);
  assert.match(nothing.err, /Commands\n {2}run /);
});

test('a reader that goes away ends the command quietly', async () => {
  const child = spawn(process.execPath, [MAIN, 'generate', '--count', '1000000', '--stdout']);
  const err = text(child.stderr);

  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = (await once(child, 'exit')) as [number | null];

  assert.equal(await err, '');
  assert.equal(code, 0);
});

test('tail follows what another process appends, until it is interrupted', async (t) => {
  const data = join(temporaryDirectory(t), 'log');
  await faultline(['generate', '--count', '1', '--topic', 'events', '--data', data]);
  const child = spawn(process.execPath, [MAIN, 'tail', 'events', '--follow', '--json', '--data', data]);
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const lines = (count: number): Promise<unknown> =>
    eventually(`${count} lines`, () => out.split('\n').length > count);

  await lines(1);
  await faultline(['generate', '--count', '4', '--seed', '3', '--topic', 'events', '--data', data]);
  await lines(5);
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number | null];

  assert.equal(objects(out).length, 5);
  assert.equal(code, 0);
});
