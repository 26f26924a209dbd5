/** The commands around `run`, as processes: what they say, what they refuse, how they end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { generateEvents } from '../../src/load/generate.ts';
import { ROOM_KEPT_BYTES } from '../../src/transport/log/environment.ts';
import { faultline, ROOT, type Ended } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { running } from './running.ts';
import { smallDisk } from './small-disk.ts';
import { countOf, keyOf, lagOf, recordsOf } from './support.ts';

const MAIN = join(ROOT, 'src/main.ts');
const NDJSON = `${[
  '{"category":"PERF_CRASH","dimensions":{"device_id":"d-1"},"profile_data":"Error: x"}',
  '"java.lang.Error: x\\n\\tat a.B.c(B.java:1)"',
  'this is no JSON',
  '',
  '{"samples":[{"time":0,"stack":["a"]},{"time":50,"stack":["a"]}]}',
].join('\n')}\n`;

/** A generated record, as the log has it. */
interface Generated {
  readonly place: readonly unknown[];
  readonly key: string | null;
  readonly value: string;
}

test('every command has its help, on stdout, with exit code 0', async () => {
  const helps = await Promise.all(COMMANDS.map(({ name }) => faultline(name, '--help')));

  for (const [index, { code, out, err }] of helps.entries()) {
    const { name = '', summary = '' } = COMMANDS[index] ?? {};
    assert.deepEqual([code, err], [0, '']);
    assert.ok(out.startsWith(`${summary}\n\nUsage  faultline ${name}`), out);
    assert.match(out, /\nExit codes {2}0 done · 1 /);
  }
});

test('what is refused is one sentence and a hint on stderr, nothing on stdout, and an exit code', async (t) => {
  const data = ['--data', join(temporaryDirectory(t), 'nowhere')];

  const [unknown, flag, missing] = await Promise.all([
    faultline('rum'),
    faultline('run', '--thread', '2', ...data),
    faultline('tail', 'app-crash', ...data),
  ]);

  assert.match(
    unknown.err,
    /^faultline: there is no command "rum"; did you mean run\?\n {2}.* \(E_USAGE\)\n$/,
  );
  assert.match(
    flag.err,
    /^faultline run: there is no flag --thread; did you mean --threads\?\n {2}.* \(E_USAGE\)\n$/,
  );
  assert.match(missing.err, /^faultline tail: there is no log in .*nowhere\n {2}.* \(E_LOG_DIR\)\n$/);
  assert.deepEqual(
    [unknown, flag, missing].map(({ code, out }) => [code, out]),
    [
      [2, ''],
      [2, ''],
      [3, ''],
    ],
  );
});

test('the same seed generates the same log, another seed another one', async (t) => {
  const dir = temporaryDirectory(t);
  const generated = async (name: string, seed: string): Promise<readonly Generated[]> => {
    const data = join(dir, name);
    await faultline('generate', '--count', '300', '--seed', seed, '--duplicates', '0.1', '--data', data);
    const records = [...(await recordsOf(data, 'app-crash')), ...(await recordsOf(data, 'app-lag'))];
    return records.map((record) => ({
      place: [record.topic, record.partition, record.offset],
      key: keyOf(record),
      value: String(record.value),
    }));
  };
  const devicesOf = (records: Awaited<ReturnType<typeof generated>>) => records.map(({ key }) => key);

  const [one, same, other] = await Promise.all([
    generated('a', '5'),
    generated('b', '5'),
    generated('c', '6'),
  ]);

  assert.equal(one.length, 300);
  assert.deepEqual(one, same);
  assert.notDeepEqual(devicesOf(one), devicesOf(other));
});

test('lines from stdin go where they belong, what is no JSON is told; a reader of the tail that goes away ends it quietly', async (t) => {
  const data = ['--data', join(temporaryDirectory(t), 'log')];

  const ingested = await fed(NDJSON, 'ingest', '-', ...data);
  // More than a pipe holds, so that the reader is gone before all is written.
  await faultline('generate', '--count', '2000', '--topic', 'many', ...data);
  const headed = await shell(`"$0" "$@" --from earliest --json | head -n 1`, 'tail', 'many', ...data);
  const topics = await faultline('topics', '--json', ...data);

  assert.equal(ingested.code, 0, ingested.err);
  assert.match(ingested.err, /^skipped 1, .*-:3$/m);
  assert.match(
    ingested.err,
    /^wrote 3 events \((2 to app-crash, 1 to app-lag|1 to app-lag, 2 to app-crash)\), /m,
  );
  assert.deepEqual([headed.code, headed.err], [0, '']);
  assert.equal(headed.out.split('\n').length, 2);
  const { topics: listed } = JSON.parse(topics.out) as { topics: { name: string; records: number }[] };
  assert.deepEqual(
    listed.map(({ name, records }) => [name, records]),
    [
      ['app-crash', 2],
      ['app-lag', 1],
      ['many', 2000],
    ],
  );
});

test('a disk that fills up ends an ingest with exit code 3 and all that it counts is there; a run waits, and goes on when there is room', async (t) => {
  const disk = smallDisk(t);
  if (typeof disk === 'string') return t.skip(disk);
  const log = join(disk.dir, 'log');
  const data = ['--data', log];
  const events = [...generateEvents({ count: 6000, keys: 50, zipf: 1, duplicates: 0, seed: 1, start: 0 })];
  const lines = events.map(({ value }) => `${new TextDecoder().decode(value)}\n`).join('');

  disk.leave(ROOM_KEPT_BYTES + 4 * 2 ** 20);
  const ingested = await fed(lines, 'ingest', '-', ...data);
  const count = (await countOf(log, 'app-crash')) + (await countOf(log, 'app-lag'));
  disk.makeRoom();
  disk.leave(ROOM_KEPT_BYTES + 2 ** 18);
  const run = running(t, 'run', '--until-idle', '--threads', '1', '--publish-backoff-max-ms', '200', ...data);
  const failed = await run.logged('publish-failed');
  const meanwhile = await countOf(log, 'faultline-findings');
  disk.makeRoom();
  const { code, err } = await run.end();

  assert.equal(ingested.code, 3);
  assert.match(ingested.err, /^faultline ingest: the disk of the log in .* is full.*\n.*\(E_LOG_FULL\)$/m);
  assert.ok(count > 0 && count < events.length);
  assert.match(ingested.err.replaceAll(/(?<=\d),(?=\d)/g, ''), new RegExp(`^wrote ${count} events`, 'm'));
  assert.equal(failed['code'], 'E_LOG_FULL');
  assert.ok(meanwhile < count);
  assert.equal(code, 0, err);
  assert.equal(await countOf(log, 'faultline-findings'), count);
  assert.deepEqual(await lagOf(log), { lag: 0, committed: count });
});

/** Runs `faultline ARGS` with that on its stdin. */
function fed(input: string, ...args: readonly string[]): Promise<Ended> {
  return ended([process.execPath, MAIN, ...args], input);
}

/** Runs a line of bash whose `$0` and `$@` are `faultline ARGS`. */
function shell(line: string, ...args: readonly string[]): Promise<Ended> {
  return ended(['bash', '-o', 'pipefail', '-c', line, process.execPath, MAIN, ...args], '');
}

async function ended([command = '', ...args]: readonly string[], input: string): Promise<Ended> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  // A command that ends early does not read all of it.
  child.stdin.on('error', () => undefined);
  Readable.from([input]).pipe(child.stdin);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number | null];
  return { code, out, err };
}
