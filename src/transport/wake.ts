/**
 * A place to wait for news with a bound: what a pull does when there is nothing.
 *
 * One waiter at a time (pulls do not overlap). News that comes while nobody waits is kept, so that
 * none is missed between looking and waiting.
 */

/** Waits for `notify`, for a time or for a signal, whichever comes first. */
export class Wake {
  #news = false;
  #release: (() => void) | null = null;

  /** Something changed. */
  notify(): void {
    this.#news = true;
    this.#release?.();
  }

  /** Resolves at news, after `waitMs` or when `signal` is aborted; never rejects. */
  async wait(waitMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#news && waitMs > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#release = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', this.#onAbort);
          this.#release = null;
          resolve();
        };
        signal.addEventListener('abort', this.#onAbort);
      });
      this.#release?.();
    }
    this.#news = false;
  }

  readonly #onAbort = (): void => this.#release?.();
}
