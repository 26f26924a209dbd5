/** What a Pool with threads keeps while its number of slots changes. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { PoolOptions } from '../../src/pool/options.ts';
import type { Pool } from '../../src/ports/pool.ts';
import { batchOf, LIMITS, obedientTask, order, statuses } from '../helpers/batches.ts';
import { eventually } from '../helpers/eventually.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { workerThreads } from '../helpers/threads.ts';

const FIND = order('find', { found: 1 });

/** Runs the suite. */
export function resizeContract(create: (options: PoolOptions) => Promise<Pool>): void {
  function open(changes: Partial<PoolOptions> = {}): Promise<Pool> {
    return create({
      threads: 1,
      tasks: [obedientTask()],
      limits: LIMITS,
      heapMbMax: 64,
      startMs: 30_000,
      ...changes,
    });
  }

  it('batches of other slots go on undisturbed while it grows and shrinks', async () => {
    const pool = await open({ threads: 2 });
    const values = [order('pause', 100), FIND, order('pause', 100), FIND];

    const busy = [pool.run(0, batchOf(values)), pool.run(0, batchOf([FIND]))];
    await pool.resize(4);
    busy.push(pool.run(3, batchOf([FIND])));
    await busy.at(-1);
    await pool.resize(1);
    await Promise.all(busy);
    busy.push(pool.run(0, batchOf([FIND])));

    const outcomes = await Promise.all(busy);
    await pool.close();
    assert.deepEqual(new Set(outcomes.flatMap(statuses)), new Set(['done']));
  });

  it('there are as many threads as slots when it resolves, and none after close', async (test) => {
    const before = workerThreads();
    if (before === null) return test.skip('the system does not name threads');
    const pool = await open();
    const seen: number[] = [];

    for (const slots of [4, 4, 1]) {
      await pool.resize(slots);
      seen.push((workerThreads() ?? 0) - before);
    }
    await pool.close();

    assert.deepEqual(seen, [4, 4, 1]);
    assert.equal(workerThreads(), before);
  });

  it('a slot that cannot start leaves the old number, its batches and no thread', async (test) => {
    const analyzer = join(temporaryDirectory(test), 'analyzer.mjs');
    const [source, wrong] = ['export default () => undefined;', 'export default undefined;'];
    await writeFile(analyzer, source);
    const pool = await open({ tasks: [obedientTask({ analyzer })] });
    const threads = workerThreads();

    await writeFile(analyzer, wrong);
    await assert.rejects(pool.resize(3), { code: 'E_ANALYZER_LOAD' });
    const outcome = await pool.run(0, batchOf([FIND]));
    await eventually('the threads that failed end', () => workerThreads() === threads);
    const slots = pool.slots;
    await writeFile(analyzer, source);
    await pool.resize(3);

    await pool.close();
    assert.equal(slots, 1);
    assert.deepEqual(statuses(outcome), ['done']);
    assert.equal(pool.slots, 3);
  });

  it('two resizes at one time are refused, and the first one goes on', async () => {
    const pool = await open();
    const first = pool.resize(2);

    await assert.rejects(pool.resize(3), { code: 'E_ASSERT' });

    await first;
    assert.equal(pool.slots, 2);
    await pool.close();
  });

  it('a slot that goes and has a batch is refused', async () => {
    const pool = await open({ threads: 2 });
    const running = pool.run(1, batchOf([order('pause', 50)]));

    await assert.rejects(pool.resize(1), { code: 'E_ASSERT' });

    assert.deepEqual(statuses(await running), ['done']);
    assert.equal(pool.slots, 2);
    await pool.close();
  });

  it('close ends a resize that is under way, and the threads that it has begun', async () => {
    const before = workerThreads();
    const pool = await open();

    const resizing = assert.rejects(pool.resize(3), { code: 'E_POOL_FAILED' });
    await pool.close();

    await resizing;
    await eventually('the threads end', () => workerThreads() === before);
  });
}
