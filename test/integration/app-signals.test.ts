/** A signal that comes while a run is still being opened. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { fill, lagOf } from '../e2e/support.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';

const EVENT = { key: 'k', value: '{"category":"PERF_CRASH","profile_data":"x"}' };

test('a signal before anything is open is an ordered exit too, without a delivery taken, and leaves no listener', async (t) => {
  const data = join(temporaryDirectory(t), 'log');
  await fill(data, { 'app-crash': [EVENT] });
  const terminal = fakeTerminal();
  const listeners = process.listenerCount('SIGTERM');

  const run = main(['run', '--until-idle', '--threads', '1', '--data', data], terminal, {});
  process.emit('SIGTERM', 'SIGTERM');
  const code = await run;

  assert.equal(code, 0, terminal.err());
  assert.match(terminal.out(), /^consumed {3}0 deliveries = /);
  assert.match(terminal.err(), /"reason":"SIGTERM"/);
  // Where the group begins may have been stored; nothing beyond it.
  assert.equal((await lagOf(data)).committed, 0);
  assert.equal(process.listenerCount('SIGTERM'), listeners);
});

test('a run that cannot be opened leaves no listener', async (t) => {
  const nowhere = join(temporaryDirectory(t), 'no', 'summary.json');
  const listeners = process.listenerCount('SIGINT');

  const code = await main(['run', '--summary', nowhere], fakeTerminal(), {});

  assert.equal(code, 3);
  assert.equal(process.listenerCount('SIGINT'), listeners);
});
