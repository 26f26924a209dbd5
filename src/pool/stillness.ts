/**
 * How long a progress word has not moved, counted in ticks.
 *
 * Elapsed time comes from a timer of the main thread, which may itself stand still: after a stalled
 * loop or a stopped process the clock has run and the worker has not. So one tick never counts for
 * more than twice its interval. Knows no clock.
 */
export class Stillness {
  readonly #tickMsMax: number;
  #word = 0;
  #stillMs = 0;

  constructor(intervalMs: number) {
    this.#tickMsMax = 2 * intervalMs;
  }

  /** Begins again: what stood still so far does not count. */
  restart(): void {
    this.#stillMs = 0;
  }

  /** One tick: `elapsedMs` since the one before. Returns for how long the word has stood, at least. */
  observe(word: number, elapsedMs: number): number {
    if (word === this.#word) this.#stillMs += Math.min(elapsedMs, this.#tickMsMax);
    else this.#stillMs = 0;
    this.#word = word;
    return this.#stillMs;
  }
}
