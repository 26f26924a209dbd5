import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compactLog } from '../../src/transport/log/compact.ts';
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

test('a log on a full disk can be opened and trimmed; compacting is refused until its copy has room', async (context) => {
  const { dir, remove } = temporaryDir();
  const why = mount(dir);
  if (why !== null) {
    remove();
    return context.skip(why);
  }
  try {
    const log = join(dir, 'log');
    const store = await openLog(logOptions(log));
    for (const i of upTo(100)) {
      await store.append(
        't',
        numbered(100, 10, 100 * i).map((each) => ({ ...each, headers: [['padding', PADDING] as const] })),
      );
    }
    await store.close();
    // The disk has 48 MiB, the log over 20: 8 are left.
    const { bavail, bsize } = statfsSync(dir);
    writeFileSync(join(dir, 'ballast'), Buffer.alloc(bavail * bsize - 8 * 1024 * 1024));

    const refused = await openLog(logOptions(log));
    await assert.rejects(refused.append('t', numbered(1)), { code: 'E_LOG_FULL' });
    await refused.close();
    await assert.rejects(compactLog(log), { code: 'E_LOG_FULL', message: /the copy .* needs \d+ bytes/ });
    const full = await openLog(logOptions(log));
    const { removed } = await full.trim({ ageMs: 0, bytes: 100_000, uncommitted: 'keep' });
    await full.close();
    rmSync(join(dir, 'ballast'));
    const { beforeBytes, afterBytes } = await compactLog(log);

    assert.ok(removed.length > 0);
    assert.ok(beforeBytes > 20_000_000 && afterBytes < 2_000_000, `${beforeBytes} to ${afterBytes}`);
  } finally {
    execFileSync('umount', ['--lazy', dir]);
    remove();
  }
});
