import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { isAlive, thisHolder } from '../../../../src/transport/log/holder.ts';

test('this process is alive', () => {
  assert.ok(isAlive(thisHolder('token')));
});

test('a process that has ended is not alive', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  const { pid = 0 } = child;
  await once(child, 'exit');

  assert.ok(!isAlive({ pid, startedTicks: 0, token: '' }));
  assert.ok(!isAlive({ pid, startedTicks: 12345, token: '' }));
});

test(
  'another process that got the same id is not taken for the holder',
  { skip: !existsSync('/proc/self/stat') },
  () => {
    const { startedTicks, ...holder } = thisHolder('token');

    assert.ok(startedTicks > 0);
    assert.ok(!isAlive({ ...holder, startedTicks: startedTicks - 1 }));
  },
);
