/** The file of the control socket: its rights, whose it is, where it can be. */
import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startControl } from '../../src/control/server.ts';
import { fakeTarget } from '../helpers/control.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { ask, childThat, started } from './control-support.ts';

test('the socket is its owner’s from the first moment, and what the process creates else is not narrowed', async (t) => {
  const dir = temporaryDirectory(t);
  const before = process.umask(0);
  t.after(() => void process.umask(before));

  const { path, control } = await started(t, { path: join(dir, 'control.sock') });
  writeFileSync(join(dir, 'file'), '');

  assert.equal(lstatSync(path).mode & 0o7777, 0o600);
  assert.equal(lstatSync(join(dir, 'file')).mode & 0o777, 0o666);
  assert.deepEqual(readdirSync(dir), ['control.sock', 'file'], 'the private name is gone');
  await control.close();
  assert.deepEqual(readdirSync(dir), ['file']);
});

test('a socket that a dead process left is taken over, one that a process answers at is not, whoever it is', async (t) => {
  const dir = temporaryDirectory(t);
  const path = join(dir, 'control.sock');
  const child = childThat(path, 'setInterval(() => {}, 1000);');
  t.after(() => void child.process.kill('SIGKILL'));
  assert.equal(await child.line(), 'started');

  const busy = startControl({ path, target: fakeTarget() });
  await assert.rejects(busy, { code: 'E_CONTROL_BUSY', message: `process 77 answers at ${path}` });
  assert.equal((await ask(path, { command: 'status' })).pid, 77, 'it still answers');
  child.process.kill('SIGSTOP');
  await assert.rejects(startControl({ path, target: fakeTarget() }), { code: 'E_CONTROL_BUSY' });
  child.process.kill('SIGKILL');
  await child.ended;
  assert.ok(lstatSync(path).isSocket(), 'it was left behind');
  await assert.rejects(ask(path, { command: 'status' }), { code: 'E_CONTROL_NONE' });
  await started(t, { path });

  assert.equal((await ask(path, { command: 'status' })).pid, 4242);
  assert.deepEqual(readdirSync(dir), ['control.sock']);
});

test('of many that start over one stale socket, one gets it', async (t) => {
  const dir = temporaryDirectory(t);
  const path = join(dir, 'control.sock');
  const dead = childThat(path, 'process.kill(process.pid, "SIGKILL");');
  await dead.ended;
  assert.ok(existsSync(path));

  const starts = await Promise.allSettled(
    Array.from({ length: 12 }, () => startControl({ path, target: fakeTarget() })),
  );
  const winners = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const codes = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason.code] : []));
  const { pid } = await ask(path, { command: 'status' });
  await Promise.all(winners.map((each) => each.close()));

  assert.equal(winners.length, 1);
  assert.deepEqual(new Set(codes), new Set(['E_CONTROL_BUSY']));
  assert.equal(pid, 4242);
  assert.deepEqual(readdirSync(dir), []);
});

test('a lock that a dead process left is broken', async (t) => {
  const dir = temporaryDirectory(t);
  const path = join(dir, 'control.sock');
  await childThat(path, 'process.kill(process.pid, "SIGKILL");').ended;
  mkdirSync(`${path}.lock`);
  utimesSync(`${path}.lock`, 1, 1);

  await started(t, { path });

  assert.equal((await ask(path, { command: 'status' })).pid, 4242);
  assert.deepEqual(readdirSync(dir), ['control.sock']);
});

test('what is no socket is left as it is', async (t) => {
  const dir = temporaryDirectory(t);
  const file = join(dir, 'file');
  writeFileSync(file, 'precious');
  mkdirSync(join(dir, 'dir'));
  symlinkSync(file, join(dir, 'symlink'));

  for (const name of ['file', 'dir', 'symlink']) {
    await assert.rejects(startControl({ path: join(dir, name), target: fakeTarget() }), {
      code: 'E_CONTROL_LISTEN',
      message: /is no socket/,
    });
  }
  assert.deepEqual(readdirSync(dir), ['dir', 'file', 'symlink']);
});

test('closing removes the own socket and not what another process has put there', async (t) => {
  const path = join(temporaryDirectory(t), 'control.sock');
  const { control: first } = await started(t, { path });
  rmSync(path);
  const { control: second } = await started(t, { path });

  await first.close();
  const isThere = (await ask(path, { command: 'status' })).pid === 4242;
  await second.close();

  assert.ok(isThere);
  assert.ok(!existsSync(path));
});

test('where no socket can be made is said in one sentence, and a path that is too long', async (t) => {
  const dir = temporaryDirectory(t);
  const target = fakeTarget();

  await assert.rejects(startControl({ path: join(dir, 'no', 'control.sock'), target }), {
    code: 'E_CONTROL_LISTEN',
    message: /no control socket can be made in .*no: there is no such directory/,
  });
  const long = join(dir, 'x'.repeat(120));
  await assert.rejects(startControl({ path: long, target }), {
    code: 'E_CONTROL_PATH',
    message: /has \d{3} bytes, and a Unix socket takes 107 at most/,
  });
  await assert.rejects(ask(long, { command: 'status' }), { code: 'E_CONTROL_PATH' });
});

test('a long path is no hindrance where the way from the working directory is short', async (t) => {
  const dir = join(temporaryDirectory(t), 'y'.repeat(120));
  mkdirSync(dir);
  const before = process.cwd();
  process.chdir(dir);
  t.after(() => process.chdir(before));

  const { path, control } = await started(t, { path: join(dir, 'control.sock') });

  assert.equal((await ask(path, { command: 'status' })).pid, 4242);
  await control.close();
  assert.deepEqual(readdirSync(dir), []);
});
