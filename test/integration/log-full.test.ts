import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLog } from '../../src/transport/log/store.ts';
import { assertKeyOrder, numbered, numbers, publications, sorted, upTo } from '../contract/records.ts';
import { logOptions, readAll, temporaryDir } from '../helpers/log.ts';

const DISK = '48m';
const BALLAST_BYTES = 16 * 1024 * 1024;
const PADDING = Buffer.alloc(2000);

/** Mounts a small disk, or says why it cannot. */
function mount(dir: string): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'faultline-test', dir], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `no small disk can be mounted here: ${error instanceof Error ? error.message.split('\n')[0] : 'unknown'}`;
  }
}

for (const durability of ['disk', 'process'] as const) {
  test(`a full disk is E_LOG_FULL, and appending goes on when there is room again (${durability})`, async (context) => {
    const { dir, remove } = temporaryDir();
    const why = mount(dir);
    if (why !== null) {
      remove();
      return context.skip(why);
    }
    try {
      writeFileSync(join(dir, 'ballast'), Buffer.alloc(BALLAST_BYTES));
      const store = await openLog(logOptions(join(dir, 'log'), { durability }));
      const sink = store.sink();
      const batch = (from: number, count: number): ReturnType<typeof publications> =>
        publications('t', numbered(count, 10, from)).map((each) => ({
          ...each,
          headers: [['padding', PADDING] as const],
        }));

      const calls = await Promise.all(upTo(100).map((i) => sink.publish(batch(i * 200, 200))));
      const results = calls.flat();
      const taken = results.findIndex((result) => result !== null);
      assert.ok(taken > 0, 'some were written before the disk was full');
      assert.ok(results.slice(taken).every((result) => result?.code === 'E_LOG_FULL' && result.retriable));

      rmSync(join(dir, 'ballast'));
      const again = await sink.publish(batch(taken, 400));
      assert.deepEqual(
        again.filter((result) => result !== null),
        [],
      );

      const written = await readAll(store, 't');
      assert.deepEqual(sorted(numbers(written)), upTo(taken + 400));
      assertKeyOrder(written);
      await sink.close();
      await store.close();
    } finally {
      execFileSync('umount', ['--lazy', dir]);
      remove();
    }
  });
}
