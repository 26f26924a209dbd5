/** Retention and compaction beside other processes, and killed at any moment. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import type { Delivery } from '../../src/model/delivery.ts';
import { compactLog } from '../../src/transport/log/compact.ts';
import { openEnvironment } from '../../src/transport/log/open.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { assertKeyOrder, assertRisingOffsets, numbers, upTo } from '../contract/records.ts';
import type { Child } from '../helpers/children.ts';
import { logOptions, readAll } from '../helpers/log.ts';
import { logChildren } from '../helpers/log-children.ts';

const LISTENER = { assigned: (): void => {}, revoked: async (): Promise<void> => {} };
const ROUNDS = 8;

const log = logChildren();

async function fill(records: number): Promise<void> {
  const store = await openLog(logOptions(log.dir));
  for (const i of upTo(records / 100)) {
    await store.append(
      'events',
      upTo(100).map((k) => ({
        key: Buffer.from(`key-${k % 10}`),
        value: Buffer.from(String(100 * i + k)),
        headers: [],
        timestampMs: 100 * i + k,
      })),
    );
  }
  await store.close();
}

/** As many blocks as entries, all of them readable, tails that count them. */
async function assertWhole(): Promise<void> {
  const environment = await openEnvironment({ dir: log.dir, readOnly: true, create: false });
  const { blocks, index } = environment.tables;
  assert.equal(blocks.getKeysCount({}), index.getKeysCount({}));
  await environment.close();
  const store = await openLog(logOptions(log.dir, { readOnly: true }));
  const read = await readAll(store, 'events');
  assert.equal(read.length, store.topics()[0]?.records);
  await store.close();
}

test('while other processes append and trim, a reader sees gaps and nothing else: no error, no stall, order kept', async (context) => {
  const store = await openLog(logOptions(log.dir));
  const source = store.source({ group: 'g', subscribes: () => true, from: 'earliest' });
  await source.open(LISTENER);
  const limit = { bytesMax: 1 << 20, paused: () => false, signal: new AbortController().signal };
  const appenders = [
    log.start('append', log.dir, 'a', '0', '10000'),
    log.start('append', log.dir, 'b', '10000', '10000'),
  ];
  const trimmer = log.start('trim', log.dir, '2000');

  const arrived: Delivery[] = [];
  let isEnded = false;
  const ended = Promise.all(appenders.map(({ exited }) => exited)).then(() => (isEnded = true));
  for (;;) {
    const isLast = isEnded;
    const pulled = await source.pull({ ...limit, deliveriesMax: 100, waitMs: 50 });
    arrived.push(...pulled);
    if (isLast && pulled.length === 0) break;
  }
  await ended;
  await trimmer.kill();

  const backlog = (await source.backlog()).reduce((sum, { deliveries }) => sum + deliveries, 0);
  context.diagnostic(
    `${arrived.length} of 20000 arrived, ${trimmer.lines.length - 1} trims removed something`,
  );
  assert.ok(arrived.length > 0 && trimmer.lines.length > 1);
  assert.equal(backlog, 0);
  assertRisingOffsets(arrived);
  assertKeyOrder(arrived);
  await source.close();
  await store.close();
  await assertWhole();
});

test('trimming is killed at any moment: what is left is whole, and its start only moves on', async () => {
  await fill(20_000);
  let last = 0;

  for (const round of upTo(ROUNDS)) {
    const trimmer = log.start('trim', log.dir, String(80_000 - 10_000 * round));
    await trimmer.printed(1);
    // Somewhere in the first trim; the last one comes to its end.
    await (round === ROUNDS - 1 ? trimmer.printed(2) : pause(4 * round));
    await trimmer.kill();

    await assertWhole();
    const store = await openLog(logOptions(log.dir));
    const starts = (store.topics()[0]?.partitions ?? []).reduce((sum, each) => sum + each.start, 0);
    await store.close();
    assert.ok(starts >= last);
    last = starts;
  }
  assert.ok(last > 0);
});

test('compacting is killed at any moment: the log holds the same and can be written to', async (context) => {
  await fill(20_000);
  const before = await openLog(logOptions(log.dir));
  await before.trim({ ageMs: 0, bytes: 60_000, uncommitted: 'keep' });
  const expected = numbers(await readAll(before, 'events'));
  await before.close();
  const wholeMs = await durationOf(log.start('compact', log.dir));
  let done = 0;

  for (const round of upTo(ROUNDS)) {
    const compactor = log.start('compact', log.dir);
    await compactor.printed(1);
    await Promise.race([compactor.exited, pause((1.3 * wholeMs * round) / ROUNDS)]);
    await compactor.kill();
    done += compactor.lines.includes('done') ? 1 : 0;

    await assertWhole();
    const store = await openLog(logOptions(log.dir));
    assert.deepEqual(numbers(await readAll(store, 'events')), expected);
    await store.append('other', [{ key: null, value: null, headers: [], timestampMs: round }]);
    assert.equal(store.topics().find(({ name }) => name === 'other')?.records, round + 1);
    await store.close();
  }
  context.diagnostic(`${done} of ${ROUNDS} compactions came to their end`);
  assert.ok((await compactLog(log.dir)).afterBytes > 0);
});

test('a log that another process reads or has open is not compacted: E_LOG_BUSY with its id', async () => {
  await fill(100);
  for (const args of [
    ['look', log.dir],
    ['hold', log.dir, 'g'],
  ]) {
    const other = log.start(...args);
    await other.printed(1);

    await assert.rejects(compactLog(log.dir), {
      code: 'E_LOG_BUSY',
      message: new RegExp(`process ${other.process.pid} has the log in .* open`),
    });
    await other.kill();
  }

  assert.ok((await compactLog(log.dir)).afterBytes > 0);
});

/** From the first line of a child to its end. */
async function durationOf(child: Child): Promise<number> {
  await child.printed(1);
  const beganMs = performance.now();
  await child.exited;
  return performance.now() - beganMs;
}
