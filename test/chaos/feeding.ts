/** The feeders of one mode, one after another, each with a seed of its own, and the account that they share. */
import { join } from 'node:path';
import { within } from '../helpers/eventually.ts';
import { Child } from './children.ts';
import { readAccount } from './fed.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Story } from './story.ts';

const END_MS = 90_000;

/** The feeding. */
export class Feeding {
  readonly #story: Story;
  readonly #seed: number;
  readonly #module: string;
  readonly #args: readonly string[];
  #feeder: Child | null = null;
  #feeders = 0;

  /** `module` is run with `args`, `--account FILE` and `--seed N`. */
  constructor(
    story: Story,
    options: { readonly seed: number; readonly module: string; readonly args: readonly string[] },
  ) {
    this.#story = story;
    this.#seed = options.seed;
    this.#module = options.module;
    this.#args = options.args;
  }

  start(): void {
    this.#feeders += 1;
    const seed = this.#seed * 10_000 + this.#feeders;
    const args = [...this.#args, '--account', this.#account, '--seed', String(seed)];
    const feeder = new Child(this.#module, args, { file: join(this.#story.dir, 'feeders.txt') });
    this.#feeder = feeder;
    void feeder.exited.then(({ code, signal }) => {
      if (code !== 0 && signal !== 'SIGKILL')
        this.#story.blame(`the feeder ended with ${signal ?? code}: feeders.txt`);
    });
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#feeder === null) return;
    this.#feeder.kill(signal);
    await within('the end of the feeder', this.#feeder.exited, END_MS);
  }

  /** What was fed, or may have been. */
  account(): LedgerEntry[] {
    return readAccount(this.#account);
  }

  get #account(): string {
    return join(this.#story.dir, 'account.txt');
  }
}
