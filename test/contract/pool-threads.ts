/** What a Pool with threads keeps when they hang, die and are closed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { PoolOptions } from '../../src/pool/options.ts';
import type { Pool } from '../../src/ports/pool.ts';
import { analyzerPath, batchOf, codeOf, LIMITS, obedientTask, order, statuses } from '../helpers/batches.ts';

const FIND = order('find', { found: 1 });

/** Runs the suite. */
export function threadContract(create: (options: PoolOptions) => Promise<Pool>): void {
  const tasks = [obedientTask({ eventTimeoutMs: 200 }), obedientTask()];

  async function withPool<T>(use: (pool: Pool) => Promise<T>): Promise<T> {
    const pool = await create({ threads: 1, tasks, limits: LIMITS, heapMbMax: 64, startMs: 30_000 });
    try {
      return await use(pool);
    } finally {
      await pool.close();
    }
  }

  const deadly = [
    ['hangs in a loop', 'hang', 0, 'E_EVENT_TIMEOUT'],
    ['never settles', 'wait', 0, 'E_EVENT_TIMEOUT'],
    ['calls process.exit', 'exit', 1, 'E_EVENT_WORKER_DIED'],
    ['fills the heap', 'eat-memory', 1, 'E_EVENT_WORKER_DIED'],
  ] as const;

  for (const [what, word, task, code] of deadly) {
    it(`an analyzer that ${what} is blamed alone; its neighbours and the waiting batch come back unprocessed`, async () => {
      const [outcome, waiting, afterwards] = await withPool(async (pool) => {
        const first = pool.run(0, batchOf([FIND, FIND, order(word), FIND], { task }));
        const second = pool.run(0, batchOf([FIND, FIND], { task }));
        const both = await Promise.all([first, second]);
        return [...both, await pool.run(0, batchOf([FIND, FIND], { task }))] as const;
      });

      assert.deepEqual(statuses(outcome), ['unprocessed', 'unprocessed', 'suspect', 'unprocessed']);
      assert.equal(codeOf(outcome.results[2]), code);
      assert.deepEqual(statuses(waiting), ['unprocessed', 'unprocessed']);
      assert.deepEqual(statuses(afterwards), ['done', 'done']);
    });
  }

  it('a module that leaves a rejection behind while it loads is refused when the pool is made', async () => {
    const wrong = [obedientTask({ analyzer: analyzerPath('rejects-at-load.ts') })];

    const creating = create({ threads: 1, tasks: wrong, limits: LIMITS, heapMbMax: 64, startMs: 30_000 });

    await assert.rejects(creating, { code: 'E_POOL_FAILED', message: /left behind/ });
  });

  it('the other slots do not notice that a thread ends', async () => {
    const pool = await create({ threads: 2, tasks, limits: LIMITS, heapMbMax: 64, startMs: 30_000 });

    const [first, second] = await Promise.all([
      pool.run(0, batchOf([order('exit')])),
      pool.run(1, batchOf([order('pause', 100), FIND], { task: 1 })),
    ]);
    await pool.close();

    assert.deepEqual(statuses(first), ['suspect']);
    assert.deepEqual(statuses(second), ['done', 'done']);
  });

  it('a rejection behind the analyzer’s back is a failure of its own delivery', async () => {
    const outcome = await withPool((pool) =>
      pool.run(
        0,
        batchOf([FIND, order('reject-late', 'oops'), FIND, FIND], { keys: ['a', 'b', 'c', 'b'], task: 1 }),
      ),
    );

    assert.deepEqual(statuses(outcome), ['done', 'failed', 'done', 'unprocessed']);
    assert.equal(codeOf(outcome.results[1]), 'E_EVENT_ANALYZE');
  });

  it('a callback that throws is a failure of its own delivery', async () => {
    const outcome = await withPool((pool) =>
      pool.run(0, batchOf([FIND, order('throw-in-callback', 'oops'), FIND], { task: 1 })),
    );

    assert.deepEqual(statuses(outcome), ['done', 'failed', 'done']);
  });

  it('a rejection after its batch is logged, with the delivery that it came from', async () => {
    const outcome = await withPool(async (pool) => {
      await pool.run(0, batchOf([order('reject-after-batch', 'oops')], { task: 1 }));
      return pool.run(0, batchOf([order('pause', 60)], { task: 1 }));
    });

    assert.deepEqual(statuses(outcome), ['done']);
    assert.match(String(outcome.logs[0]?.message ?? 'no line'), /app\.perf:3:100.*oops/);
  });

  it('close gives what is in hand back unprocessed', async () => {
    const outcomes = await withPool(async (pool) => {
      const running = [
        pool.run(0, batchOf([order('wait'), FIND], { task: 1 })),
        pool.run(0, batchOf([FIND])),
      ];
      await pool.close();
      return Promise.all(running);
    });

    assert.deepEqual(outcomes.map(statuses), [['unprocessed', 'unprocessed'], ['unprocessed']]);
  });
}
