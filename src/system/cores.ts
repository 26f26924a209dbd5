/** How many threads can run at one time: the cores of the machine, bounded by a container's CPU quota. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ReadText } from './cgroup.ts';
import { cpuQuota } from './cgroup.ts';

/**
 * At least 1. Part of a core is not counted: a thread too many makes the kernel stop the whole
 * process, main thread included, for the rest of each period.
 */
export function usableCores(cores: number = availableParallelism(), read: ReadText = readText): number {
  return Math.max(1, Math.floor(Math.min(cores, cpuQuota(read))));
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // not Linux, or not allowed: no limit is known
  }
}
