/** Directories of a test's own, removed when it ends, however it ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What can run something when a test is over: the context that `node:test` hands to a test. */
export interface TestEnd {
  after(callback: () => void | Promise<void>): void;
}

/** Attempts at removing: a child process of the test may still be closing its files. */
const REMOVE_RETRIES = 10;
const REMOVE_RETRY_MS = 50;

/** A new, empty directory; gone with everything in it after the test. */
export function temporaryDirectory(test: TestEnd): string {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-test-'));
  test.after(() => {
    rmSync(directory, {
      recursive: true,
      force: true,
      maxRetries: REMOVE_RETRIES,
      retryDelay: REMOVE_RETRY_MS,
    });
  });
  return directory;
}
