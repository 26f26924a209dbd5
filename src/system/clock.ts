/** The real time behind the Clock port. Its timers keep the process alive: a drain must finish. */
import type { Cancel, Clock } from '../ports/clock.ts';

/** The longest delay that Node's timers take; a longer one would fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

/** The clock of this machine. */
export function systemClock(): Clock {
  return { now: () => Date.now(), monotonic: () => performance.now(), schedule };
}

/** Delays beyond Node's longest are waited for in several pieces. */
function schedule(delayMs: number, callback: () => void): Cancel {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const pieceMs = Math.min(leftMs, TIMER_MS_MAX);
    timer = setTimeout(() => {
      if (leftMs > pieceMs) wait(leftMs - pieceMs);
      else callback();
    }, pieceMs);
  };
  wait(delayMs);
  return () => {
    clearTimeout(timer);
  };
}
