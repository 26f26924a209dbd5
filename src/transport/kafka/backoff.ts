/** How long to wait: before something that failed is tried again (doubling up to a limit, with jitter), and for what may never end. */
import type { KafkaSettings } from './settings.ts';

/** The first wait and the longest. */
export type BackoffSettings = Pick<KafkaSettings, 'backoffMs' | 'backoffMaxMs'>;

/** Resolves after so long or when the signal is given; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });
}

/** Resolves when the work has ended in any way, or after so long; never rejects. */
export function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    work.then(finish, finish);
  });
}

/** As the work ends; rejects at once when the signal is given. What becomes of the work then is nobody's concern. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A count of failures in a row. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #failures = 0;

  constructor({ backoffMs, backoffMaxMs }: BackoffSettings) {
    this.#firstMs = backoffMs;
    this.#maxMs = backoffMaxMs;
  }

  /** After one more failure, milliseconds: between half and all of it, so that many do not come at once. */
  nextMs(): number {
    const fullMs = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return fullMs * (0.5 + Math.random() / 2);
  }

  /** It succeeded. */
  reset(): void {
    this.#failures = 0;
  }
}
