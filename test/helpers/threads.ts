/** How many worker threads this process has, asked of the system: also those that nobody refers to any more. */
import { readdirSync, readFileSync } from 'node:fs';

/** What Node calls the thread of a Worker. */
const WORKER = 'WorkerThread';

/** The number of worker threads; null where the system does not say (only Linux does). */
export function workerThreads(): number | null {
  if (process.platform !== 'linux') return null;
  return readdirSync('/proc/self/task').filter((id) => nameOf(id).startsWith(WORKER)).length;
}

function nameOf(id: string): string {
  try {
    return readFileSync(`/proc/self/task/${id}/comm`, 'utf8');
  } catch {
    return ''; // It ended in between.
  }
}
