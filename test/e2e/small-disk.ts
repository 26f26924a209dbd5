/** A disk of its own for a test, that can be filled up and given room again. Needs the right to mount. */
import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory, type TestEnd } from '../helpers/temporary.ts';

/** The disk. */
export interface SmallDisk {
  readonly dir: string;
  /** Takes room until so many bytes are left. */
  leave(bytes: number): void;
  /** Gives all of it back. */
  makeRoom(): void;
}

/** Mounts one of 96 MiB in memory; a sentence where that cannot be done here. Gone after the test. */
export function smallDisk(test: TestEnd): SmallDisk | string {
  let mounted: string | null = null;
  // Registered first, so that the disk is gone before its directory is removed.
  test.after(() => {
    if (mounted !== null) execFileSync('umount', ['--lazy', mounted]);
  });
  const dir = temporaryDirectory(test);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'faultline-test', dir], { stdio: 'pipe' });
    mounted = dir;
  } catch (error) {
    const [line] = error instanceof Error ? error.message.split('\n') : [];
    return `no small disk can be mounted here: ${line ?? 'unknown'}`;
  }
  let ballasts = 0;
  return {
    dir,
    leave: (bytes) => {
      const { bavail, bsize } = statfsSync(dir);
      ballasts += 1;
      writeFileSync(join(dir, `ballast-${ballasts}`), Buffer.alloc(bavail * bsize - bytes));
    },
    makeRoom: () => {
      for (; ballasts > 0; ballasts -= 1) rmSync(join(dir, `ballast-${ballasts}`));
    },
  };
}
