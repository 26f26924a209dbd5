import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { compactLog } from '../../../../src/transport/log/compact.ts';
import { FORMAT_VERSION } from '../../../../src/transport/log/layout.ts';
import { openEnvironment } from '../../../../src/transport/log/open.ts';
import type { LogStore } from '../../../../src/transport/log/store.ts';
import { openLog } from '../../../../src/transport/log/store.ts';
import { upTo } from '../../../contract/records.ts';
import { logOptions, readAll, temporaryDir } from '../../../helpers/log.ts';

const ALL = { ageMs: 0, bytes: 1, uncommitted: 'drop' } as const;

let dir: string;
let remove: () => void;
beforeEach(() => {
  ({ dir, remove } = temporaryDir());
});
afterEach(() => remove());

async function append(store: LogStore, count: number): Promise<void> {
  for (const i of upTo(count)) {
    const value = Buffer.alloc(50_000, i);
    await store.append('t', [{ key: Buffer.from(`${i}`), value, headers: [], timestampMs: i }]);
  }
}

/** Everything that the log tells of itself. */
async function contents(): Promise<unknown> {
  const store = await openLog(logOptions(dir, { readOnly: true }));
  const found = { topics: store.topics(), groups: store.groups(), read: await readAll(store, 't') };
  await store.close();
  return found;
}

test('the file shrinks to what is in use and holds the same as before', async () => {
  const store = await openLog(logOptions(dir));
  await append(store, 100);
  const source = store.source({ group: 'g', subscribes: () => true, from: 'earliest' });
  await source.open({ assigned: () => {}, revoked: async () => {} });
  await source.commit([{ topic: 't', partition: 2, offset: 1, metadata: 'note' }]);
  await source.close();
  await store.trim({ ageMs: 1, bytes: 0, uncommitted: 'drop' }, { nowMs: 81 });
  await store.close();
  chmodSync(join(dir, 'data.mdb'), 0o640);
  const before = await contents();

  const { beforeBytes, afterBytes } = await compactLog(dir);

  const { size, mode } = statSync(join(dir, 'data.mdb'));
  assert.ok(beforeBytes > 5_000_000 && afterBytes < 1_300_000, `${beforeBytes} to ${afterBytes}`);
  assert.deepEqual([size, mode & 0o777], [afterBytes, 0o640]);
  assert.deepEqual(await contents(), before);
  assert.deepEqual(readdirSync(dir).sort(), ['data.mdb', 'gate', 'lock.mdb']);
  assert.deepEqual(readdirSync(join(dir, 'gate')), []);
});

test('a log that is open is E_LOG_BUSY with the process, for a reader too, and does not change', async () => {
  const writer = await openLog(logOptions(dir));
  await append(writer, 3);
  const busy = { code: 'E_LOG_BUSY', message: new RegExp(`process ${process.pid} has the log`) };

  await assert.rejects(compactLog(dir), busy);
  await writer.close();
  const reader = await openLog(logOptions(dir, { readOnly: true }));
  await assert.rejects(compactLog(dir), busy);
  assert.equal((await readAll(reader, 't')).length, 3);
  await reader.close();

  assert.ok((await compactLog(dir)).afterBytes > 0);
});

test('a log that is not there, is none, or has another format is refused as when it is opened', async () => {
  await assert.rejects(compactLog(dir), { code: 'E_LOG_DIR', message: /no log in/ });
  const environment = await openEnvironment({ dir, readOnly: false, create: true });
  environment.tables.meta.putSync('format', FORMAT_VERSION + 1);
  await environment.close();
  await assert.rejects(compactLog(dir), { code: 'E_LOG_VERSION', message: /format 2/ });
  writeFileSync(join(dir, 'data.mdb'), 'hello');

  await assert.rejects(compactLog(dir), { code: 'E_LOG_DIR' });
});

test('what a killed compaction has left is cleared away by the next one and by who writes', async () => {
  const store = await openLog(logOptions(dir));
  await append(store, 3);
  await store.close();
  const leave = (): void => {
    mkdirSync(join(dir, 'compacting'));
    writeFileSync(join(dir, 'compacting', 'data.mdb'), 'half of it');
  };

  leave();
  await compactLog(dir);
  const afterCompaction = existsSync(join(dir, 'compacting'));
  leave();
  await (await openLog(logOptions(dir, { readOnly: true }))).close();
  const afterReader = existsSync(join(dir, 'compacting'));
  await (await openLog(logOptions(dir))).close();

  assert.deepEqual([afterCompaction, afterReader], [false, true]);
  assert.ok(!existsSync(join(dir, 'compacting')));
});

test('whatever comes first after a compaction, a large trim included, it works and nothing else goes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('append', 'trim', 'half', 'compact'), { minLength: 1, maxLength: 8 }),
      async (steps) => {
        const own = temporaryDir();
        const options = logOptions(own.dir, { partitions: 1 });
        let store = await openLog(options);
        await append(store, 60);
        let left = 60;
        for (const step of ['compact', ...steps]) {
          if (step === 'append') {
            await append(store, 20);
            left += 20;
          } else if (step === 'trim') {
            await store.trim(ALL);
            left = 0;
          } else if (step === 'half') {
            const { bytes = 0 } = store.topics()[0] ?? {};
            await store.trim({ ...ALL, bytes: Math.max(1, bytes / 2) });
            const half = store.topics()[0]?.records ?? 0;
            assert.ok(half <= left / 2 && half >= left / 2 - 2, `${half} of ${left}`);
            left = half;
          } else {
            await store.close();
            await compactLog(own.dir);
            store = await openLog(options);
          }
          assert.equal((await readAll(store, 't')).length, left);
        }
        await store.close();
        own.remove();
      },
    ),
    { numRuns: 8 },
  );
});
