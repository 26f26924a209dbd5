/** The worker threads. Implementations pass test/contract/pool.ts. */
import type { Batch, Outcome } from '../model/batch.ts';

/**
 * The port. A slot is one thread with an identity that outlives the thread; it takes at most two
 * batches (one in hand, one waiting) and runs them in order.
 *
 * The pool detects and blames, the engine decides: a delivery that hangs or kills its thread comes
 * back as `suspect`, the rest of its batch and the batch behind it as `unprocessed`.
 */
export interface Pool {
  /** Changes with `resize`. */
  readonly slots: number;
  /**
   * Runs a batch on slot 0 … `slots - 1`. Rejects only when the slot cannot work at all
   * (`E_ANALYZER_LOAD`, `E_POOL_FAILED`).
   */
  run(slot: number, batch: Batch): Promise<Outcome>;
  /**
   * Brings the pool to so many slots, at least 1. Those that go (`slots` and above) have no batch; new ones
   * have loaded all analyzers when it resolves. Calls do not overlap. Rejects with `E_ANALYZER_LOAD`
   * or `E_POOL_FAILED` when a new slot cannot start: the slots are as many as before then;
   * and with `E_POOL_FAILED` when a thread that goes does not end: its slot is gone all the same.
   */
  resize(slots: number): Promise<void>;
  /** Ends the threads; batches in hand come back `unprocessed`. Again: does nothing. Rejects with `E_POOL_FAILED` when one does not end. */
  close(): Promise<void>;
}
