/** Child processes of a test, and the lines they print. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A child process and the lines it has printed whole. */
export class Child {
  readonly process: ChildProcess;
  readonly exited: Promise<unknown>;
  #printed = '';

  /** Runs a module with arguments. */
  constructor(module: string, ...args: readonly string[]) {
    this.process = spawn(process.execPath, [module, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process.stdout?.on('data', (chunk: Buffer) => (this.#printed += chunk.toString()));
    this.exited = once(this.process, 'close');
  }

  get lines(): string[] {
    return this.#printed.split('\n').slice(0, -1);
  }

  /** Resolves when so many lines are there, or the child has ended. */
  async printed(lines: number): Promise<void> {
    while (this.lines.length < lines && !this.#hasEnded) {
      await Promise.race([once(this.process.stdout ?? this.process, 'data'), this.exited]);
    }
  }

  get #hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Kills it (`kill -9`); resolves when it has ended. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }
}
