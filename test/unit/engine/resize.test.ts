import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../src/model/errors.ts';
import { EngineBench, SILENT } from './engine-bench.ts';
import { delivery, LIMITS, settle, TASK } from './support.ts';

/** Sixteen keys on as many lanes as there may be, so many deliveries. */
function keyed(from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => delivery(from + i, `key ${(from + i) % 16}`));
}

function batchesBySlot({ engine }: EngineBench): number[] {
  return engine.status().slots.map(({ batches }) => batches);
}

test('more slots take work at once, fewer are given up when they are done; order in a key is kept', async () => {
  const bench = new EngineBench({ tasks: [{ ...TASK, lanes: 16 }] });
  const order = new Map<string, number[]>();
  const note = (offset: number): typeof SILENT => {
    const key = `key ${offset % 16}`;
    order.set(key, [...(order.get(key) ?? []), offset]);
    return SILENT;
  };
  const answer = async (which: number): Promise<void> => {
    const [run] = bench.pool.running.splice(which % Math.max(1, bench.pool.running.length), 1);
    run?.answer(run.batch.items.map((item) => note(item.delivery.offset)));
    await settle();
  };
  await bench.feed(...keyed(0, 64));
  const one = batchesBySlot(bench);

  await bench.engine.resize(4);
  const four = batchesBySlot(bench);
  const shrunk = bench.engine.resize(2);
  await settle();
  const slotsBefore = bench.pool.slots;
  bench.source.waiting.push(...keyed(64, 128));
  for (let i = 0; i < 500 && (bench.pool.running.length > 0 || bench.source.waiting.length > 0); i++) {
    await answer(i * 7);
    await bench.clock.advance(i % 5 === 0 ? LIMITS.pullWaitMs : 0);
  }
  await shrunk;
  await bench.clock.advance(LIMITS.commitIntervalMs);

  assert.deepEqual([one, four], [[2], [2, 2, 2, 2]]);
  assert.deepEqual([slotsBefore, bench.pool.slots, batchesBySlot(bench)], [4, 2, [0, 0]]);
  for (const offsets of order.values())
    assert.deepEqual(
      offsets,
      offsets.toSorted((a, b) => a - b),
    );
  assert.equal(bench.source.offsetOf(), 128);
  assert.deepEqual(
    bench.toldOf('resized').map(({ before, after }) => [before, after]),
    [
      [1, 4],
      [4, 2],
    ],
  );
});

test('a slot that goes gets nothing more, and the pool loses it only when it has no batch', async () => {
  const bench = new EngineBench({ slots: 2, tasks: [{ ...TASK, lanes: 16 }] });
  await bench.feed(...keyed(0, 64));
  const shrunk = bench.engine.resize(1);

  for (let i = 0; i < 8; i++) {
    const at = bench.pool.running.findIndex(({ slot }) => slot === 0);
    const [run] = bench.pool.running.splice(at, 1);
    run?.answer(run.batch.items.map(() => SILENT));
    await settle();
  }
  const whileBusy = [bench.pool.slots, bench.pool.running.filter(({ slot }) => slot === 1).length];
  await bench.answerAll(() => SILENT);
  await shrunk;

  assert.deepEqual(whileBusy, [2, 2]);
  assert.deepEqual([bench.pool.slots, bench.engine.inFlight], [1, 0]);
});

test('resizes run one after the other, in the order of the calls', async () => {
  const bench = new EngineBench();
  const calls: { slots: number; resolve: () => void }[] = [];
  bench.pool.resize = (slots) => new Promise((resolve) => calls.push({ slots, resolve }));

  const resized = Promise.all([3, 4, 2].map((slots) => bench.engine.resize(slots)));
  const seen: number[][] = [];
  for (let i = 0; i < 3; i++) {
    await settle();
    seen.push(calls.map(({ slots }) => slots));
    calls[i]?.resolve();
  }
  await resized;

  assert.deepEqual(seen, [[3], [3, 4], [3, 4, 2]]);
});

test('a pool that cannot grow stays as it is, says so, and can be asked again', async () => {
  const bench = new EngineBench();
  const resize = bench.pool.resize.bind(bench.pool);
  bench.pool.resize = () => Promise.reject(new EngineError('E_POOL_FAILED'));

  await assert.rejects(bench.engine.resize(3), { code: 'E_POOL_FAILED' });
  const after = bench.engine.status().slots.length;
  bench.pool.resize = resize;
  await bench.engine.resize(2);

  assert.deepEqual([after, bench.engine.status().slots.length], [1, 2]);
});

test('an engine that ends while a resize waits says so', async () => {
  const bench = new EngineBench({ slots: 2 });
  await bench.feed(...keyed(0, 8));
  const shrunk = bench.engine.resize(1);
  shrunk.catch(() => undefined);

  bench.engine.drain('stop', 0);
  await settle();

  await assert.rejects(shrunk, { code: 'E_ENGINE_ENDED' });
  await assert.rejects(bench.engine.resize(3), { code: 'E_ENGINE_ENDED' });
});
