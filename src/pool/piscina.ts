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
import { describe } from '../model/errors.ts';
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
    await pool.start();
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

class PiscinaPool implements Pool {
  readonly slots: number;
  readonly #slots: readonly Slot[];
  readonly #watchdog: NodeJS.Timeout;
  #running = 0;
  #closed: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    const { tasks } = options;
    const tickMs = tickMsOf(options);
    const buffers = new FreeBuffers(BATCHES_MAX * options.threads);
    const outcomes = new FreeBuffers(OUTCOMES_KEPT_MAX);
    this.slots = options.threads;
    this.#slots = Array.from({ length: options.threads }, () => {
      const progress = new SharedArrayBuffer(PROGRESS_BYTES);
      const thread = createThread({ tasks, limits: options.limits, progress }, options.heapMbMax);
      return new Slot(thread, { tasks, buffers, outcomes, progress: new Int32Array(progress), tickMs });
    });
    this.#watchdog = watch(this.#slots, tickMs);
  }

  async start(): Promise<void> {
    await this.#busy(Promise.all(this.#slots.map((slot) => slot.start())));
  }

  run(slot: number, batch: Batch): Promise<Outcome> {
    const chosen = this.#slots[slot];
    assert(chosen !== undefined, 'a batch is for a slot of the pool');
    return this.#busy(chosen.run(batch));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.close()));
    clearInterval(this.#watchdog);
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

function watch(slots: readonly Slot[], tickMs: number): NodeJS.Timeout {
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

function createThread(workerData: ThreadData, heapMbMax: number): Thread {
  const piscina = new Piscina({
    filename: ENTRY,
    workerData,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: BATCHES_MAX,
    atomics: 'disabled',
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
  });
  // Only for a thread that ends with nothing in hand; it is replaced.
  piscina.on('error', (error) => {
    process.emitWarning(`an idle worker thread ended: ${describe(error)}`);
  });
  return {
    post: (request: ThreadRequest) =>
      piscina.run(request, { transferList: buffersOf(request) }) as Promise<ThreadReply>,
    // Resolves when the thread has ended, which its requests learn too.
    end: () => void piscina.threads[0]?.terminate(),
    close: () => piscina.destroy(),
  };
}
