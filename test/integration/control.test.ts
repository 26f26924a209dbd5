/** The control socket for real: its file, its limits, its ends, and clients that do not behave. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { askControl } from '../../src/control/client.ts';
import { requestLine } from '../../src/control/protocol.ts';
import { EngineError } from '../../src/model/errors.ts';
import { aStatus, fakeTarget } from '../helpers/control.ts';
import { eventually, within } from '../helpers/eventually.ts';
import { temporaryDirectory, type TestEnd } from '../helpers/temporary.ts';
import { ask, childThat, started } from './control-support.ts';

async function connected(test: TestEnd, path: string): Promise<Socket> {
  const socket = createConnection({ path, allowHalfOpen: true });
  socket.on('error', () => undefined);
  test.after(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** The answer to raw bytes; the sending side stays open unless `end`. */
async function rawAnswer(test: TestEnd, path: string, bytes: string | Buffer, end = false) {
  const socket = await connected(test, path);
  if (end) socket.end(bytes);
  else socket.write(bytes);
  const answer = JSON.parse(await within('an answer', text(socket))) as { error?: { code: string } };
  socket.destroy();
  return answer.error?.code ?? 'ok';
}

test('every command is answered', async (t) => {
  const { path, target } = await started(t);

  const status = await ask(path, { command: 'status' });
  const waits = await ask(path, { command: 'waits' });
  const why = await ask(path, { command: 'why', topic: 'app-crash', partition: 1 });
  const unknown = await ask(path, { command: 'why', topic: 'app-crash', partition: 9 });
  const scaled = await ask(path, { command: 'scale', threads: 7 });
  const draining = ask(path, { command: 'drain' });
  await eventually('the drain', () => target.asked.length > 0);
  const meanwhile = await ask(path, { command: 'status' });
  const stopping = ask(path, { command: 'stop' });
  await eventually('the stop', () => target.asked.length > 1);
  target.ending.resolve({ unfinished: 3, stopped: [] });

  assert.deepEqual(status, aStatus());
  assert.equal(waits.held, 2);
  assert.equal(why[0]?.holder?.ageMs, 1001);
  assert.deepEqual(unknown, []);
  assert.deepEqual(scaled, { before: 2, after: 7 });
  assert.equal(meanwhile.threads, 7);
  assert.deepEqual(await draining, { unfinished: 3, stopped: [] });
  assert.deepEqual(await stopping, { unfinished: 3, stopped: [] });
  assert.deepEqual(target.asked, ['drain: faultline drain', 'stop: faultline stop']);
});

test('an error of what is asked comes with its code; the next one is answered', async (t) => {
  const target = {
    ...fakeTarget(),
    scale: () => Promise.reject(new EngineError('E_POOL_FAILED', 'no memory')),
    why: () => {
      throw new TypeError('x is not y');
    },
  };
  const { path } = await started(t, { target });

  await assert.rejects(ask(path, { command: 'scale', threads: 2 }), {
    code: 'E_POOL_FAILED',
    message: 'no memory',
  });
  await assert.rejects(ask(path, { command: 'why', topic: 'a', partition: 0 }), { code: 'E_CONTROL_FAILED' });
  assert.equal((await ask(path, { command: 'status' })).pid, 4242);
});

test('rubbish, half a line, too much and too slow: each has its answer, and others theirs', async (t) => {
  const { path } = await started(t, { limits: { requestMs: 50 } });
  const status = requestLine({ command: 'status' });

  const codes = {
    rubbish: await rawAnswer(t, path, Buffer.from([0, 255, 254, 10])),
    http: await rawAnswer(t, path, 'GET / HTTP/1.1\r\n\r\n'),
    half: await rawAnswer(t, path, status.slice(0, 10), true),
    tooLong: await rawAnswer(t, path, 'x'.repeat(1_000_000)),
    late: await rawAnswer(t, path, status.slice(0, 10)),
    silent: await rawAnswer(t, path, ''),
    good: await rawAnswer(t, path, status),
    goodAndEnd: await rawAnswer(t, path, status, true),
    twice: await rawAnswer(t, path, status + status),
  };

  assert.deepEqual(codes, {
    rubbish: 'E_CONTROL_REQUEST',
    http: 'E_CONTROL_REQUEST',
    half: 'E_CONTROL_REQUEST',
    tooLong: 'E_CONTROL_LIMIT',
    late: 'E_CONTROL_LIMIT',
    silent: 'E_CONTROL_LIMIT',
    good: 'ok',
    goodAndEnd: 'ok',
    twice: 'ok',
  });
});

test('a request that is too long is refused before its end, one in pieces is put together', async (t) => {
  const { path } = await started(t);
  const long = await connected(t, path);
  const pieces = await connected(t, path);

  long.write('x'.repeat(20_000));
  const refusal = await within('the refusal', text(long));
  for (const piece of requestLine({ command: 'status' })) {
    pieces.write(piece);
    await new Promise(setImmediate);
  }
  const answer = await within('the answer', text(pieces));

  assert.match(refusal, /"E_CONTROL_LIMIT","message":"the request has more than 16384 bytes"/);
  assert.match(answer, /^\{"ok":true,/);
});

test('who leaves before the answer does no harm', async (t) => {
  const many = Array.from({ length: 20_000 }, () => aStatus().partitions).flat();
  const { path } = await started(t, { target: fakeTarget(() => aStatus({ partitions: many })) });

  for (let count = 0; count < 5; count += 1) {
    const hasty = await connected(t, path);
    hasty.write(requestLine({ command: 'status' }));
    hasty.once('data', () => hasty.destroy());
    await once(hasty, 'close');
  }

  assert.equal((await ask(path, { command: 'status' })).partitions.length, many.length);
});

test('one connection too many is refused in words, and there is room again after', async (t) => {
  const { path } = await started(t, { limits: { connectionsMax: 2 } });
  const held = [await connected(t, path), await connected(t, path)];
  await eventually('the limit', async () => {
    const refusal = await ask(path, { command: 'status' }).catch((error: EngineError) => error.code);
    return refusal === 'E_CONTROL_LIMIT';
  });

  for (const socket of held) socket.destroy();

  const { pid } = await eventually('room', () => ask(path, { command: 'status' }).catch(() => null));
  assert.equal(pid, 4242);
});

test('who never reads is let go, and holds up neither others nor the end', async (t) => {
  const many = Array.from({ length: 20_000 }, () => aStatus().partitions).flat();
  const target = fakeTarget(() => aStatus({ partitions: many }));
  const { path, control } = await started(t, { target, limits: { answerMs: 50, closeMs: 50 } });
  const deaf = await connected(t, path);
  deaf.pause();
  deaf.write(requestLine({ command: 'status' }));
  const { partitions } = await ask(path, { command: 'status' });

  await eventually('its end', () => isGone(deaf));
  await within('the close', control.close());

  assert.equal(partitions.length, many.length);
});

/** A peer that has gone is seen by writing to it. */
function isGone(socket: Socket): boolean {
  socket.write('\n');
  return socket.errored !== null;
}

test('what was asked for before the end is answered, what never ends is not waited for', async (t) => {
  const { path, target, control } = await started(t);
  const drained = ask(path, { command: 'drain' });
  await eventually('the drain', () => target.asked.length === 1);
  target.ending.resolve({ unfinished: 0, stopped: [] });
  const idle = await connected(t, path);
  await ask(path, { command: 'status' }); // so the one before it is accepted too
  await within('the close', control.close());

  const stuck = await started(t, { limits: { closeMs: 20 } });
  const lost = ask(stuck.path, { command: 'drain' });
  lost.catch(() => undefined);
  await eventually('the drain', () => stuck.target.asked.length === 1);
  await within('the close', stuck.control.close());

  assert.deepEqual(await drained, { unfinished: 0, stopped: [] });
  await eventually('the end of an idle connection', () => idle.readableEnded);
  await assert.rejects(lost, { code: 'E_CONTROL_LOST' });
  await assert.rejects(ask(path, { command: 'status' }), { code: 'E_CONTROL_NONE' });
});

test('a listening socket and an open connection keep no process alive, and its end is in order', async (t) => {
  const path = join(temporaryDirectory(t), 'control.sock');
  const child = childThat(path, 'process.stdin.once("data", () => process.stdin.destroy());');
  t.after(() => void child.process.kill('SIGKILL'));
  await child.line();
  await connected(t, path);
  child.process.stdin.write('go\n');
  const bare = await within('the end of the process', child.ended);

  const orderly = childThat(path, 'await control.close(); console.log("closed");');
  const lines = [await orderly.line(), await orderly.line()];

  assert.deepEqual(bare, { code: 0, signal: null });
  assert.deepEqual(lines, ['started', 'closed']);
  assert.deepEqual(await orderly.ended, { code: 0, signal: null });
  assert.ok(!existsSync(path));
});

test('the answer to drain is there though the process ends right after', async (t) => {
  const path = join(temporaryDirectory(t), 'control.sock');
  const child = childThat(
    path,
    'const busy = setInterval(() => {}, 1000); await begun; clearInterval(busy); await control.close();',
  );
  t.after(() => void child.process.kill('SIGKILL'));
  await child.line();

  assert.deepEqual(await ask(path, { command: 'drain' }), { unfinished: 5, stopped: [] });
  assert.deepEqual(await child.ended, { code: 0, signal: null });
});

test('nobody, no right, no answer: each has its code', { skip: process.platform === 'win32' }, async (t) => {
  const dir = temporaryDirectory(t);
  const silent = createServer(() => undefined).listen(join(dir, 'silent'));
  const rude = createServer((socket) => void socket.destroy()).listen(join(dir, 'rude'));
  const other = createServer((socket) => void socket.end('220 mail\n')).listen(join(dir, 'other'));
  t.after(() => void [silent, rude, other].map((server) => server.close()));
  await Promise.all([silent, rude, other].map((server) => once(server, 'listening')));
  writeFileSync(join(dir, 'file'), '');
  const { path } = await started(t, { path: join(dir, 'own') });
  chmodSync(path, 0);
  const codeOf = (name: string, timeoutMs = 20_000) =>
    askControl({ command: 'status' }, { path: join(dir, name), timeoutMs }).then(
      () => 'ok',
      (error: EngineError) => error.code,
    );

  assert.equal(await codeOf('nothing'), 'E_CONTROL_NONE');
  assert.equal(await codeOf('file'), 'E_CONTROL_NONE');
  assert.equal(await codeOf('silent', 30), 'E_CONTROL_TIMEOUT');
  assert.equal(await codeOf('rude'), 'E_CONTROL_LOST');
  assert.equal(await codeOf('other'), 'E_CONTROL_LOST');
  assert.equal(await codeOf('own'), process.getuid?.() === 0 ? 'ok' : 'E_CONTROL_NONE');
});
