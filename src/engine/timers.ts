/**
 * The clock as the engine's stages see it: whatever they schedule ends with the engine, and an error
 * of theirs ends the engine instead of escaping into a timer.
 */
import type { Cancel, Clock } from '../ports/clock.ts';

/** A clock whose timers end together. */
export class Timers implements Clock {
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #waiting = new Set<Cancel>();
  #ended = false;

  /** `failed` gets what a callback throws. */
  constructor(clock: Clock, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  /** After the end nothing is scheduled any more. */
  schedule(delayMs: number, callback: () => void): Cancel {
    if (this.#ended) return () => undefined;
    const cancelTimer = this.#clock.schedule(delayMs, () => {
      this.#waiting.delete(cancel);
      try {
        callback();
      } catch (error) {
        this.#failed(error);
      }
    });
    const cancel = (): void => {
      this.#waiting.delete(cancel);
      cancelTimer();
    };
    this.#waiting.add(cancel);
    return cancel;
  }

  /** Cancels all. */
  end(): void {
    this.#ended = true;
    for (const cancel of this.#waiting) cancel();
  }
}
