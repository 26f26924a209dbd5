import assert from 'node:assert/strict';
import { rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { FORMAT_VERSION, blockKey } from '../../../../src/transport/log/layout.ts';
import { openEnvironment } from '../../../../src/transport/log/open.ts';
import { openLog } from '../../../../src/transport/log/store.ts';
import type { Delivery } from '../../../../src/model/delivery.ts';
import type { FlakyLog } from '../../../helpers/log.ts';
import { logOptions, openFlakyLog, readAll, temporaryDir } from '../../../helpers/log.ts';
import { numbered, numbers, sorted, upTo } from '../../../contract/records.ts';

let log: FlakyLog;
beforeEach(async () => {
  log = await openFlakyLog();
});
afterEach(() => log.close());

async function numbersOf(deliveries: AsyncIterable<Delivery>): Promise<number[]> {
  const all: Delivery[] = [];
  for await (const delivery of deliveries) all.push(delivery);
  return sorted(numbers(all));
}

test('topics are told with their partitions, records, bytes and offsets', async () => {
  await log.store.append('b', numbered(10));
  await log.store.append('a', numbered(30));

  const [a, b] = log.store.topics();

  assert.deepEqual([a?.name, a?.records, b?.name, b?.records], ['a', 30, 'b', 10]);
  assert.equal(a?.partitions.length, 4);
  assert.ok(a.partitions.every(({ start, end, records }) => start === 0 && end === records));
  assert.equal(
    a.bytes,
    a.partitions.reduce((sum, { bytes }) => sum + bytes, 0),
  );
});

test('groups are told with their reader and how far they are behind', async () => {
  await log.store.append('t', numbered(40, 1));
  const source = log.store.source({ group: 'g', subscribes: () => true, from: 'earliest' });
  await source.open({ assigned: () => {}, revoked: async () => {} });
  const { topic, partition } = (await readAll(log.store, 't'))[0] ?? { topic: '', partition: 0 };
  const begun = log.store.groups()[0]?.positions ?? [];
  await source.commit([{ topic, partition, offset: 15, metadata: 'note' }]);

  const reading = log.store.groups();
  await source.close();
  const left = log.store.groups();

  const positions = begun.map((each) =>
    each.partition === partition ? { topic, partition, offset: 15, metadata: 'note', lag: 25 } : each,
  );
  assert.deepEqual(
    begun.map((each) => [each.offset, each.lag]),
    [0, 1, 2, 3].map((each) => [0, each === partition ? 40 : 0]),
  );
  assert.deepEqual(reading, [{ name: 'g', pid: process.pid, positions }]);
  assert.deepEqual(left, [{ name: 'g', pid: null, positions }]);
});

test('reading from a time begins with the first record of that time in each partition', async () => {
  await log.store.append('t', numbered(100));
  await log.store.append('t', numbered(100, 10, 100));
  const time = numbered(1, 10, 150)[0]?.timestampMs ?? 0;

  assert.deepEqual(await numbersOf(log.store.read('t', { from: time })), upTo(200).slice(150));
  assert.deepEqual(await numbersOf(log.store.read('t', { from: 0 })), upTo(200));
  assert.deepEqual(await numbersOf(log.store.read('t', { from: time + 1000 })), []);
});

test('reading ends after the count asked for, or at the end', async () => {
  await log.store.append('t', numbered(50));

  assert.equal((await numbersOf(log.store.read('t', { count: 7 }))).length, 7);
  assert.equal((await numbersOf(log.store.read('t'))).length, 50);
  assert.throws(() => log.store.read('nothing'), { code: 'E_TOPIC_UNKNOWN' });
});

test('following brings what is appended later and ends with its signal', async () => {
  await log.store.append('t', numbered(5));
  const controller = new AbortController();
  const seen: number[] = [];

  for await (const delivery of log.store.read('t', { follow: true, signal: controller.signal })) {
    seen.push(...numbers([delivery]));
    if (seen.length === 5) await log.store.append('t', numbered(5, 10, 5));
    if (seen.length === 10) controller.abort();
  }

  assert.deepEqual(sorted(seen), upTo(10));
});

test('appending rejects with the first refusal; the other records are written', async () => {
  const large = { key: null, value: Buffer.alloc(100_000), headers: [], timestampMs: 1 };

  await assert.rejects(log.store.append('t', [...numbered(2), large, ...numbered(2, 10, 2)]), {
    code: 'E_RECORD_TOO_LARGE',
  });

  assert.deepEqual(await numbersOf(log.store.read('t')), upTo(4));
});

for (const [damage, break_] of [
  [
    'changed',
    (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(0, -1), Buffer.from([~(bytes.at(-1) ?? 0)])]),
  ],
  ['missing', (): null => null],
] as const) {
  test(`a ${damage} block is E_LOG_CORRUPT with its place, after what comes before it`, async () => {
    await log.store.append('t', numbered(5, 1));
    await log.store.append('t', numbered(5, 1, 5));
    const { blocks } = log.environment.tables;
    const key = blockKey(1, 2);
    const damaged = break_(blocks.get(key) ?? Buffer.alloc(0));
    if (damaged === null) blocks.removeSync(key);
    else blocks.putSync(key, damaged);
    const seen: Delivery[] = [];

    const reading = async (): Promise<void> => {
      for await (const delivery of log.store.read('t')) seen.push(delivery);
    };

    await assert.rejects(reading(), {
      code: 'E_LOG_CORRUPT',
      message: /offset 5 of partition \d of topic t/,
    });
    assert.deepEqual(numbers(seen), upTo(5));
  });
}

test('a log that is not there is E_LOG_DIR where it must not be made', async () => {
  const { dir, remove } = temporaryDir();

  await assert.rejects(openLog(logOptions(dir, { create: false })), { code: 'E_LOG_DIR' });
  await assert.rejects(openLog(logOptions(dir, { readOnly: true })), { code: 'E_LOG_DIR' });
  await assert.rejects(openLog(logOptions('/dev/null/log')), { code: 'E_LOG_DIR' });
  remove();
});

test('a log of another format is E_LOG_VERSION', async () => {
  const { dir, remove } = temporaryDir();
  const environment = await openEnvironment({ dir, readOnly: false, create: true });
  environment.tables.meta.putSync('format', FORMAT_VERSION + 1);
  await environment.close();

  for (const readOnly of [false, true]) {
    const open = openLog(logOptions(dir, { readOnly }));
    await assert.rejects(open, { code: 'E_LOG_VERSION', message: /format 2/ });
  }
  remove();
});

test('what was written is there after a close, for writers and for readers only', async () => {
  const { dir, remove } = temporaryDir();
  const first = await openLog(logOptions(dir));
  await first.append('t', numbered(20));
  await first.close();
  await first.close();

  const reader = await openLog(logOptions(dir, { readOnly: true }));
  const read = await numbersOf(reader.read('t'));
  assert.throws(() => reader.sink(), { code: 'E_ASSERT' });
  await reader.close();
  const second = await openLog(logOptions(dir, { partitions: 9 }));
  await second.append('t', numbered(20, 10, 20));

  assert.deepEqual(read, upTo(20));
  assert.deepEqual(await numbersOf(second.read('t')), upTo(40));
  assert.equal(second.topics()[0]?.partitions.length, 4);
  await second.close();
  remove();
});

test('a process opens a log once: who opens it again shares it, until the last one closes', async () => {
  const { dir, remove } = temporaryDir();
  const link = `${dir}-link`;
  symlinkSync(dir, link);
  const first = await openLog(logOptions(dir));
  const others = await Promise.all(
    upTo(200).map((i) => openLog(logOptions(i % 2 === 0 ? dir : link, { readOnly: true }))),
  );

  await first.append('t', numbered(20));
  await first.close();
  const seen = others.map((other) => other.topics()[0]?.records);
  await Promise.all(others.map((other) => other.close()));
  const again = await openLog(logOptions(dir, { readOnly: true }));

  assert.deepEqual(new Set(seen), new Set([20]));
  await assert.rejects(openLog(logOptions(dir)), { code: 'E_LOG_BUSY', message: /reading only/ });
  assert.equal(again.topics()[0]?.records, 20);
  await again.close();
  rmSync(link);
  remove();
});

test('a directory whose name has a dot is a directory', async () => {
  const { dir, remove } = temporaryDir();

  const store = await openLog(logOptions(`${dir}/data.v1`));
  await store.append('t', numbered(1));
  await store.close();

  const again = await openLog(logOptions(`${dir}/data.v1`, { create: false }));
  assert.equal(again.topics().length, 1);
  await again.close();
  remove();
});
