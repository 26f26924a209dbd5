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
