/**
 * CPU of this process by kind of thread, as Linux counts it for each of them. Threads that have ended are
 * not there any more; who adds up takes the rest of the process as `other`. No figures on other systems.
 */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * `main`; `script`: worker threads that run JavaScript; `v8`: its helpers, which collect garbage and compile
 * beside the threads; `libuv`: its pool, where LMDB writes, files are read and payloads are compressed.
 */
export type ThreadKind = 'main' | 'script' | 'v8' | 'libuv' | 'other';

/** CPU so far, µs. */
export type CpuByKind = Readonly<Record<ThreadKind, number>>;

/** One thread as the kernel tells of it. */
interface ThreadCpu {
  readonly name: string;
  readonly isMain: boolean;
  readonly cpuUs: number;
}

/** Names of threads are cut to this by the kernel. */
const NAME_LENGTH_MAX = 15;
/** The kernel counts in hundredths of a second towards programs, whatever its own clock (`getconf CLK_TCK`). */
const TICK_US = 10_000;
const TASKS = '/proc/self/task';

/** What Node calls a thread that was given no name, and the names that were given. */
const scriptNames = new Set(['WorkerThread']);
process.on('worker', ({ threadName }) => {
  if (threadName !== null && threadName !== '') scriptNames.add(threadName.slice(0, NAME_LENGTH_MAX));
});

/** CPU of the threads that live now; `null` where the system does not say. */
export function readCpuByKind(): CpuByKind | null {
  try {
    const threads = readdirSync(TASKS).flatMap(readThread);
    return threads.length === 0 ? null : addUp(threads, scriptNames);
  } catch {
    return null;
  }
}

/** The sums. Pure. */
export function addUp(threads: readonly ThreadCpu[], scripts: ReadonlySet<string>): CpuByKind {
  const sums = { main: 0, script: 0, v8: 0, libuv: 0, other: 0 };
  for (const { name, isMain, cpuUs } of threads) sums[isMain ? 'main' : kindOf(name, scripts)] += cpuUs;
  return sums;
}

/** The kind of a thread that is not the main one, by its name. Threads of add-ons may have any. */
export function kindOf(name: string, scripts: ReadonlySet<string>): ThreadKind {
  if (scripts.has(name)) return 'script';
  if (name === 'V8Worker') return 'v8';
  if (name === 'libuv-worker') return 'libuv';
  return 'other';
}

/** Name and CPU out of `/proc/…/stat`, where the name stands in brackets and may hold some. */
export function parseStat(stat: string): { readonly name: string; readonly cpuUs: number } {
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  // The fields after the name begin with the third: 14 and 15 are user and system.
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { name: stat.slice(stat.indexOf('(') + 1, end), cpuUs: ticks * TICK_US };
}

/** Nothing when it has ended in the meantime. `schedstat` counts nanoseconds, but not every kernel has it. */
function readThread(id: string): ThreadCpu[] {
  const read = (file: string): string => readFileSync(`${TASKS}/${id}/${file}`, 'utf8');
  try {
    const { name, cpuUs } = parseStat(read('stat'));
    return [{ name, isMain: id === String(process.pid), cpuUs: nanoseconds(read) / 1000 || cpuUs }];
  } catch {
    return [];
  }
}

function nanoseconds(read: (file: string) => string): number {
  try {
    return Number(read('schedstat').split(' ', 1)[0]);
  } catch {
    return 0;
  }
}
