import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DispatchedBatch } from '../../../src/engine/dispatch.ts';
import { Dispatch } from '../../../src/engine/dispatch.ts';
import type { Work } from '../../../src/engine/lane.ts';
import { delivery, HandPool, laneOf, LIMITS, makeLanes, settle } from './support.ts';

function setUp(slots: number) {
  const pool = new HandPool(slots);
  const lanes = makeLanes();
  const dropped: Work[] = [];
  const returned: DispatchedBatch[] = [];
  const failures: unknown[] = [];
  const dispatch = new Dispatch(pool, LIMITS, {
    dispatched: () => undefined,
    outcome: (_, batch) => returned.push(batch),
    dropped: (work) => dropped.push(work),
    failed: (error) => failures.push(error),
  });
  let offset = 0;
  const put = (lane: number, key: string): Work => {
    const work = lanes.work(lane, delivery(offset++, key));
    laneOf(lanes.owner, lane).queue.pushBack(work);
    dispatch.offer(laneOf(lanes.owner, lane));
    return work;
  };
  const offsets = (): number[][] =>
    pool.running.map(({ batch }) => batch.items.map((item) => item.delivery.offset));
  return { pool, dispatch, put, offsets, dropped, returned, failures, ...lanes };
}

test('two ready lanes and two idle slots are two batches: neither waits for the other', () => {
  const { dispatch, put, pool, offsets } = setUp(2);
  put(0, 'a');
  put(1, 'b');

  dispatch.kick();

  assert.deepEqual(offsets(), [[0], [1]]);
  assert.deepEqual(
    pool.running.map(({ slot }) => slot),
    [0, 1],
  );
});

test('a lane is in at most one batch at a time', async () => {
  const { dispatch, put, pool, offsets } = setUp(2);
  put(0, 'a');
  dispatch.kick();
  put(0, 'a');
  dispatch.kick();
  const whileBusy = offsets();

  pool.running[0]?.answer([{ status: 'done', findings: [] }]);
  await settle();

  assert.deepEqual(whileBusy, [[0]]);
  assert.deepEqual(offsets(), [[0], [1]]);
});

test('when no slot is idle lanes gather until a full batch can wait behind the one in hand', () => {
  const { dispatch, put, offsets } = setUp(1);
  put(0, 'a');
  dispatch.kick();
  put(1, 'b');
  put(2, 'c');
  dispatch.kick();
  const gathering = offsets();

  put(2, 'c');
  put(3, 'd');
  dispatch.kick();

  assert.deepEqual(gathering, [[0]]);
  assert.deepEqual(offsets(), [[0], [1, 2, 3, 4]]);
});

test('a slot never has more than two batches', () => {
  const { dispatch, put, pool } = setUp(1);
  for (let i = 0; i < 40; i++) put(i % 4, `key ${String(i % 4)}`);

  dispatch.kick();
  dispatch.kick();

  assert.equal(pool.running.length, 2);
});

test('a batch is bounded by count, and whole runs go in order', () => {
  const { dispatch, put, offsets } = setUp(1);
  for (let i = 0; i < 6; i++) put(0, 'a');

  dispatch.kick();

  assert.deepEqual(offsets(), [[0, 1, 2, 3]]);
});

test('a batch is bounded by its expected time once the cost is learnt', async () => {
  const { dispatch, put, pool, owner, offsets } = setUp(1);
  put(0, 'a');
  dispatch.kick();
  for (let i = 0; i < 3; i++) put(1, 'b');

  pool.running[0]?.answer([{ status: 'done', findings: [] }], 1000);
  await settle();

  assert.ok(owner.costMs > LIMITS.batchMs);
  assert.deepEqual(offsets(), [[0], [1]]);
});

test('a suspect runs in a batch of its own, in its place in the order', async () => {
  const { dispatch, put, pool, offsets } = setUp(1);
  put(0, 'a');
  put(0, 'a').alone = true;
  put(0, 'a');

  dispatch.kick();
  for (let i = 0; i < 2; i++) {
    pool.running[i]?.answer([{ status: 'done', findings: [] }]);
    await settle();
  }

  assert.deepEqual(offsets(), [[0], [1], [2]]);
});

test('deliveries of a partition that was taken away are dropped, not dispatched', () => {
  const { dispatch, put, partition, pool, dropped } = setUp(1);
  const work = put(0, 'a');
  partition.phase = 'revoking';

  dispatch.kick();

  assert.equal(pool.running.length, 0);
  assert.deepEqual(dropped, [work]);
});

test('after stop no batch leaves and late outcomes are ignored', async () => {
  const { dispatch, put, pool, returned, failures } = setUp(1);
  put(0, 'a');
  dispatch.kick();
  dispatch.stop();
  put(1, 'b');
  dispatch.kick();

  pool.running[0]?.answer([{ status: 'done', findings: [] }]);
  await settle();

  assert.equal(pool.running.length, 1);
  assert.deepEqual([returned, failures], [[], []]);
});
