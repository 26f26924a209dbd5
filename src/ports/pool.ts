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
  readonly slots: number;
  /**
   * Runs a batch on slot 0 … `slots - 1`. Rejects only when the slot cannot work at all
   * (`E_ANALYZER_LOAD`, `E_POOL_FAILED`).
   */
  run(slot: number, batch: Batch): Promise<Outcome>;
  /** Ends the threads; batches in hand come back `unprocessed`. Again: does nothing. */
  close(): Promise<void>;
}
