/**
 * The pool of worker threads, on piscina: one Piscina of one thread per slot.
 *
 * Why not one Piscina with many threads: its results do not say which worker ran them, a worker
 * cannot be chosen, and the end of a thread rejects all tasks on it; with one thread each, a slot
 * knows who is to blame (docs/adr/0003-bytes-on-the-main-thread.md). No task has a `signal`, which
 * would make the thread take one at a time, and `atomics` are off, because the thread must see its
 * own late rejections. Errors of piscina have no codes and do not leave the slot.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { assert } from '../model/assert.ts';
import { describe, EngineError } from '../model/errors.ts';
import type { Batch, Outcome } from '../model/batch.ts';
import type { Pool } from '../ports/pool.ts';
import { FreeBuffers } from './buffers.ts';
import type { PoolOptions } from './options.ts';
import type { Thread } from './slot.ts';
import { BATCHES_MAX, Slot } from './slot.ts';
import { PROGRESS_BYTES } from './worker/progress.ts';
import type { ThreadData, ThreadReply, ThreadRequest } from './worker/protocol.ts';

/** Bounds of the watchdog's tick; in between it is a quarter of the shortest timeout. */
const TICK_MS_MIN = 5;
const TICK_MS_MAX = 250;

/** Buffers of outcomes kept for the next ones: about what is being published at one time. */
const OUTCOMES_KEPT_MAX = 64;

/**
 * Young generation of a thread, MiB. Node gives a thread that reaches its limit 16 MiB more to end in;
 * what survives a young generation must fit there, or V8 ends the whole process. (V8's own choice, 192,
 * does not fit, is no faster for our work, and takes 40 MiB more of memory per thread.)
 */
const YOUNG_MB = 24;

/** The entry of a thread: TypeScript in a checkout, JavaScript in `dist`. */
const ENTRY: string = fileURLToPath(
  new URL(`../../workers/analyze${extname(import.meta.filename)}`, import.meta.url),
);

/**
 * Starts the threads; resolves when each has loaded all analyzers. Rejects with `E_ANALYZER_LOAD` or
 * `E_POOL_FAILED`; nothing is left running then.
 */
export async function createPiscinaPool(options: PoolOptions): Promise<Pool> {
  const pool = new PiscinaPool(options);
  try {
    await pool.resize(options.threads);
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

class PiscinaPool implements Pool {
  readonly #options: PoolOptions;
  readonly #tickMs: number;
  readonly #buffers = new FreeBuffers(0);
  readonly #outcomes = new FreeBuffers(OUTCOMES_KEPT_MAX);
  /** Those that take batches, by their number. */
  readonly #slots: Slot[] = [];
  /** Those and the ones that are starting or ending: whatever has a thread. */
  readonly #alive = new Set<Slot>();
  readonly #watchdog: NodeJS.Timeout;
  #running = 0;
  #resizing = false;
  #closed: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#tickMs = tickMsOf(options);
    this.#watchdog = watch(this.#alive, this.#tickMs);
  }

  get slots(): number {
    return this.#slots.length;
  }

  run(slot: number, batch: Batch): Promise<Outcome> {
    const chosen = this.#slots[slot];
    assert(chosen !== undefined, 'a batch is for a slot of the pool');
    return this.#busy(chosen.run(batch));
  }

  async resize(slots: number): Promise<void> {
    assert(Number.isSafeInteger(slots) && slots >= 1, 'a pool has at least one slot');
    assert(!this.#resizing, 'a pool is resized by one at a time');
    if (this.#closed !== undefined) throw new EngineError('E_POOL_FAILED', 'the pool is closed');
    this.#resizing = true;
    try {
      await this.#busy(slots > this.slots ? this.#grow(slots) : this.#shrink(slots));
    } finally {
      this.#resizing = false;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** All of the new slots, or none. */
  async #grow(slots: number): Promise<void> {
    const added = Array.from({ length: slots - this.slots }, () => this.#newSlot());
    try {
      await Promise.all(added.map((slot) => slot.start()));
    } catch (error) {
      await Promise.allSettled([this.#end(added)]);
      throw error;
    }
    this.#slots.push(...added);
    this.#buffers.keep(BATCHES_MAX * slots);
  }

  async #shrink(slots: number): Promise<void> {
    assert(
      this.#slots.slice(slots).every((slot) => slot.idle),
      'a slot that goes has no batch',
    );
    this.#buffers.keep(BATCHES_MAX * slots);
    await this.#end(this.#slots.splice(slots));
  }

  #newSlot(): Slot {
    const { tasks, limits, heapMbMax, startMs } = this.#options;
    const progress = new SharedArrayBuffer(PROGRESS_BYTES);
    const of = { data: { tasks, limits, progress }, heapMbMax, startMs };
    const slot = new Slot((ended) => createThread(of, ended), {
      tasks,
      startMs,
      buffers: this.#buffers,
      outcomes: this.#outcomes,
      progress: new Int32Array(progress),
      tickMs: this.#tickMs,
    });
    this.#alive.add(slot);
    return slot;
  }

  async #end(slots: Iterable<Slot>): Promise<void> {
    await Promise.all(
      Array.from(slots, async (slot) => {
        this.#alive.delete(slot);
        await slot.close();
      }),
    );
  }

  async #close(): Promise<void> {
    const ending = this.#end(this.#alive);
    clearInterval(this.#watchdog);
    await ending;
  }

  /** Keeps the process alive while a thread that is being replaced has work: piscina itself does not. */
  async #busy<T>(work: Promise<T>): Promise<T> {
    if (++this.#running === 1) this.#watchdog.ref();
    try {
      return await work;
    } finally {
      if (--this.#running === 0) this.#watchdog.unref();
    }
  }
}

function tickMsOf({ tasks }: PoolOptions): number {
  const shortestMs = Math.min(...tasks.map((task) => task.eventTimeoutMs));
  return Math.min(TICK_MS_MAX, Math.max(TICK_MS_MIN, shortestMs / 4));
}

function watch(slots: Iterable<Slot>, tickMs: number): NodeJS.Timeout {
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    for (const slot of slots) slot.tick(nowMs - lastMs);
    lastMs = nowMs;
  }, tickMs);
  return timer.unref();
}

function buffersOf(request: ThreadRequest): ArrayBuffer[] {
  if (request === null) return [];
  return request.spare === null ? [request.batch] : [request.batch, request.spare];
}

interface ThreadOptions extends Pick<PoolOptions, 'heapMbMax' | 'startMs'> {
  readonly data: ThreadData;
}

function createThread({ data, heapMbMax, startMs }: ThreadOptions, ended: () => void): Thread {
  const piscina = new Piscina({
    filename: ENTRY,
    workerData: data,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: BATCHES_MAX,
    atomics: 'disabled',
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: heapMbMax, maxYoungGenerationSizeMb: YOUNG_MB },
  });
  piscina.on('workerDestroy', ended);
  // Only for a thread that ends with nothing in hand; it is replaced.
  piscina.on('error', (error) => {
    process.emitWarning(`an idle worker thread ended: ${describe(error)}`);
  });
  let closing: Promise<void> | undefined;
  return {
    post: (request: ThreadRequest) =>
      piscina.run(request, { transferList: buffersOf(request) }) as Promise<ThreadReply>,
    end: () => void piscina.threads[0]?.terminate(),
    close: () => (closing ??= destroy(piscina, startMs)),
  };
}

/**
 * Once only: piscina replaces a thread of which it hears late that it ended, destroyed or not. Rejects with
 * `E_POOL_FAILED` when the thread does not end: nothing ends one that is stuck in native code.
 */
async function destroy(piscina: Piscina, withinMs: number): Promise<void> {
  piscina.options.minThreads = 0;
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    overdue.reject(new EngineError('E_POOL_FAILED', `a thread did not end within ${withinMs} ms`));
  }, withinMs);
  try {
    await Promise.race([piscina.destroy(), overdue.promise]);
  } finally {
    clearTimeout(timer);
  }
}
