/** Ctrl-C and SIGTERM for commands that can stop at any moment. The second one ends the process at once. */
import { onSignals } from '../system/signals.ts';

/** A signal that the first interrupt aborts, and the way to stop listening. */
export interface Interrupt {
  readonly signal: AbortSignal;
  close(): void;
}

/** Listens from now on; also aborted when `gone` is. */
export function listenForInterrupt(gone: AbortSignal): Interrupt {
  const controller = new AbortController();
  const close = onSignals({ first: () => controller.abort() });
  return { signal: AbortSignal.any([gone, controller.signal]), close };
}
