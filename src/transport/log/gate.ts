/**
 * The gate keeps apart, over all processes of one log, what LMDB does not: opening and closing the
 * environment from writing to it.
 *
 * Why: in the LMDB that `lmdb` 3.5.6 carries, `mdb_env_open2` of `mdb.c` stores the transaction id
 * that it has read from the file a moment before into the memory that all processes share, for
 * readers too. A commit in between is undone by that: the next transaction begins where the one
 * before it began, and overwrites what was acknowledged. And `mdb_env_close_active` destroys the
 * shared locks when it believes to be alone, under a process that is just opening.
 *
 * How: each process has files in `DIR/gate`, named by what it does and by its holder. One that opens
 * puts `o-…` and waits until no living process has a `w-…`; one that writes or closes puts `w-…` and
 * takes it back when a living process has an `o-…`. Each puts its own file first and looks for the
 * others' second, so at least one of two always sees the other. A busy writer keeps its file and
 * looks now and then: a transaction costs nothing. Files of dead processes do not count.
 *
 * As long as a process has the environment open it has `u-…`, put before its `o-…` is removed. Who wants
 * the log for itself alone puts `w-…` and finds no living `o-…` or `u-…` of another.
 *
 * It promises no order between processes, and does not see processes of another machine or container.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../model/errors.ts';
import type { StoredHolder } from './environment.ts';
import { isAlive, thisHolder } from './holder.ts';

/** How long a process is waited for that lives but does not let go (a stopped one, for instance). */
const YIELD_MS_MAX = 30_000;

/** How soon to look again whether what is waited for has gone; doubles up to {@link LOOK_MS}. */
const POLL_MS = 2;
/** How often a writer looks whether somebody wants to open. */
const LOOK_MS = 20;
/** A writer that has nothing to write keeps its file so long, so that a slow but steady one puts it once. */
const GRACE_MS = 100;

/** What a process does: open, write or close, have it open (use it). */
type Kind = 'o' | 'w' | 'u';
const NAME = /^([owu])-(\d+)-(\d+)-(.+)$/;

/** Work that waits to be let in. */
interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: unknown) => void;
}

/** The gate of one open environment. */
export class Gate {
  readonly #dir: string;
  readonly #yieldMsMax: number;
  readonly #holder: StoredHolder = thisHolder(randomUUID());
  readonly #waiting: Waiting[] = [];
  readonly #closed = new AbortController();
  /** Lets work in and out; `null` when there is none. */
  #attending: Promise<void> | null = null;
  #isOpen = false;
  #underWay = 0;
  #usedMs = 0;
  #onSettled: (() => void) | null = null;

  /** `dir`: the log's. */
  constructor(dir: string, yieldMsMax: number = YIELD_MS_MAX) {
    this.#dir = join(dir, 'gate');
    this.#yieldMsMax = yieldMsMax;
  }

  /**
   * Runs `open` while no living process writes or closes. Rejects with `E_LOG_BUSY` when one does not
   * let go in time, and as the file system does where the gate's files cannot be written.
   */
  async opening<T>(open: () => T): Promise<T> {
    await this.#put('o');
    try {
      await this.#none('w', performance.now() + this.#yieldMsMax);
      await this.#living('u'); // Clears away what dead ones have left.
      const opened = open();
      await this.#put('u');
      return opened;
    } finally {
      await this.#remove('o');
    }
  }

  /**
   * Runs `work` while no other living process has the log open; who wants to open it waits until the
   * end. Rejects with `E_LOG_BUSY` at once when one has it open or opens it.
   */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    await this.#put('w');
    try {
      // In this order: one that is done with opening has its `u` before it takes its `o` away.
      for (const kind of ['o', 'u', 'w'] as const) {
        const other = await this.#other(kind);
        if (other !== null) throw this.#inUse(other);
      }
      return await work();
    } finally {
      await this.#remove('w');
    }
  }

  /**
   * Runs `work` while no living process opens: at once when this process is in already, else in the
   * order of the calls. Rejects as `work` does, and as {@link Gate.opening} does.
   */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, refuse) => {
      const start = (): void => {
        this.#underWay += 1;
        void work()
          .finally(() => this.#settle())
          .then(resolve, refuse);
      };
      if (this.#isOpen) {
        start();
        return;
      }
      this.#waiting.push({ start, refuse });
      this.#attending ??= this.#attend();
    });
  }

  /** As {@link Gate.writing}, for the last time: keeps no file for more. */
  async closing(close: () => Promise<void>): Promise<void> {
    try {
      await this.writing(close);
    } finally {
      this.#closed.abort();
      await this.#attending;
      await this.#remove('u');
    }
  }

  #settle(): void {
    this.#underWay -= 1;
    this.#usedMs = performance.now();
    if (this.#underWay === 0) this.#onSettled?.();
  }

  /** Lets in what waits, and goes out again for those that want to open, until nothing waits. */
  async #attend(): Promise<void> {
    while (this.#waiting.length > 0) {
      try {
        await this.#enter();
        this.#isOpen = true;
        for (const { start } of this.#waiting.splice(0)) start();
        await this.#stay();
      } catch (error) {
        for (const { refuse } of this.#waiting.splice(0)) refuse(error);
      }
      this.#isOpen = false;
      await this.#leave();
    }
    this.#attending = null;
  }

  async #enter(): Promise<void> {
    const endMs = performance.now() + this.#yieldMsMax;
    for (;;) {
      await this.#put('w');
      if ((await this.#other('o')) === null) return;
      await this.#remove('w');
      await this.#none('o', endMs);
    }
  }

  /** While there is something to write and nobody wants to open. */
  async #stay(): Promise<void> {
    do {
      await sleep(LOOK_MS, null, { signal: this.#closed.signal }).catch(() => {});
    } while (this.#isWanted() && (await this.#other('o')) === null);
  }

  #isWanted(): boolean {
    if (this.#closed.signal.aborted) return false;
    return this.#underWay > 0 || performance.now() - this.#usedMs < GRACE_MS;
  }

  async #leave(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onSettled = resolve));
    this.#onSettled = null;
    await this.#remove('w');
  }

  /** Waits until no other living process does this. Rejects with `E_LOG_BUSY` at `endMs`. */
  async #none(kind: Kind, endMs: number): Promise<void> {
    for (let pauseMs = POLL_MS; ; pauseMs = Math.min(2 * pauseMs, LOOK_MS)) {
      const other = await this.#other(kind);
      if (other === null) return;
      if (performance.now() >= endMs) throw this.#busy(kind, other);
      await sleep(pauseMs);
    }
  }

  /** Another living process that does this. */
  async #other(kind: Kind): Promise<StoredHolder | null> {
    return (await this.#living(kind))[0] ?? null;
  }

  /** The other living processes that do this. Clears away what dead ones have left. */
  async #living(kind: Kind): Promise<readonly StoredHolder[]> {
    const living: StoredHolder[] = [];
    for (const name of await readdir(this.#dir)) {
      const [, found, pid, startedTicks, token = ''] = NAME.exec(name) ?? [];
      if (found !== kind || token === this.#holder.token) continue;
      const holder = { pid: Number(pid), startedTicks: Number(startedTicks), token };
      if (isAlive(holder)) living.push(holder);
      else await unlink(join(this.#dir, name)).catch(() => {});
    }
    return living;
  }

  async #put(kind: Kind): Promise<void> {
    const path = this.#path(kind);
    try {
      await writeFile(path, '');
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code !== 'ENOENT') throw error;
      await mkdir(this.#dir).catch(() => {});
      await writeFile(path, '');
    }
  }

  /** Fails only where the file is gone or cannot go; then it does not count once this process has ended. */
  async #remove(kind: Kind): Promise<void> {
    await unlink(this.#path(kind)).catch(() => {});
  }

  #path(kind: Kind): string {
    const { pid, startedTicks, token } = this.#holder;
    return join(this.#dir, `${kind}-${pid}-${startedTicks}-${token}`);
  }

  #inUse({ pid }: StoredHolder): EngineError {
    const dir = dirname(this.#dir);
    return new EngineError('E_LOG_BUSY', `process ${pid} has the log in ${dir} open`, {
      hint: 'Stop that process first: this needs the log for itself alone.',
      details: { pid, dir },
    });
  }

  #busy(kind: Kind, { pid }: StoredHolder): EngineError {
    const dir = dirname(this.#dir);
    const what = kind === 'w' ? 'writes to the log' : 'opens the log';
    return new EngineError(
      'E_LOG_BUSY',
      `process ${pid} ${what} in ${dir} and has not let go for ${this.#yieldMsMax} ms`,
      {
        hint: `Let it go on (if it is stopped: kill -CONT ${pid}), or end it; nothing acknowledged is lost.`,
        details: { pid, dir },
        retriable: kind === 'o',
      },
    );
  }
}
