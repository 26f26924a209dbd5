/**
 * Waiting for what real threads, files and sockets do, without asserting on wall time: a bound that
 * is far beyond what is needed turns a hang into a failure that says what was waited for.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** How to wait. */
export interface Patience {
  /** Far beyond what is needed, milliseconds. */
  readonly withinMs?: number;
  readonly everyMs?: number;
}

const WITHIN_MS = 20_000;
const EVERY_MS = 5;

/**
 * Looks again until `look` gives something else than `undefined`, `null` or false, and returns that.
 * Rejects with `what` when it does not in time; an error of `look` is passed on at once.
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  { withinMs = WITHIN_MS, everyMs = EVERY_MS }: Patience = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(everyMs);
  }
}

/** Bounds a promise that should settle by itself. Rejects with `what` when it does not in time. */
export async function within<T>(what: string, promise: Promise<T>, withinMs: number = WITHIN_MS): Promise<T> {
  const stop = new AbortController();
  const overdue = pause(withinMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`not within ${withinMs} ms: ${what}`);
  });
  overdue.catch(() => undefined);
  try {
    return await Promise.race([promise, overdue]);
  } finally {
    stop.abort();
  }
}
