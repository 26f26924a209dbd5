/**
 * The pool without threads: the same worker code on the calling thread, for tests and for commands
 * that look at a few reports.
 *
 * No protection: an analyzer that hangs hangs the caller, one that exits ends the process, and a
 * late rejection is the process's own. Batches of all slots run one after the other; `close` waits for
 * them.
 */
import { assert } from '../model/assert.ts';
import type { Batch, Outcome } from '../model/batch.ts';
import { EngineError } from '../model/errors.ts';
import type { Pool } from '../ports/pool.ts';
import { packBatch } from '../wire/batch.ts';
import { unpackOutcome } from '../wire/outcome.ts';
import type { PoolOptions } from './options.ts';
import { PROGRESS_BYTES } from './worker/progress.ts';
import { createThreadHalf } from './worker/thread.ts';
import type { ThreadHalf } from './worker/thread.ts';

/** Loads all analyzers. Rejects with `E_ANALYZER_LOAD`. */
export async function createInlinePool(options: Omit<PoolOptions, 'heapMbMax' | 'startMs'>): Promise<Pool> {
  const { tasks, limits, threads } = options;
  const thread = createThreadHalf({ tasks, limits, progress: new SharedArrayBuffer(PROGRESS_BYTES) });
  const loaded = await thread.request(null);
  if (loaded.type === 'failed') throw new EngineError(loaded.fault.code, loaded.fault.message);
  const running = new Set<Promise<unknown>>();
  let slots = threads;
  let closed = false;
  function refuseClosed(): void {
    if (closed) throw new EngineError('E_POOL_FAILED', 'the pool is closed');
  }
  return {
    get slots() {
      return slots;
    },
    async run(slot, batch) {
      assert(slot < slots, 'a batch is for a slot of the pool');
      refuseClosed();
      const outcome = run(thread, batch);
      running.add(outcome);
      return outcome.finally(() => running.delete(outcome));
    },
    async resize(to) {
      assert(Number.isSafeInteger(to) && to >= 1, 'a pool has at least one slot');
      refuseClosed();
      slots = to;
    },
    async close() {
      closed = true;
      await Promise.allSettled(running);
    },
  };
}

async function run(thread: ThreadHalf, batch: Batch): Promise<Outcome> {
  const reply = await thread.request({
    batch: packBatch(batch, (bytes) => new ArrayBuffer(bytes)),
    spare: null,
  });
  if (reply.type === 'outcome') return unpackOutcome(reply.outcome);
  if (reply.type === 'failed') throw new EngineError(reply.fault.code, reply.fault.message);
  throw new EngineError('E_ASSERT', 'a batch is answered by an outcome or a fault');
}
