/** The child processes of a chaos run: what each writes goes to a file, and none outlives the run. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const alive = new Set<ChildProcess>();

/** Ends those that are left, by their ids. For the end of the run, however it comes. */
export function endAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/** One process. */
export class Child {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #file: string;

  /** Runs a module; `file` gets what it writes. */
  constructor(
    module: string,
    args: readonly string[],
    { file, env = {} }: { readonly file: string; readonly env?: Readonly<Record<string, string>> },
  ) {
    const output = openSync(file, 'a');
    this.#file = file;
    this.#process = spawn(process.execPath, [module, ...args], {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
    });
    closeSync(output);
    alive.add(this.#process);
    this.exited = once(this.#process, 'close').then(([code, signal]) => {
      alive.delete(this.#process);
      return { code, signal } as Exit;
    });
  }

  /** Runs `faultline ARGS`. */
  static faultline(args: readonly string[], options: ConstructorParameters<typeof Child>[2]): Child {
    return new Child(MAIN, args, options);
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** What it has written so far. */
  get written(): string {
    return readFileSync(this.#file, 'utf8');
  }
}
