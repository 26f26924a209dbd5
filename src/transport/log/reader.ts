/**
 * Reads many partitions: brings blocks in ahead of their use, off the main thread where they are
 * cold, and hands deliveries out in turn.
 *
 * Knows nothing of groups; the source and `tail` stand on it.
 */
import { assert } from '../../model/assert.ts';
import type { Delivery } from '../../model/delivery.ts';
import { EngineError, describe } from '../../model/errors.ts';
import type { PullLimit } from '../../ports/source.ts';
import { Wake } from '../wake.ts';
import type { Cursor, Located } from './cursor.ts';
import type { Environment } from './environment.ts';
import { blockKey } from './layout.ts';

/** Bytes of blocks that a reader holds ahead, over all its partitions; each may have one block more. */
const AHEAD_BYTES_MAX = 8 * 1024 * 1024;

/** What a reader is made with. */
export interface ReaderOptions {
  readonly environment: Environment;
  /** How often to look for what other processes have written, milliseconds. */
  readonly pollMs: number;
  /** Called when that time has come: the place to add cursors for new topics. */
  readonly onPoll: () => Promise<void>;
}

/** The reader. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #cursors: Cursor[] = [];
  readonly #wake = new Wake();
  #loading: Promise<void> | null = null;
  /** False while it is known that there is nothing to bring in. */
  #mayHaveMore = true;
  #polledMs = -Infinity;
  #turn = 0;
  #failure: EngineError | null = null;
  #closed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** The partitions being read. */
  get cursors(): readonly Cursor[] {
    return this.#cursors;
  }

  /** Reads this partition too. */
  add(cursor: Cursor): void {
    this.#cursors.push(cursor);
    this.#mayHaveMore = true;
  }

  /** There may be new records. */
  notify(): void {
    this.#mayHaveMore = true;
    this.#wake.notify();
  }

  /** As the port's `pull`. Rejects with `E_LOG_CORRUPT` or `E_LOG_IO`. */
  async pull(limit: PullLimit): Promise<readonly Delivery[]> {
    const endMs = performance.now() + limit.waitMs;
    for (;;) {
      await this.#pollWhenDue();
      // Again where all that was to be brought in has been removed meanwhile.
      while (!this.#isReady(limit) && !this.#closed) {
        await this.#load();
        if (!this.#mayHaveMore) break;
      }
      if (this.#closed) return [];
      this.#throwFailure();
      const found = this.#take(limit);
      if (found.length > 0) this.#mayHaveMore = true;
      void this.#load();
      const leftMs = endMs - performance.now();
      if (found.length > 0 || leftMs <= 0 || limit.signal.aborted) return found;
      await this.#wake.wait(Math.min(leftMs, this.#options.pollMs), limit.signal);
    }
  }

  /** Ends a pull that waits; resolves when nothing is being brought in. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake.notify();
    await this.#loading;
  }

  async #pollWhenDue(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#polledMs < this.#options.pollMs) return;
    this.#polledMs = nowMs;
    this.#mayHaveMore = true;
    await this.#options.onPoll();
  }

  #isReady(limit: PullLimit): boolean {
    return this.#cursors.some((cursor) => cursor.isReady && !limit.paused(cursor.topic, cursor.partition));
  }

  /** One at a time; a call while one runs is answered with that one. Never rejects: see `#throwFailure`. */
  #load(): Promise<void> {
    this.#loading ??= this.#loadBlocks()
      .catch((cause: unknown) => {
        this.#failure = new EngineError('E_LOG_IO', `the log cannot be read: ${describe(cause)}`, { cause });
      })
      .finally(() => {
        this.#loading = null;
      });
    return this.#loading;
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure;
  }

  async #loadBlocks(): Promise<void> {
    if (!this.#mayHaveMore || this.#closed) return;
    this.#mayHaveMore = false;
    const { tables } = this.#options.environment;
    const share = AHEAD_BYTES_MAX / this.#cursors.length;
    const wanted: { readonly cursor: Cursor; readonly key: Buffer; readonly located: Located }[] = [];
    for (const cursor of this.#cursors) {
      for (const located of cursor.wanted(share)) {
        wanted.push({ cursor, located, key: blockKey(located.writer, located.sequence) });
      }
    }
    if (wanted.length === 0) return;
    await tables.blocks.prefetch(wanted.map(({ key }) => key));
    if (this.#closed) return;
    for (const { cursor, located } of wanted) cursor.load(located);
    this.#mayHaveMore = true;
  }

  /** One round over what is ready, a fair share of each; another partition begins each time. */
  #take(limit: PullLimit): readonly Delivery[] {
    const ready = this.#cursors.filter(
      (cursor) => cursor.isReady && !limit.paused(cursor.topic, cursor.partition),
    );
    const taken: Delivery[] = [];
    let bytesLeft = limit.bytesMax;
    this.#turn += 1;
    for (let i = 0; i < ready.length && taken.length < limit.deliveriesMax && bytesLeft > 0; i += 1) {
      const cursor = ready[(this.#turn + i) % ready.length];
      assert(cursor !== undefined, 'a turn names a cursor');
      if (taken.length > 0 && cursor.isBroken) continue;
      const share = Math.ceil((limit.deliveriesMax - taken.length) / (ready.length - i));
      bytesLeft -= cursor.take(taken, share, bytesLeft);
    }
    return taken;
  }
}
