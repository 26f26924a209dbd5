/**
 * The end of a process whose work is over and that something still keeps: a worker thread that waits
 * in native code cannot be ended, and `process.exit` would wait for it too.
 */

/** How long a process may outlive its work, milliseconds. */
const OUTLIVE_MS_MAX = 5_000;

/** From now on the process ends by itself, or by its own signal when that takes too long. */
export function endAnyway(): void {
  const timer = setTimeout(() => {
    process.stderr.write(
      `faultline: a thread does not end; process ${process.pid} ends itself (everything is closed)\n`,
    );
    process.kill(process.pid, 'SIGKILL');
    process.abort(); // the first process of a container takes no signal that is not the processor's own
  }, OUTLIVE_MS_MAX);
  timer.unref();
}
