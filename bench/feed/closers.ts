/** What is to be closed at the end, or when opening the rest fails: last opened first. */

/** Each is closed once, whatever becomes of the others. */
export class Closers {
  readonly #steps: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#steps.push(close);
  }

  /** Rejects with the first failure, when all are closed. Again: does nothing. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).toReversed()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** What `open` opens; when it fails, what it had opened until then is closed. */
  static async around<T>(open: (closers: Closers) => Promise<T>): Promise<T> {
    const closers = new Closers();
    try {
      return await open(closers);
    } catch (error) {
      await closers.close().catch(() => undefined);
      throw error;
    }
  }
}
