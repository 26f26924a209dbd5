import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogWriter } from '../../../src/cli/writer.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A log whose appends are settled by hand. */
function manualLog() {
  const appends: { topic: string; keys: string[]; settle: (error?: Error) => void }[] = [];
  return {
    appends,
    append: (topic: string, records: readonly { readonly key: Uint8Array }[]): Promise<void> =>
      new Promise((resolve, reject) => {
        const keys = records.map(({ key }) => Buffer.from(key).toString());
        appends.push({ topic, keys, settle: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  };
}

test('records are appended by topic, in their order, and counted when acknowledged', async () => {
  const log = manualLog();
  const writer = new LogWriter(log);
  for (const [topic, key] of [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ] as const) {
    await writer.add({ topic, key: bytes(key), value: bytes('xy') }, 0);
  }

  const finished = writer.finish();
  const before = writer.written.records;
  for (const append of log.appends) append.settle();
  await finished;

  assert.deepEqual(
    log.appends.map(({ topic, keys }) => [topic, keys]),
    [
      ['a', ['1', '3']],
      ['b', ['2']],
    ],
  );
  assert.equal(before, 0);
  assert.deepEqual(writer.written, {
    records: 3,
    bytes: 9,
    byTopic: new Map([
      ['a', 2],
      ['b', 1],
    ]),
  });
});

test('adding waits while enough appends are under way', async () => {
  const log = manualLog();
  const writer = new LogWriter(log);
  let added = 0;
  const all = (async () => {
    for (; added < 10_000; added += 1)
      await writer.add({ topic: 'a', key: bytes('k'), value: bytes('v') }, 0);
  })();

  await new Promise((resolve) => setImmediate(resolve));
  const held = added;
  log.appends[0]?.settle();
  await new Promise((resolve) => setImmediate(resolve));
  const next = added;

  assert.equal(held, 3_999);
  assert.equal(next, 4_999);
  for (let settled = 1; settled < 10; settled += 1) {
    log.appends[settled]?.settle();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
});

test('the first failure stops it, and what was acknowledged before still counts', async () => {
  const log = manualLog();
  const writer = new LogWriter(log);
  await writer.add({ topic: 'a', key: bytes('1'), value: bytes('v') }, 0);
  await writer.send();
  await writer.add({ topic: 'a', key: bytes('2'), value: bytes('v') }, 0);

  const finished = writer.finish();
  log.appends[0]?.settle();
  log.appends[1]?.settle(new Error('disk full'));

  await assert.rejects(finished, /disk full/);
  assert.equal(writer.written.records, 1);
});
