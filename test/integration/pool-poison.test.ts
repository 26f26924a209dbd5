import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Batch, DeliveryResult, Outcome } from '../../src/model/batch.ts';
import type { PoolOptions } from '../../src/pool/options.ts';
import { createPiscinaPool } from '../../src/pool/piscina.ts';
import type { Pool } from '../../src/ports/pool.ts';
import {
  analyzerPath,
  batchOf,
  codeOf,
  findingsOf,
  LIMITS,
  obedientTask,
  order,
  statuses,
} from '../helpers/batches.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { workerThreads } from '../helpers/threads.ts';

/** The first task gives up on a delivery soon, the second one late. */
const [SOON, LATE] = [0, 1];
/** Time enough to start on a busy machine. */
const START_MS = 5_000;
const GOOD = order('good');
const ANALYZER = analyzerPath('poison.ts');

/** Stuck until the test ends. */
function stuck(word: string, test: TestContext): string {
  return order(word, 50, { dimensions: { scene: temporaryDirectory(test) } });
}

async function withPool<T>(use: (pool: Pool) => Promise<T>, changes: Partial<PoolOptions> = {}): Promise<T> {
  const tasks = [1_000, 20_000].map((eventTimeoutMs) => obedientTask({ analyzer: ANALYZER, eventTimeoutMs }));
  const options = { threads: 1, tasks, limits: LIMITS, heapMbMax: 32, startMs: 20_000 };
  const pool = await createPiscinaPool({ ...options, ...changes });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

function codes(results: readonly DeliveryResult[]): (string | undefined)[] {
  return results.map(codeOf);
}

function alone(value: string, task: number): Batch {
  return batchOf([value], { task, alone: true });
}

function given({ results }: Outcome): unknown[] {
  return results.flatMap(findingsOf).map((finding) => finding['given']);
}

describe('poison', () => {
  const deadly = [
    ['regexp', SOON, 'E_EVENT_TIMEOUT'],
    ['atomics-wait', SOON, 'E_EVENT_TIMEOUT'],
    ['never-calls-back', SOON, 'E_EVENT_TIMEOUT'],
    ['endless-microtasks', SOON, 'E_EVENT_TIMEOUT'],
    ['loops-while-encoded', SOON, 'E_EVENT_TIMEOUT'],
    ['exit-in-callback', LATE, 'E_EVENT_WORKER_DIED'],
    ['heap-of-strings', LATE, 'E_EVENT_WORKER_DIED'],
    ['heap-of-promises', LATE, 'E_EVENT_WORKER_DIED'],
  ] as const;

  it('each that hangs or ends its thread is blamed alone, with its code, by one pool', async () => {
    await withPool(async (pool) => {
      for (const [word, task, code] of deadly) {
        const first = pool.run(0, batchOf([GOOD, order(word), GOOD], { task }));
        const [outcome, waiting] = await Promise.all([first, pool.run(0, batchOf([GOOD], { task }))]);

        assert.deepEqual(statuses(outcome), ['unprocessed', 'suspect', 'unprocessed'], word);
        assert.deepEqual(codes(outcome.results), [undefined, code, undefined], word);
        assert.deepEqual(statuses(waiting), ['unprocessed'], word);
      }
    });
  });

  it('each that only fails is a failure of its own, in one thread that goes on', async () => {
    const rows = [
      ['throws-undefined', 'E_EVENT_ANALYZE'],
      ['throws-symbol', 'E_EVENT_ANALYZE'],
      ['throws-frozen', 'E_EVENT_ANALYZE'],
      ['throws-trap', 'E_EVENT_ANALYZE'],
      ['throws-message-getter', 'E_EVENT_ANALYZE'],
      ['rejects-undefined', 'E_EVENT_ANALYZE'],
      ['throws-in-then', 'E_EVENT_ANALYZE'],
      ['recursion', 'E_EVENT_ANALYZE'],
      ['returns-symbol', 'E_FINDING_ENCODE'],
      ['returns-function', 'E_FINDING_ENCODE'],
      ['returns-getter', 'E_FINDING_ENCODE'],
      ['returns-trap', 'E_EVENT_ANALYZE'],
      ['returns-field-trap', 'E_FINDING_ENCODE'],
      ['returns-map', 'E_FINDING_ENCODE'],
      ['returns-list-with-cycle', 'E_FINDING_ENCODE'],
      ['returns-too-many', 'E_FINDING_TOO_LARGE'],
    ] as const;

    const outcome = await withPool((pool) =>
      pool.run(
        0,
        batchOf(
          rows.flatMap(([word]) => [order(word), GOOD]),
          { task: LATE },
        ),
      ),
    );

    const failed = outcome.results.filter((_, index) => index % 2 === 0);
    assert.deepEqual(
      codes(failed),
      rows.map(([, code]) => code),
    );
    assert.deepEqual(
      given(outcome),
      rows.map((_, index) => 2 * index + 2),
    );
  });

  it('what is left behind ends with the pool, and does no harm before', async () => {
    const before = workerThreads();

    const outcomes = await withPool(async (pool) => {
      const words = [order('leaves-handles'), order('throws-again-and-again', 1), order('rejects-later', 1)];
      const first = await pool.run(0, batchOf([...words, GOOD], { task: LATE }));
      return [first, await pool.run(0, batchOf([order('pause', 50), GOOD], { task: LATE }))];
    });

    assert.deepEqual(outcomes.map(statuses), [
      ['done', 'done', 'done', 'done'],
      ['done', 'done'],
    ]);
    assert.equal(workerThreads(), before);
  });

  it('a flood of log lines is bounded', async () => {
    const outcome = await withPool((pool) =>
      pool.run(0, batchOf([order('floods-the-log', 20_000)], { task: LATE })),
    );

    assert.deepEqual(statuses(outcome), ['done']);
    assert.equal(outcome.logs.length, 101);
    assert.ok(outcome.logs.every(({ message }) => message.length <= 1_000));
  });

  it('buffers are not heap: heapMbMax does not bound them', async () => {
    const outcome = await withPool((pool) =>
      pool.run(0, batchOf([order('buffers-of-a-megabyte', 100)], { task: LATE })),
    );

    assert.deepEqual(findingsOf(outcome.results[0])[0]?.['bytes'], 100 * 2 ** 20);
  });
});

describe('poison that strikes later', () => {
  it('who has the thread end later is blamed, not who was in hand then', async () => {
    const outcome = await withPool((pool) =>
      pool.run(0, batchOf([GOOD, order('exits-later', 5), order('pause', 5_000)], { task: LATE })),
    );

    assert.deepEqual(statuses(outcome), ['unprocessed', 'suspect', 'unprocessed']);
    assert.equal(codeOf(outcome.results[1]), 'E_EVENT_WORKER_DIED');
  });

  it('nobody is blamed when its own batch is over', async () => {
    const outcomes = await withPool(async (pool) => [
      await pool.run(0, batchOf([order('exits-later', 20)], { task: LATE })),
      await pool.run(0, batchOf([order('pause', 5_000), GOOD], { task: LATE })),
      await pool.run(0, batchOf([GOOD], { task: LATE })),
    ]);

    assert.deepEqual(outcomes.map(statuses), [['done'], ['unprocessed', 'unprocessed'], ['done']]);
  });

  it('a loop that begins between two batches ends the thread and blames nobody', async () => {
    const outcomes = await withPool(async (pool) => {
      const left = await pool.run(0, batchOf([order('loops-later', 50)], { task: SOON }));
      await setTimeout(100);
      return [left, await pool.run(0, batchOf([GOOD], { task: SOON })), await pool.run(0, batchOf([GOOD]))];
    });

    assert.deepEqual(outcomes.map(statuses), [['done'], ['unprocessed'], ['done']]);
  });

  it('a suspect that runs alone has a thread of its own: what others left behind does not touch it', async () => {
    const outcomes = await withPool(async (pool) => {
      const left = pool.run(0, batchOf([GOOD, order('exits-later', 30)], { task: LATE }));
      const innocent = pool.run(0, alone(order('pause', 100), LATE));
      return [await left, await innocent, await pool.run(0, batchOf([GOOD, GOOD], { task: LATE }))];
    });

    assert.deepEqual(outcomes.map(statuses), [['done', 'done'], ['done'], ['done', 'done']]);
    assert.deepEqual(outcomes.map(given), [[1], [undefined], [2, 3]]);
  });

  it('a fresh thread is not renewed for a suspect', async () => {
    const outcomes = await withPool(async (pool) => {
      const first = pool.run(0, alone(GOOD, LATE));
      const behind = pool.run(0, batchOf([GOOD], { task: LATE }));
      return [await first, await behind, await pool.run(0, alone(GOOD, LATE))];
    });

    assert.deepEqual(outcomes.map(given), [[1], [2], [1]]);
  });
});

describe('a thread that cannot be ended', () => {
  it('fails its slot, and close, with a code when it does not end within startMs; the other slots go on', async (test) => {
    const tasks = [obedientTask({ analyzer: ANALYZER, eventTimeoutMs: 400 })];
    const pool = await createPiscinaPool({
      threads: 2,
      tasks,
      limits: LIMITS,
      heapMbMax: 32,
      startMs: START_MS,
    });
    const overdue = { code: 'E_POOL_FAILED', message: /did not end within 5000 ms/ };

    await assert.rejects(pool.run(0, batchOf([stuck('cannot-be-ended', test)])), overdue);

    await assert.rejects(pool.run(0, batchOf([GOOD])), { code: 'E_POOL_FAILED' });
    assert.deepEqual(statuses(await pool.run(1, batchOf([GOOD]))), ['done']);
    await assert.rejects(pool.close(), overdue);
  });

  it('leaves the pool when it is resized away, which says so', async (test) => {
    const tasks = [obedientTask({ analyzer: ANALYZER })];
    const pool = await createPiscinaPool({
      threads: 2,
      tasks,
      limits: LIMITS,
      heapMbMax: 32,
      startMs: START_MS,
    });
    await pool.run(1, batchOf([stuck('is-stuck-later', test)]));
    await setTimeout(200);

    await assert.rejects(pool.resize(1), { code: 'E_POOL_FAILED', message: /did not end within 5000 ms/ });

    assert.equal(pool.slots, 1);
    assert.deepEqual(statuses(await pool.run(0, batchOf([GOOD]))), ['done']);
    await pool.close();
  });
});
