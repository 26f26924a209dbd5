/** The main job by the command itself, as a process: from report files to findings in the log. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { faultline, ROOT, startFaultline } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

test('every example report becomes a finding, the figures agree, and a second run has nothing to do', async (t) => {
  const dir = temporaryDirectory(t);
  const data = ['--data', join(dir, 'log')];
  const summary = join(dir, 'summary.json');
  const ingested = await faultline('ingest', join(ROOT, 'examples/reports'), ...data);
  const count = Number(/wrote (\d+) events/.exec(ingested.err)?.[1]);

  const ran = await faultline('run', '--until-idle', '--summary', summary, '--threads', '1', ...data);
  const first = readJson(summary);
  const again = await faultline('run', '--until-idle', '--summary', summary, '--threads', '1', ...data);
  const tail = await faultline('tail', 'faultline-findings', '--from', 'earliest', '--json', ...data);

  assert.deepEqual([ingested.code, ran.code, again.code, tail.code], [0, 0, 0, 0]);
  assert.ok(count > 20);
  assert.match(ran.out, new RegExp(`^consumed {3}${count} deliveries = ${count} published \\+ 0 finished`));
  assert.equal(first['consumed'], count);
  assert.equal(first['committed'], count);
  assert.equal(readJson(summary)['consumed'], 0);
  assert.equal(tail.out.split('\n').length - 1, first['findings']);
});

test('one task alone can be run, and what it does not take stays', async (t) => {
  const dir = temporaryDirectory(t);
  const data = ['--data', join(dir, 'log')];
  const summary = join(dir, 'summary.json');
  await faultline('ingest', join(ROOT, 'examples/reports'), ...data);

  await faultline('run', '--until-idle', '--task', 'lag', '--summary', summary, '--threads', '1', ...data);
  const topics = JSON.parse((await faultline('topics', '--json', ...data)).out) as {
    topics: { name: string; records: number }[];
  };

  const records = (name: string) => topics.topics.find((topic) => topic.name === name)?.records;
  assert.equal(readJson(summary)['consumed'], records('app-lag'));
  assert.equal(records('faultline-findings'), records('app-lag'));
});

test('an interrupt while it waits ends it in order, with its figures and code 0', async (t) => {
  const dir = temporaryDirectory(t);
  const data = ['--data', join(dir, 'log')];
  await faultline('generate', '--count', '500', ...data);
  const child = startFaultline(['run', '--threads', '1', '--log-level', 'info', ...data]);
  const out = text(child.stdout);

  // The first line of the log says that it has its partitions; all of the 500 need not be done by then.
  await once(child.stderr, 'data');
  child.stderr.resume();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  const rest = join(dir, 'rest.json');
  await faultline('run', '--until-idle', '--summary', rest, '--threads', '1', ...data);

  assert.equal(code, 0);
  const committed = Number(/committed +([\d,]+) /.exec(await out)?.[1]?.replaceAll(',', ''));
  assert.equal(committed + Number(readJson(rest)['committed']), 500);
});

test('what is wrong before the start is told at once, with all its places', async (t) => {
  const dir = temporaryDirectory(t);
  const config = join(dir, 'faultline.yaml');
  writeFileSync(config, 'system:\n  lanes: none\n  thread: 2\n');
  const data = ['--data', join(dir, 'log')];

  const wrong = await faultline('run', '--config', config);
  const task = await faultline('run', '--task', 'crsh', ...data);
  const summary = await faultline('run', '--summary', join(dir, 'no/where.json'), ...data);
  const flag = await faultline('run', '--threads', 'many', ...data);

  assert.match(
    wrong.err,
    /the config has 2 mistakes:\n.*faultline\.yaml:2:.*lanes.*\n.*faultline\.yaml:3:.*did you mean "threads"/,
  );
  assert.match(task.err, /there is no task "crsh"; did you mean "crash"\?/);
  assert.match(summary.err, /cannot write .*where\.json: there is no such file or directory/);
  assert.match(flag.err, /--threads: expected .*, got "many"/);
  assert.deepEqual(
    [wrong, task, summary, flag].map(({ code }) => code),
    [2, 2, 3, 2],
  );
});
