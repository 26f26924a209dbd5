/**
 * Changes the number of slots while the engine runs. Order is kept without doing anything for it: no
 * lane is in two batches. A slot that goes first finishes what it has.
 */
import { EngineError } from '../model/errors.ts';
import type { Pool } from '../ports/pool.ts';
import type { Probe } from '../ports/probe.ts';
import type { Conditions } from './conditions.ts';
import type { Dispatch } from './dispatch.ts';

/** What it works with. */
export interface ResizeContext {
  readonly pool: Pool;
  readonly dispatch: Dispatch;
  readonly conditions: Conditions;
  readonly probe: Probe;
  /** The engine has ended: no batch comes back any more. */
  readonly ended: () => boolean;
}

/** One resize at a time, in the order of the calls. */
export class Resize {
  readonly #context: ResizeContext;
  #last: Promise<void> = Promise.resolve();

  constructor(context: ResizeContext) {
    this.#context = context;
  }

  /** Rejects as the pool does, and with `E_ENGINE_ENDED`. */
  to(slots: number): Promise<void> {
    const resized = this.#last.then(() => this.#resize(slots));
    this.#last = resized.catch(() => undefined);
    return resized;
  }

  async #resize(slots: number): Promise<void> {
    const { pool, dispatch, conditions, probe, ended } = this.#context;
    const before = pool.slots;
    if (slots < before) {
      dispatch.confine(slots);
      await conditions.until(() => dispatch.isConfined || ended(), null);
    }
    if (ended()) throw new EngineError('E_ENGINE_ENDED');
    try {
      await pool.resize(slots);
    } finally {
      // A thread that does not end is the pool's failure; its slot is gone all the same.
      dispatch.confine(pool.slots);
      if (pool.slots < before) dispatch.forgetSlots();
      if (pool.slots !== before) probe({ type: 'resized', before, after: pool.slots });
    }
  }
}
