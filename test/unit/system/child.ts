/** Runs a piece of a program in a process of its own, and waits for what it says. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** The running piece. */
export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** The next line it prints. */
  line(): Promise<string | undefined>;
  /** How it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

const ROOT = new URL('../../../', import.meta.url);

/** `imports` are names of one module of ours; `body` uses them. */
export function runChild(module: string, imports: string, body: string): Child {
  const program = `import { ${imports} } from ${JSON.stringify(new URL(module, ROOT).href)};\n${body}`;
  const process_ = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(process_.stdout)[Symbol.asyncIterator]();
  return {
    process: process_,
    line: async () => (await lines.next()).value,
    ended: once(process_, 'exit').then(([code, signal]) => ({ code, signal })),
  };
}
