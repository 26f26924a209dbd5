/** A real run, asked and steered by the commands, as an operator does. */
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { askControl } from '../../src/control/client.ts';
import type { StatusAnswer } from '../../src/control/protocol.ts';
import { analyzerPath, order } from '../helpers/batches.ts';
import { faultline } from '../helpers/command.ts';
import { eventually } from '../helpers/eventually.ts';
import { temporaryDirectory, type TestEnd } from '../helpers/temporary.ts';
import { running, type Running } from './running.ts';
import { countOf, fill, lagOf } from './support.ts';

const FOREVER_MS = 600_000;

/** A log, and a config whose one task does what its events say. */
function prepared(test: TestEnd) {
  const dir = temporaryDirectory(test);
  const log = join(dir, 'log');
  const config = join(dir, 'faultline.yaml');
  writeFileSync(
    config,
    `
system: { data: ./log, threads: 2, logging: { level: trace }, shutdown: { drainMs: 60000 } }
tasks:
  one: { topics: ^one$, analyzer: ${analyzerPath('obedient.ts')}, eventTimeoutMs: ${FOREVER_MS} }
`,
  );
  return { log, config, socket: join(log, 'control.sock') };
}

function pause(key: string, ms: number) {
  return { key, value: order('pause', ms) };
}

async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, out, err } = await faultline(...args, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}

async function startedRun(test: TestEnd, config: string, ...flags: readonly string[]): Promise<Running> {
  const run = running(test, 'run', '--config', config, ...flags);
  await run.logged('dispatched');
  return run;
}

test('status, why and scale tell of and change the process that runs; drain waits for its work and its end', async (t) => {
  const { log, config, socket } = prepared(t);
  await fill(log, { one: [pause('a', 4000), pause('a', 1), pause('b', 1)] });
  const run = await startedRun(t, config);

  const { mode } = statSync(socket);
  // Without a process for each question, while the first delivery is at work.
  const asked = { path: socket, timeoutMs: 20_000 };
  const [why] = await askControl({ command: 'why', topic: 'one', partition: 0 }, asked);
  const waits = await askControl({ command: 'waits' }, asked);
  const status = await json<StatusAnswer>('status', '--config', config);
  const scaled = await faultline('scale', '--threads', '3', '--data', log);
  const after = await json<StatusAnswer>('status', '--control', socket);
  const drained = await faultline('drain', '--config', config);
  const ended = await run.end();

  assert.equal(mode & 0o777, 0o600);
  assert.equal(status.pid, run.pid);
  assert.equal(status.state, 'running');
  assert.deepEqual([why?.holder?.offset, why?.holder?.key, why?.holder?.where], [0, 'a', 'pool']);
  assert.match(why?.sentence ?? '', /\b0\b/);
  assert.equal(waits.longest[0]?.holder?.offset, 0);
  assert.equal(scaled.out, '3 threads, before 2\n');
  assert.equal(after.threads, 3);
  assert.equal(drained.code, 0, drained.err);
  assert.equal(
    drained.out,
    `process ${run.pid} has ended; all that it had in hand is finished and committed\n`,
  );
  assert.equal(ended.code, 0, ended.err);
  assert.equal(await countOf(log, 'faultline-findings'), 3);
  assert.deepEqual(await lagOf(log), { lag: 0, committed: 3 });
  assert.ok(!existsSync(socket), 'the socket went with the process');
});

test('while it drains a third party gets the status; stop ends it without waiting, and nothing is lost', async (t) => {
  const { log, config } = prepared(t);
  await fill(log, { one: [pause('a', 1), pause('b', FOREVER_MS), pause('b', 1)] });
  const run = await startedRun(t, config);
  await eventually('the first finding', async () => (await countOf(log, 'faultline-findings')) === 1);

  const draining = faultline('drain', '--config', config);
  const meanwhile = await eventually('draining', async () => {
    const status = await json<StatusAnswer>('status', '--config', config);
    return status.state === 'draining' ? status : null;
  });
  const stopped = await faultline('stop', '--config', config);
  const drained = await draining;
  const ended = await run.end();

  assert.equal(meanwhile.pid, run.pid);
  assert.match(meanwhile.reason ?? '', /drain/);
  assert.equal(stopped.code, 0, stopped.err);
  assert.match(stopped.out, /2 deliveries in hand will come again\n$/);
  assert.equal(drained.code, 1);
  assert.match(drained.err, /with 2 deliveries unfinished; not committed\n.*E_DRAIN_DEADLINE/);
  assert.notEqual(ended.signal, 'SIGKILL');
  assert.deepEqual(await lagOf(log), { lag: 2, committed: 1 });
});

test('a stopped process is told from one that is not there, and a killed one leaves a socket that the next takes over', async (t) => {
  const { log, config, socket } = prepared(t);
  await fill(log, { one: [pause('a', FOREVER_MS)] });
  const run = await startedRun(t, config);

  run.kill('SIGSTOP');
  const silent = await faultline('status', '--config', config, '--timeout-ms', '500');
  const undrained = await faultline('drain', '--config', config, '--timeout-ms', '500');
  run.kill('SIGCONT');
  const awake = await json<StatusAnswer>('status', '--config', config);
  run.kill('SIGKILL');
  await run.end();
  const left = existsSync(socket);
  const nobody = await faultline('status', '--config', config);
  const next = await startedRun(t, config);
  const status = await json<StatusAnswer>('status', '--config', config);

  assert.equal(silent.code, 3);
  assert.match(silent.err, /E_CONTROL_TIMEOUT/);
  assert.equal(undrained.code, 3);
  assert.equal(awake.state, 'running', 'the drain that was given up is not done later');
  assert.ok(left);
  assert.equal(nobody.code, 3);
  assert.match(nobody.err, /E_CONTROL_NONE/);
  assert.equal(status.pid, next.pid);
});

test('a second process at the same socket is refused by name, and the first goes on', async (t) => {
  const { log, config } = prepared(t);
  await fill(log, { one: [pause('a', FOREVER_MS)] });
  const run = await startedRun(t, config);

  const socket = join(log, 'control.sock');
  const second = await faultline('run', '--config', config, '--group', 'other', '--control', socket);
  const status = await json<StatusAnswer>('status', '--config', config);

  assert.equal(second.code, 3);
  assert.match(second.err, new RegExp(`process ${run.pid} answers at .*control\\.sock\n.*E_CONTROL_BUSY`));
  assert.equal(status.pid, run.pid);
});
