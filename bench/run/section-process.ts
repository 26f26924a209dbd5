/** Runs one section in a process of its own, with a directory for what is temporary, and ends both. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaUnavailable } from '../../test/helpers/kafka/tools.ts';
import type { FromSection, Order, Outcome, ToSection } from './messages.ts';

/** What the process may ask of the bench. */
export interface Host {
  /** Rejects where there can be none. */
  readonly brokers: () => Promise<readonly string[]>;
  readonly tell: (what: string) => void;
}

const CHILD = join(import.meta.dirname, 'child.ts');

/** The process of a section. */
export class SectionProcess {
  readonly #host: Host;
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #outcome = Promise.withResolvers<Outcome>();

  constructor(host: Host) {
    this.#host = host;
    this.#directory = mkdtempSync(join(tmpdir(), 'faultline-bench-'));
    this.#child = fork(CHILD, {
      detached: true,
      serialization: 'advanced',
      env: { ...process.env, TMPDIR: this.#directory },
    });
    this.#child.on('message', (message) => this.#hear(message as FromSection));
    this.#child.once('exit', (code, signal) => {
      const why = `its process ended by itself (${signal ?? code})`;
      this.#outcome.resolve({ type: 'failed', why });
    });
    this.#child.once('error', (error) => this.#outcome.resolve({ type: 'failed', why: error.message }));
  }

  /** Runs it; the process has ended when it resolves. */
  async run(order: Order): Promise<Outcome> {
    this.#say(order);
    const outcome = await this.#outcome.promise;
    await this.end();
    return outcome;
  }

  /** Ends everything that the process has started, and it. Again: does nothing more. */
  async end(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    const ended = exitCode !== null || signalCode !== null ? undefined : once(this.#child, 'exit');
    if (pid !== undefined) {
      killGroup(pid);
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 });
  }

  #hear(message: FromSection): void {
    switch (message.type) {
      case 'tell':
        this.#host.tell(message.what);
        return;
      case 'brokers?':
        void this.#giveBrokers();
        return;
      case 'done':
      case 'failed':
      case 'left-out':
      case 'wrong-flag':
        this.#outcome.resolve(message);
        return;
    }
  }

  async #giveBrokers(): Promise<void> {
    try {
      this.#say({ type: 'brokers', brokers: await this.#host.brokers() });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#say({ type: 'no-brokers', why, isMissing: error instanceof KafkaUnavailable });
    }
  }

  #say(message: ToSection): void {
    if (this.#child.connected) this.#child.send(message);
  }
}

/** What is left of it. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // There is nobody left.
  }
}
