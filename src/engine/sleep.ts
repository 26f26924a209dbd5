/** Waiting by the clock port. */
import type { Clock } from '../ports/clock.ts';

/** Resolves after `ms`, or at once when the signal is given. Never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.schedule(ms, finish);
    signal.addEventListener('abort', finish);
  });
}

/** What `work` resolves with, or false when that takes longer than `ms`. Rejects as `work` does. */
export function withDeadline(clock: Clock, work: Promise<boolean>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, () => {
      resolve(false);
    });
    work.then(resolve, reject).finally(cancel);
  });
}

/** Resolves when the signal is given. */
export function given(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
