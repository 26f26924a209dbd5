/** Processes of a test that work on one log, and the directory that it lies in. */
import { afterEach, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from './children.ts';
import { temporaryDir } from './log.ts';

const CHILD = fileURLToPath(new URL('../integration/log-child.ts', import.meta.url));

/** What each test of a file has of its own. */
export interface LogChildren {
  readonly dir: string;
  /** Starts a process with these arguments; it is killed when the test ends, if it has not ended by then. */
  start(...args: readonly string[]): Child;
}

/** Registers with `node:test`: a new directory before each test of the file, nothing left after it. */
export function logChildren(): LogChildren {
  let temporary: ReturnType<typeof temporaryDir> | undefined;
  let children: Child[] = [];
  beforeEach(() => {
    temporary = temporaryDir();
  });
  afterEach(async () => {
    await Promise.all(children.map((child) => child.kill()));
    children = [];
    temporary?.remove();
  });
  return {
    get dir(): string {
      if (temporary === undefined) throw new Error('there is a directory only while a test runs');
      return temporary.dir;
    },
    start(...args) {
      const child = new Child(CHILD, ...args);
      children.push(child);
      return child;
    },
  };
}
