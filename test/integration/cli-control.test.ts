/** The commands that ask a running process, against a control socket whose target is made up. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { startControl } from '../../src/control/server.ts';
import { EngineError } from '../../src/model/errors.ts';
import { aStatus, fakeTarget, type FakeTarget } from '../helpers/control.ts';
import { eventually, within } from '../helpers/eventually.ts';
import { temporaryDirectory, type TestEnd } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';

async function faultline(...args: readonly string[]) {
  const terminal = fakeTerminal();
  const code = await main(args, terminal, {});
  return { code, out: terminal.out(), err: terminal.err() };
}

/** A process that runs on a log in a directory of its own. */
async function process_(test: TestEnd, target: FakeTarget = fakeTarget()) {
  const data = temporaryDirectory(test);
  const control = await startControl({ path: join(data, 'control.sock'), target });
  test.after(() => control.close());
  return { data, target, control };
}

test('status and why tell people and machines the same, by the directory of the log or by the socket', async (t) => {
  const { data } = await process_(t);
  const socket = join(data, 'control.sock');

  const status = await faultline('status', '--data', data);
  const json = await faultline('status', '--json', '--control', socket);
  const why = await faultline('why', 'app-crash', '0', '--data', data);
  const whyJson = await faultline('why', 'app-crash', '0', '--json', '--data', data);
  const waits = await faultline('why', '--data', data);
  const waitsJson = await faultline('why', '--json', '--data', data);

  for (const { code, err } of [status, json, why, whyJson, waits, waitsJson])
    assert.deepEqual([code, err], [0, '']);
  assert.match(status.out, /^process 4242 [^]*\nstate {6}running\n/);
  assert.deepEqual(JSON.parse(json.out), aStatus());
  assert.match(why.out, /^app-crash 0 · group faultline · task crash\n[^]*\noffset {6}1042\n/);
  const [first] = JSON.parse(whyJson.out) as { holder: { offset: number } }[];
  assert.equal(first?.holder.offset, 1042);
  assert.match(waits.out, /^Intake\n {2}faultline {2}consumes\n[^]* {2}app-crash 1 /);
  assert.equal((JSON.parse(waitsJson.out) as { held: number }).held, 2);
});

test('watch shows it again and again until nobody looks any more', async (t) => {
  const { data } = await process_(t);
  const terminal = fakeTerminal();

  const watching = main(['status', '--watch', '--json', '--data', data], terminal, {});
  await eventually('two looks', () => terminal.out().split('\n').length > 2);
  terminal.leave();

  assert.equal(await within('its end', watching), 0);
  for (const line of terminal.out().trim().split('\n')) assert.deepEqual(JSON.parse(line), aStatus());
});

test('watch ends with a code when the process does', async (t) => {
  const { data, control } = await process_(t);
  const terminal = fakeTerminal();

  const watching = main(['status', '--watch', '--data', data], terminal, {});
  await eventually('a second look', () => /\nmoving {5}no watermark has risen/.test(terminal.out()));
  await control.close();

  assert.equal(await within('its end', watching), 3);
  assert.match(terminal.err(), /\(E_CONTROL_NONE\)/);
});

test('a partition that is not read here is refused with those that are', async (t) => {
  const { data } = await process_(t);

  const partition = await faultline('why', 'app-crash', '7', '--data', data);
  const topic = await faultline('why', 'app-crsh', '0', '--data', data);

  assert.equal(partition.code, 2);
  assert.match(
    partition.err,
    /does not read partition 7 of topic "app-crash"; it reads of app-crash: 0, 1\n/,
  );
  assert.match(topic.err, /it reads the topics app-crash, app-lag\n.*\(E_TOPIC_UNKNOWN\)/);
});

test('scale tells the threads before and after, or why it cannot be', async (t) => {
  const { data } = await process_(t);
  const failing = await process_(t, {
    ...fakeTarget(),
    scale: () => Promise.reject(new EngineError('E_POOL_FAILED', 'thread 9 cannot be started')),
  });

  const up = await faultline('scale', '--threads', '4', '--data', data);
  const same = await faultline('scale', '--threads', '4', '--data', data);
  const failed = await faultline('scale', '--threads', '9', '--data', failing.data);

  assert.deepEqual([up.code, up.out], [0, '4 threads, before 2\n']);
  assert.deepEqual([same.code, same.out], [0, '4 threads, as before\n']);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /^faultline scale: thread 9 cannot be started\n.*\(E_POOL_FAILED\)/);
});

for (const how of ['drain', 'stop'] as const) {
  test(`${how} waits for the end, and tells it`, async (t) => {
    const { data, target } = await process_(t);

    const ending = faultline(how, '--data', data);
    await eventually('the request', () => target.asked.length > 0);
    target.ending.resolve({ unfinished: 0, stopped: [] });

    const { code, out } = await ending;
    assert.equal(code, 0);
    assert.match(out, /^process 4242 has ended; /);
    assert.deepEqual(target.asked, [`${how}: faultline ${how}`]);
  });
}

test('what a drain leaves unfinished is a failure, what a stop leaves is not', async (t) => {
  const { data, target } = await process_(t);
  target.ending.resolve({ unfinished: 3, stopped: [] });

  const drained = await faultline('drain', '--data', data);
  const stopped = await faultline('stop', '--data', data);

  assert.equal(drained.code, 1);
  assert.match(
    drained.err,
    /process 4242 has ended with 3 deliveries unfinished; not committed\n.*E_DRAIN_DEADLINE/,
  );
  assert.equal(stopped.code, 0);
  assert.match(stopped.out, /what was finished is committed, 3 deliveries in hand will come again\n/);
});

test('a run that fails while it drains fails the command with its code', async (t) => {
  const { data, target } = await process_(t);
  target.ending.reject(new EngineError('E_COMMIT_FAILED', 'the disk is gone'));

  const { code, err } = await faultline('drain', '--data', data);

  assert.equal(code, 1);
  assert.match(err, /^faultline drain: the disk is gone\n.*\(E_COMMIT_FAILED\)/);
});

test('a process that goes silent while it drains is not waited for; one that never answered is asked for nothing', async (t) => {
  const dir = temporaryDirectory(t);
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (bytes) => {
        asked.push((JSON.parse(String(bytes)) as { command: string }).command);
        if (asked.length === 1) socket.end(`${JSON.stringify({ ok: true, result: aStatus() })}\n`);
      });
  }).listen(join(dir, 'control.sock'));
  t.after(() => void server.close());
  await once(server, 'listening');

  const silenced = await within('the end', faultline('drain', '--data', dir, '--timeout-ms', '50'));
  const firstAsked = asked.splice(0);
  asked.push('as if before');
  const silent = await within('the end', faultline('stop', '--data', dir, '--timeout-ms', '50'));

  assert.equal(silenced.code, 3);
  assert.match(silenced.err, /does not answer within 50 ms\n.*\(E_CONTROL_TIMEOUT\)/);
  assert.deepEqual(firstAsked, ['status', 'drain', 'status']);
  assert.equal(silent.code, 3);
  assert.deepEqual(asked, ['as if before', 'status']);
});

test('a process that dies while it drains is told', async (t) => {
  const { data, target, control } = await process_(t);

  const ending = faultline('drain', '--data', data);
  await eventually('the request', () => target.asked.length > 0);
  await control.close();

  const { code, err } = await ending;
  assert.equal(code, 1);
  assert.match(err, /ended without a whole answer\n.*\(E_CONTROL_LOST\)/);
});

test('where nothing runs, or there is no socket to ask at, every command says so and ends with 3', async (t) => {
  const data = temporaryDirectory(t);

  for (const args of [
    ['status'],
    ['why'],
    ['why', 'app-crash', '0'],
    ['scale', '--threads', '2'],
    ['drain'],
    ['stop'],
  ]) {
    const nobody = await faultline(...args, '--data', data);
    const none = await faultline(...args, '--control', 'none');

    assert.equal(nobody.code, 3);
    assert.match(
      nobody.err,
      /nothing runs there: no control socket at .*\n.*faultline run.*\(E_CONTROL_NONE\)\n$/,
    );
    assert.equal(none.code, 3);
    assert.match(none.err, /control is none\n.*\(E_CONTROL_NONE\)\n$/);
  }
});

test('wrong use is told before anything is asked', async () => {
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['why', 'app-crash'], /PARTITION is missing/],
    [['why', 'app-crash', '-1'], /there is no flag -1|must be a whole number, not "-1"/],
    [['why', 'app-crash', '1.5'], /must be a whole number, not "1\.5"/],
    [['scale'], /--threads is missing/],
    [['scale', '--threads', '0'], /from 1 to 256/],
    [['status', '--timeout-ms', '0'], /from 1 to 3,600,000/],
    [['drain', 'now'], /drain takes no "now"/],
  ];

  for (const [args, message] of cases) {
    const { code, err } = await faultline(...args);

    assert.equal(code, 2, err);
    assert.match(err, message);
  }
});
