/** The calls of a sink that are under way: none begins after the close, which waits for all of them. */
import { EngineError } from '../../model/errors.ts';

/** The calls under way. */
export class Calls {
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  /** Makes the call; as it ends. Rejects with `E_SINK_CLOSED` after the close. */
  async make<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new EngineError('E_SINK_CLOSED');
    const made = call();
    this.#underWay.add(made);
    try {
      return await made;
    } finally {
      this.#underWay.delete(made);
    }
  }

  /** Resolves when all have ended, whatever became of them. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }
}
