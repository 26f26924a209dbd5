/**
 * Which frames stand for a stack: the keys that a group is made of, and why each is in or out.
 *
 * The app's own frames, or all where it has none; recursion folded, so that its depth does not
 * matter; without the C library's way from `abort` to the signal; the innermost sixteen. (Own rule; Socorro takes up to the first telling frame, Sentry all.)
 */
import type { Frame } from '../../model/report.ts';
import { isAbortPath } from '../stack/abort-path.ts';
import { frameKey } from '../stack/frame-key.ts';

/** Frames that make a group. */
export const GROUP_FRAMES_MAX = 16;

/** Longest cycle of frames that is seen as one recursion. */
const CYCLE_MAX = 4;

/** The keys, innermost first, with the frame that leads. */
export interface Selection {
  readonly keys: readonly string[];
  /** Whether the keys are the app's own frames. */
  readonly inApp: boolean;
}

/** Selects from frames whose `inApp` is set. With `steps`, a line is added to it for each frame. */
export function selectKeys(frames: readonly Frame[], steps: string[] | null): Selection {
  const inApp = frames.some((frame) => frame.inApp === true);
  const keys: string[] = [];
  for (const frame of frames) {
    if (keys.length === 0 && isAbortPath(frame)) {
      steps?.push(`left out: ${frameKey(frame)} (on the way from abort to the signal)`);
      continue;
    }
    if (keys.length === GROUP_FRAMES_MAX) {
      steps?.push(`left out: all frames after the first ${String(GROUP_FRAMES_MAX)} that count`);
      break;
    }
    const key = inApp && frame.inApp !== true ? '' : frameKey(frame);
    if (key !== '') keys.push(key);
    const cycle = key === '' ? 0 : cycleLength(keys);
    if (cycle > 0) keys.length -= cycle;
    steps?.push(explain(frame, key, cycle));
  }
  return { keys, inApp };
}

/** How many keys at the end repeat those before them; 0 for none. */
function cycleLength(keys: readonly string[]): number {
  for (let length = 1; length <= CYCLE_MAX && length * 2 <= keys.length; length++) {
    let same = 0;
    while (same < length && keys[keys.length - 1 - same] === keys[keys.length - 1 - same - length]) same++;
    if (same === length) return length;
  }
  return 0;
}

function explain(frame: Frame, key: string, cycle: number): string {
  if (key !== '' && cycle === 0) return `kept: ${key}`;
  const name = key === '' ? frameKey(frame) || frame.raw : key;
  if (cycle > 0) return `left out: ${name} (recursion)`;
  return frame.inApp === true ? `left out: ${name} (names nothing)` : `left out: ${name} (not the app's own)`;
}
