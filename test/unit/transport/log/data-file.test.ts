import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { checkDataFile, DATA_FILE } from '../../../../src/transport/log/data-file.ts';
import { openLog } from '../../../../src/transport/log/store.ts';
import { numbered, numbers, sorted, upTo } from '../../../contract/records.ts';
import { logOptions, readAll, temporaryDir } from '../../../helpers/log.ts';

let dir: string;
let path: string;
let remove: () => void;
beforeEach(() => {
  ({ dir, remove } = temporaryDir());
  path = join(dir, DATA_FILE);
});
afterEach(() => remove());

/** A log with blocks of all sizes, some of them removed. */
async function makeLog(): Promise<Buffer> {
  const store = await openLog(logOptions(dir));
  const value = Buffer.alloc(60_000, 'x');
  for (const i of upTo(40)) {
    await store.append('t', [{ key: Buffer.from(`${i}`), value, headers: [], timestampMs: i }]);
    await store.append('small', numbered(5, 5, 5 * i));
  }
  await store.trim({ ageMs: 1, bytes: 0, uncommitted: 'keep' }, { nowMs: 11 });
  await store.close();
  return readFileSync(path);
}

async function assertRefused(code: string, message: RegExp): Promise<void> {
  for (const readOnly of [true, false]) {
    await assert.rejects(openLog(logOptions(dir, { readOnly, create: false })), { code, message });
  }
}

test('a file of something else is refused in one sentence, for reading and for writing', async () => {
  for (const bytes of [randomBytes(100_000), randomBytes(10), Buffer.alloc(8192), Buffer.from('hello\n')]) {
    writeFileSync(path, bytes);

    await assertRefused('E_LOG_DIR', /data\.mdb is no file of an embedded log$/);
    assert.deepEqual(readFileSync(path), bytes);
  }
});

test('an empty file is refused where a log must be there, and becomes one where it may be made', async () => {
  writeFileSync(path, '');

  await assertRefused('E_LOG_DIR', /data\.mdb is empty/);
  const store = await openLog(logOptions(dir));
  await store.append('t', numbered(3));

  assert.equal((await readAll(store, 't')).length, 3);
  await store.close();
});

test('a file of another LMDB is E_LOG_VERSION', async () => {
  const bytes = await makeLog();
  bytes.writeUInt32LE(3, 28);
  writeFileSync(path, bytes);

  await assertRefused('E_LOG_VERSION', /data format 3 of LMDB, this program reads 2/);
});

test('wherever a file is cut off, it is refused or everything in it can still be read', async () => {
  const whole = await makeLog();
  let refused = 0;

  for (const i of upTo(60)) {
    // All over the file, and page by page at its end.
    const bytes = i < 40 ? Math.floor((whole.length * (i + 1)) / 41) : whole.length - 4096 * (i - 40);
    writeFileSync(path, whole.subarray(0, bytes));
    try {
      const store = await openLog(logOptions(dir, { readOnly: true }));
      const read = sorted(numbers(await readAll(store, 'small')));
      const large = await readAll(store, 't');
      await store.close();
      assert.deepEqual(read.slice(-5), upTo(200).slice(-5));
      assert.equal(large.length, 30);
    } catch (error) {
      const { code } = error as { code?: unknown };
      assert.ok(code === 'E_LOG_CORRUPT' || code === 'E_LOG_DIR', String(error));
      refused += 1;
    }
  }

  assert.ok(refused > 30 && refused < 60, `${refused} refused`);
});

test('a good file passes, also one that is longer than it needs to be', async () => {
  const whole = await makeLog();

  checkDataFile(path, false);
  appendFileSync(path, Buffer.alloc(4096));
  checkDataFile(path, false);
  truncateSync(path, whole.length);

  assert.equal(statSync(path).size, whole.length);
});
