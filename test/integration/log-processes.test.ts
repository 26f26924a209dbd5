import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Delivery } from '../../src/model/delivery.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { assertKeyOrder, numbers, sorted, upTo } from '../contract/records.ts';
import { logOptions, readAll } from '../helpers/log.ts';
import { logChildren } from '../helpers/log-children.ts';

const ROUNDS = 6;
const LISTENER = { assigned: (): void => {}, revoked: async (): Promise<void> => {} };

const log = logChildren();

function assertNoGaps(deliveries: readonly Delivery[]): void {
  const next = new Map<number, number>();
  for (const { partition, offset } of deliveries) {
    assert.equal(offset, next.get(partition) ?? 0);
    next.set(partition, offset + 1);
  }
}

test('an appending process that is killed at any moment loses nothing acknowledged and leaves order intact', async (context) => {
  const acknowledged: number[] = [];

  for (const round of upTo(ROUNDS)) {
    const child = log.start('append', log.dir, 'a', String(round * 1_000_000), '100000');
    const lines = 1 + Math.floor(Math.random() * 3000);
    context.diagnostic(`round ${round}: killed after ${lines} acknowledgements`);
    await child.printed(lines);
    await child.kill();
    acknowledged.push(...child.lines.map(Number));
  }

  const store = await openLog(logOptions(log.dir, { create: false }));
  const deliveries = await readAll(store, 'events');
  const present = new Set(numbers(deliveries));
  assert.ok(acknowledged.length >= ROUNDS);
  assert.deepEqual(
    acknowledged.filter((number) => !present.has(number)),
    [],
  );
  assert.equal(present.size, deliveries.length);
  assertKeyOrder(deliveries);
  assertNoGaps(deliveries);
  await store.close();
});

test('two processes append while a third consumes: everything arrives once, in order', async () => {
  const store = await openLog(logOptions(log.dir));
  const source = store.source({ group: 'g', subscribes: () => true, from: 'earliest' });
  await source.open(LISTENER);
  const limit = {
    deliveriesMax: 500,
    bytesMax: 1 << 20,
    waitMs: 10_000,
    paused: () => false,
    signal: new AbortController().signal,
  };

  const appenders = [
    log.start('append', log.dir, 'a', '0', '8000'),
    log.start('append', log.dir, 'b', '8000', '8000'),
  ];
  const arrived: Delivery[] = [];
  while (arrived.length < 16_000) {
    const pulled = await source.pull(limit);
    assert.ok(pulled.length > 0, `${arrived.length} of 16000 came`);
    arrived.push(...pulled);
  }
  await Promise.all(appenders.map(({ exited }) => exited));

  assert.deepEqual(sorted(numbers(arrived)), upTo(16_000));
  assertKeyOrder(arrived);
  assertNoGaps(arrived);
  await source.close();
  await store.close();
});

test('a group that a living process reads is refused with its id; when it is killed it is taken over', async () => {
  const holder = log.start('hold', log.dir, 'crashes');
  await holder.printed(1);
  const store = await openLog(logOptions(log.dir));
  const open = async (): Promise<void> => {
    const source = store.source({ group: 'crashes', subscribes: () => true, from: 'earliest' });
    await source.open(LISTENER);
    await source.close();
  };

  await assert.rejects(open(), {
    code: 'E_LOG_BUSY',
    message: new RegExp(`process ${holder.process.pid} .*crashes`),
  });
  await holder.kill();
  await open();

  await store.close();
});
