import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { createPiscinaPool } from '../../src/pool/piscina.ts';
import { batchOf, LIMITS, obedientTask, order, statuses } from '../helpers/batches.ts';

const EVENT_TIMEOUT_MS = 500;

describe('the watchdog of the pool', () => {
  it('blames nobody for a main thread that stood still', async () => {
    const tasks = [obedientTask({ eventTimeoutMs: EVENT_TIMEOUT_MS })];
    const pool = await createPiscinaPool({
      threads: 1,
      tasks,
      limits: LIMITS,
      heapMbMax: 64,
      startMs: 30_000,
    });
    const running = pool.run(0, batchOf([order('pause', 50), order('pause', 50), order('find', {})]));

    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * EVENT_TIMEOUT_MS);

    const outcome = await running;
    await pool.close();
    assert.deepEqual(statuses(outcome), ['done', 'done', 'done']);
  });

  it(
    'blames nobody for a process that was stopped and continued',
    { skip: process.platform === 'win32' },
    async () => {
      const script = fileURLToPath(new URL('../fixtures/pool-stopped.ts', import.meta.url));
      const child = spawn(process.execPath, [script, String(EVENT_TIMEOUT_MS)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.stdout.setEncoding('utf8');
      const output: string[] = [];
      child.stdout.on('data', (text: string) => output.push(text));
      await once(child.stdout, 'data');

      child.kill('SIGSTOP');
      setTimeout(() => child.kill('SIGCONT'), 3 * EVENT_TIMEOUT_MS);
      await once(child, 'close');

      assert.equal(output.join(''), 'running\ndone,done,done,done\n');
    },
  );
});
