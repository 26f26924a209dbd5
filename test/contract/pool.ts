/** What every Pool keeps. Flags name what one of them cannot do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolOptions } from '../../src/pool/options.ts';
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
import { resizeContract } from './pool-resize.ts';
import { threadContract } from './pool-threads.ts';

/** An implementation under test. */
export interface PoolUnderTest {
  readonly create: (options: PoolOptions) => Promise<Pool>;
  /** Has threads that can hang and die without the caller. */
  readonly threads: boolean;
}

const FIND = order('find', { found: 1 });

/** Runs the suite. */
export function poolContract(name: string, { create, threads }: PoolUnderTest): void {
  async function withPool<T>(changes: Partial<PoolOptions>, use: (pool: Pool) => Promise<T>): Promise<T> {
    const pool = await create({
      threads: 1,
      tasks: [obedientTask()],
      limits: LIMITS,
      heapMbMax: 64,
      startMs: 30_000,
      ...changes,
    });
    try {
      return await use(pool);
    } finally {
      await pool.close();
    }
  }

  function run(values: Parameters<typeof batchOf>[0], options?: Parameters<typeof batchOf>[1]) {
    return withPool({}, (pool) => pool.run(0, batchOf(values, options)));
  }

  describe(`pool contract: ${name}`, () => {
    it('results stand in the order of the deliveries', async () => {
      const values = [1, 2, 3, 4].map((found) => order('find', { found }));

      const outcome = await run(values);

      const found = outcome.results.flatMap((result) =>
        findingsOf(result).map((finding) => finding['found']),
      );
      assert.deepEqual(found, [1, 2, 3, 4]);
    });

    it('a batch of one delivery without findings is done', async () => {
      const outcome = await run([order('nothing')]);

      assert.deepEqual(outcome.results, [{ status: 'done', findings: [] }]);
    });

    it('a finding carries the envelope of its event and the identity of its analyzer', async () => {
      const dimensions = { app_id: 'shop', app_version: '4.2', platform: 'android', scene: 'pay' };
      const outcome = await run([
        order('find', { kind: 'test' }, { dimensions, timestamp: '2026-11-20T08:15:30.123Z' }),
      ]);

      assert.deepEqual(findingsOf(outcome.results[0]), [
        {
          schema: 1,
          id: 'id-find',
          category: 'TEST',
          timestamp: '2026-11-20T08:15:30.123Z',
          app: { id: 'shop', version: '4.2' },
          platform: 'android',
          scene: 'pay',
          source: { topic: 'app.perf', partition: 3, offset: 100 },
          analyzer: { name: 'obedient', version: '1.2.3' },
          kind: 'test',
        },
      ]);
    });

    it('each kind of bad input harms itself alone, with its code', async () => {
      const rows: readonly (readonly [Uint8Array | string | null, string])[] = [
        ['{"id":', 'E_EVENT_UNMARSHAL'],
        ['', 'E_EVENT_UNMARSHAL'],
        [null, 'E_EVENT_UNMARSHAL'],
        ['[1]', 'E_EVENT_UNMARSHAL'],
        [Buffer.from([0xc1, 0xff, 0x00, 0x9f]), 'E_EVENT_UNMARSHAL'],
        ['{"profile_data":"x"}', 'E_EVENT_SCHEMA'],
        ['{"category":"TEST"}', 'E_EVENT_SCHEMA'],
        ['{"category":7,"profile_data":"x"}', 'E_EVENT_SCHEMA'],
        [Buffer.alloc(10 * 2 ** 20, 'a'), 'E_EVENT_TOO_LARGE'],
        [order('throw', 'no'), 'E_EVENT_ANALYZE'],
        [order('reject', 'no'), 'E_EVENT_ANALYZE'],
        [order('throw-string', 'no'), 'E_EVENT_ANALYZE'],
        [order('throw-string', null), 'E_EVENT_ANALYZE'],
        [order('throw-trap'), 'E_EVENT_ANALYZE'],
        [order('dead-letter', 'unwanted'), 'E_EVENT_REJECTED'],
        [order('cycle'), 'E_FINDING_ENCODE'],
        [order('bigint'), 'E_FINDING_ENCODE'],
        [order('function'), 'E_FINDING_ENCODE'],
        [order('number'), 'E_FINDING_ENCODE'],
        [order('large', 2 ** 21), 'E_FINDING_TOO_LARGE'],
      ];

      const outcome = await run(rows.flatMap(([value]) => [value, FIND]));

      const codes = outcome.results.filter((_, index) => index % 2 === 0).map(codeOf);
      const neighbours = statuses(outcome).filter((_, index) => index % 2 === 1);
      assert.deepEqual(
        codes,
        rows.map(([, code]) => code),
      );
      assert.deepEqual(new Set(neighbours), new Set(['done']));
    });

    it('a value that is too large says how many bytes it has and their hash', async () => {
      const outcome = await run([Buffer.alloc(2 ** 20 + 1, 'a')]);

      const [result] = outcome.results;
      assert.equal(result?.status, 'failed');
      assert.deepEqual(Object.keys(result.fault.details ?? {}), ['bytes', 'sha256']);
    });

    it('a __proto__ key changes no object', async () => {
      const value =
        '{"category":"TEST","__proto__":{"polluted":1},"dimensions":{"__proto__":{"app_id":"x"}},"profile_data":["find",{}]}';

      const outcome = await run([value]);

      assert.equal(findingsOf(outcome.results[0])[0]?.['app'], undefined);
      assert.equal(({} as Readonly<Record<string, unknown>>)['polluted'], undefined);
    });

    it('a category that no analyzer of the task takes is a coded failure', async () => {
      const tasks = [obedientTask({ analyzers: { OTHER: analyzerPath('obedient.ts') } })];

      const outcome = await withPool({ tasks }, (pool) =>
        pool.run(0, batchOf([FIND, order('find', {}, { category: '__proto__' })])),
      );

      assert.deepEqual(outcome.results.map(codeOf), ['E_EVENT_UNKNOWN_CATEGORY', 'E_EVENT_UNKNOWN_CATEGORY']);
    });

    it('what an analyzer throws is retriable unless it says not', async () => {
      const outcome = await run([order('throw', 'a'), order('throw-for-good', 'b')]);

      const retriable = outcome.results.map((result) => result.status === 'failed' && result.fault.retriable);
      assert.deepEqual(retriable, [true, false]);
    });

    it('later deliveries of a key wait behind one that will be seen again; other and null keys go on', async () => {
      const values = [
        order('throw', 'x'),
        FIND,
        FIND,
        order('requeue', 50),
        FIND,
        FIND,
        order('throw-for-good', 'y'),
        FIND,
      ];
      const keys = ['a', 'a', 'b', 'c', 'c', null, 'd', 'd'];

      const outcome = await run(values, { keys });

      assert.deepEqual(statuses(outcome), [
        'failed',
        'unprocessed',
        'done',
        'requeue',
        'unprocessed',
        'done',
        'failed',
        'done',
      ]);
    });

    it('null keys are never held', async () => {
      const outcome = await run([order('throw', 'x'), FIND], { keys: [null, null] });

      assert.deepEqual(statuses(outcome), ['failed', 'done']);
    });

    it('an analyzer may finish, ask to see it again, or return several findings', async () => {
      const outcome = await run([
        order('finish'),
        order('requeue', 250),
        order('find', [{ n: 1 }, { n: 2, id: 'own' }, { n: 3 }]),
      ]);

      const [finished, requeued, several] = outcome.results;
      assert.deepEqual(finished, { status: 'done', findings: [] });
      assert.deepEqual(requeued, { status: 'requeue', delayMs: 250 });
      assert.deepEqual(
        findingsOf(several).map(({ id }) => id),
        ['id-find', 'own', 'id-find.2'],
      );
    });

    it('a finding that only looks like an answer is a finding', async () => {
      const outcome = await run([order('find', { answer: 'finish' })]);

      assert.equal(findingsOf(outcome.results[0])[0]?.['answer'], 'finish');
    });

    it('the context tells task, app, scene, attempt and source', async () => {
      const value = order('context', null, { dimensions: { app_id: 'shop', scene: 'pay' } });

      const outcome = await run([value], { attempt: 4 });

      const [finding] = findingsOf(outcome.results[0]);
      const { task, app, scene, attempt, at } = finding ?? {};
      assert.deepEqual(
        { task, scene, attempt, at, app },
        {
          task: 'obedient',
          scene: 'pay',
          attempt: 4,
          at: { topic: 'app.perf', partition: 3, offset: 100 },
          app: 'shop',
        },
      );
    });

    it('log lines travel back with the index of their delivery, bounded in number', async () => {
      const outcome = await run([order('nothing'), order('log', 1_000)]);

      assert.deepEqual(outcome.logs[0], { level: 'info', message: 'line 0', fields: { line: 0 }, index: 1 });
      assert.equal(outcome.logs.length, 101);
      assert.deepEqual(outcome.logs.at(-1)?.fields, { dropped: 900 });
    });

    it('the tally counts platforms, problems and groups', async () => {
      const found = { kind: 'crash', group: 'ab12', signature: 'NullPointer', platform: 'android' };
      const value = order('find', { ...found, problems: [{ code: 'truncated' }] });

      const outcome = await run([value, value, FIND]);

      assert.deepEqual(outcome.tally, {
        platforms: { android: 2, unknown: 1 },
        problems: { truncated: 2 },
        groups: [{ group: 'ab12', title: 'NullPointer', kind: 'crash', count: 2 }],
        repeats: 0,
      });
    });

    it('findings that outgrow an outcome end the batch early; the rest is unprocessed', async () => {
      const outcome = await run(Array.from({ length: 80 }, () => order('large', 1_000_000)));

      const counts = Map.groupBy(statuses(outcome), (status) => status);
      assert.equal(outcome.results[0]?.status, 'done');
      assert.equal(outcome.results.at(-1)?.status, 'unprocessed');
      assert.deepEqual([...counts.keys()], ['done', 'unprocessed']);
    });

    it('two batches of one slot are both run', async () => {
      const outcomes = await withPool({}, (pool) =>
        Promise.all([pool.run(0, batchOf([order('pause', 1), FIND])), pool.run(0, batchOf([FIND]))]),
      );

      assert.deepEqual(outcomes.map(statuses), [['done', 'done'], ['done']]);
    });

    it('a module that does not load is refused when the pool is made', async () => {
      const tasks = [obedientTask({ analyzer: analyzerPath('missing.ts') })];

      await assert.rejects(
        withPool({ tasks }, () => Promise.resolve()),
        { code: 'E_ANALYZER_LOAD' },
      );
    });

    it('a module without a function in it is refused when the pool is made', async () => {
      const tasks = [obedientTask({ analyzer: analyzerPath('no-function.ts') })];

      await assert.rejects(
        withPool({ tasks }, () => Promise.resolve()),
        { code: 'E_ANALYZER_LOAD' },
      );
    });

    it('close is idempotent; a batch after it is a coded error', async () => {
      const pool = await create({
        threads: 2,
        tasks: [obedientTask()],
        limits: LIMITS,
        heapMbMax: 64,
        startMs: 30_000,
      });

      await Promise.all([pool.close(), pool.close()]);
      await pool.close();

      await assert.rejects(pool.run(0, batchOf([FIND])), { code: 'E_POOL_FAILED' });
    });

    it('grows and shrinks; each slot that it has runs batches', async () => {
      const grown = await withPool({}, async (pool) => {
        const seen: (readonly string[])[] = [];
        for (const slots of [4, 4, 2, 3, 1]) {
          await pool.resize(slots);
          const outcomes = await Promise.all(
            Array.from({ length: pool.slots }, (_, slot) => pool.run(slot, batchOf([FIND]))),
          );
          seen.push(outcomes.flatMap(statuses));
        }
        return seen;
      });

      assert.deepEqual(
        grown,
        [4, 4, 2, 3, 1].map((slots) => new Array<string>(slots).fill('done')),
      );
    });

    it('a batch for a slot that is gone, and less than one slot, are refused', async () => {
      await withPool({ threads: 2 }, async (pool) => {
        await pool.resize(1);

        await assert.rejects(async () => pool.run(1, batchOf([FIND])), { code: 'E_ASSERT' });
        for (const slots of [0, -1, 1.5, Number.NaN]) {
          await assert.rejects(pool.resize(slots), { code: 'E_ASSERT' });
        }
        assert.equal(pool.slots, 1);
      });
    });

    it('a resize after close is a coded error', async () => {
      const pool = await create({
        threads: 1,
        tasks: [obedientTask()],
        limits: LIMITS,
        heapMbMax: 64,
        startMs: 30_000,
      });
      await pool.close();

      await assert.rejects(pool.resize(2), { code: 'E_POOL_FAILED' });
    });

    if (threads) {
      threadContract(create);
      resizeContract(create);
    }
  });
}
