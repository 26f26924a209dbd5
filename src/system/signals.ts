/**
 * SIGINT and SIGTERM as an ordered exit: the first one is told, the second one ends the process at
 * once, without committing or flushing anything.
 *
 * One press of Ctrl-C under `npm run` arrives twice, from the terminal and from npm, which passes it
 * on. So the same signal again within `echoMs` is an echo and not a second wish.
 */
import { constants } from 'node:os';

/** What is listened for. */
export type ExitSignal = 'SIGINT' | 'SIGTERM';

/** What to do with them. */
export interface SignalOptions {
  /** Begins the ordered exit. */
  readonly first: (signal: ExitSignal) => void;
  /** A last word before the process ends by the signal, which shells tell as 130 (SIGINT) or 143 (SIGTERM). */
  readonly second?: (signal: ExitSignal) => void;
  /** Milliseconds in which the same signal again does not count. */
  readonly echoMs?: number;
}

const SIGNALS: readonly ExitSignal[] = ['SIGINT', 'SIGTERM'];
const ECHO_MS = 250;
/** What shells add to a signal's number to make an exit code. */
const EXIT_CODE_OF_SIGNALS = 128;

/** Listens from now on; the returned function stops it and brings Node's own handling back. */
export function onSignals({ first, second, echoMs = ECHO_MS }: SignalOptions): () => void {
  let earlier: { readonly signal: ExitSignal; readonly atMs: number } | null = null;

  const listener = (signal: ExitSignal): void => {
    const atMs = performance.now();
    if (earlier === null) {
      earlier = { signal, atMs };
      first(signal);
    } else if (signal !== earlier.signal || atMs - earlier.atMs >= echoMs) {
      exitNow(signal, second);
    }
  };

  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}

/**
 * Ends by the signal itself, as if it had never been listened for. `process.exit` would wait for the threads
 * of libuv, and a write to the log that is under way there may wait for this very thread.
 */
function exitNow(signal: ExitSignal, lastWord: SignalOptions['second']): never {
  try {
    lastWord?.(signal);
  } finally {
    for (const each of SIGNALS) process.removeAllListeners(each);
    process.kill(process.pid, signal);
    // The first process of a container is not ended by its own signals.
    process.exit(EXIT_CODE_OF_SIGNALS + constants.signals[signal]);
  }
}
