/** Ctrl-C and SIGTERM for commands that can stop at any moment. The second one ends the process at once. */

/** A signal that the first interrupt aborts, and the way to stop listening. */
export interface Interrupt {
  readonly signal: AbortSignal;
  close(): void;
}

/** Listens from now on; also aborted when `gone` is. */
export function listenForInterrupt(gone: AbortSignal): Interrupt {
  const controller = new AbortController();
  // After the first one Node's own handling is back, which ends the process.
  const close = (): void => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  const onSignal = (): void => {
    close();
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return { signal: AbortSignal.any([gone, controller.signal]), close };
}
