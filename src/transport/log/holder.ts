/**
 * Who holds something, across processes: a process id and when that process was started, so that
 * an id which the system has given to another process is not taken for the holder.
 */
import { readFileSync } from 'node:fs';
import type { StoredHolder } from './environment.ts';

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)), counted after the name, which may hold blanks. */
const START_FIELD = 19;

/** This process as a holder. `token` tells several of one process apart. */
export function thisHolder(token: string): StoredHolder {
  return { pid: process.pid, startedTicks: processStat(process.pid)?.startedTicks ?? 0, token };
}

/** Whether the holder's process still runs. */
export function isAlive(holder: StoredHolder): boolean {
  const stat = processStat(holder.pid);
  if (stat !== null && holder.startedTicks !== 0)
    return stat.startedTicks === holder.startedTicks && !stat.isDead;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown } | null)?.code === 'EPERM';
  }
}

/** `null` where there is no /proc, or no such process. */
function processStat(pid: number): { readonly startedTicks: number; readonly isDead: boolean } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { startedTicks: Number(fields[START_FIELD]), isDead: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return null;
  }
}
