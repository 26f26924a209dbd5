/**
 * What the main thread of a dump does: runs, is idle, or waits for a lock, and who holds that lock.
 *
 * One step only: what the holder itself waits for is not followed here.
 */
import type { Frame, Lock, Thread } from '../../model/report.ts';
import { isIdle } from './idle.ts';

/** The main thread and its condition. */
export interface MainThread {
  readonly thread: Thread;
  readonly condition: 'idle' | 'blocked' | 'waiting' | 'sleeping' | 'running';
  /** The lock it waits for. */
  readonly waitsFor?: Lock;
  readonly holder?: Thread;
}

/** The main thread among `threads`, if one is marked. */
export function mainThreadOf(threads: readonly Thread[]): MainThread | null {
  const thread = threads.find(({ main }) => main);
  if (thread === undefined) return null;
  const waitsFor = awaited(thread.locks ?? []);
  const holder = waitsFor === undefined ? undefined : holderOf(waitsFor, thread, threads);
  return {
    thread,
    condition: conditionOf(thread, waitsFor),
    ...(waitsFor !== undefined && { waitsFor }),
    ...(holder !== undefined && { holder }),
  };
}

/** A monitor that it cannot enter says more than the object it waits on. */
function awaited(locks: readonly Lock[]): Lock | undefined {
  return locks.find(({ kind }) => kind === 'waiting-to-lock') ?? locks.find(({ kind }) => kind !== 'locked');
}

function conditionOf(thread: Thread, waitsFor: Lock | undefined): MainThread['condition'] {
  switch (waitsFor?.kind) {
    case 'waiting-to-lock':
      return 'blocked';
    case 'waiting-on':
    case 'parking':
      return 'waiting';
    case 'sleeping-on':
      return 'sleeping';
    case 'locked':
    case undefined:
      return conditionByFrame(thread.frames);
  }
}

/** Without a lock's line only the innermost managed frame tells. */
function conditionByFrame(frames: readonly Frame[]): MainThread['condition'] {
  const top = frames.find(({ package: library }) => library === undefined);
  if (top === undefined) return frames.some(isIdle) ? 'idle' : 'running';
  if (isIdle(top)) return 'idle';
  return top.module === 'java.lang.Thread' && top.function === 'sleep' ? 'sleeping' : 'running';
}

/**
 * By the id that the dump gives; else the thread that says it holds the same object. A thread inside
 * `Object.wait` shows as holder of what it waits on, though it has let go of it.
 */
function holderOf(lock: Lock, waiter: Thread, threads: readonly Thread[]): Thread | undefined {
  if (lock.heldBy !== undefined) return threads.find(({ id }) => id === lock.heldBy);
  const { address } = lock;
  if (address === undefined) return undefined;
  return threads.find(
    (thread) =>
      thread !== waiter &&
      thread.locks !== undefined &&
      thread.locks.some((held) => held.address === address && held.kind === 'locked') &&
      !thread.locks.some((held) => held.address === address && held.kind !== 'locked'),
  );
}
