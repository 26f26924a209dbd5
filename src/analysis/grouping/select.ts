/**
 * Which frames stand for a stack: the keys that a group is made of, and why each is in or out.
 *
 * The app's own frames, or all where it has none; recursion folded, so that its depth does not
 * matter; without the C library's way from `abort` to the signal; the innermost sixteen. (Own rule; Socorro takes up to the first telling frame, Sentry all.)
 */
import type { Frame } from '../../model/report.ts';
import { isShared } from '../../model/shared.ts';
import { isAbortPath } from '../stack/abort-path.ts';
import { frameKey } from '../stack/frame-key.ts';

/** Frames that make a group. */
export const GROUP_FRAMES_MAX = 16;

/** Longest cycle of frames that is seen as one recursion. */
const CYCLE_MAX = 4;

/** What becomes of a frame, as it is told. */
type Fate =
  | 'kept'
  | 'left out, from abort to the signal'
  | "left out, not the app's"
  | 'left out, nameless'
  | 'recursion';

/** The keys, innermost first, with the frame that leads. */
export interface Selection {
  readonly keys: readonly string[];
  /** Whether the keys are the app's own frames. */
  readonly inApp: boolean;
}

/** What was selected of lists that are shared. */
const SELECTIONS = new WeakMap<readonly Frame[], Selected>();

interface Selected {
  readonly selection: Selection;
  readonly fates: readonly Fate[];
}

/** Selects from frames whose `inApp` is set. With `steps`, a line is added to it for each fate that frames have. */
export function selectKeys(frames: readonly Frame[], steps: string[] | null): Selection {
  const known = SELECTIONS.get(frames);
  const selected = known ?? select(frames);
  if (known === undefined && isShared(frames)) SELECTIONS.set(frames, selected);
  if (steps !== null) tell(selected.fates, frames.length, steps);
  return selected.selection;
}

function select(frames: readonly Frame[]): Selected {
  const inApp = frames.some((frame) => frame.inApp === true);
  const keys: string[] = [];
  const fates: Fate[] = [];
  for (const frame of frames) {
    if (keys.length === GROUP_FRAMES_MAX) break;
    const before = keys.length;
    const fate = take(frame, keys, inApp);
    if (fate === 'recursion') markCycle(fates, before - keys.length);
    fates.push(fate);
  }
  return { selection: { keys, inApp }, fates };
}

/** Adds the key of a frame that counts; takes a cycle off that repeats the one before it. */
function take(frame: Frame, keys: string[], inApp: boolean): Fate {
  if (keys.length === 0 && isAbortPath(frame)) return 'left out, from abort to the signal';
  if (inApp && frame.inApp !== true) return "left out, not the app's";
  const key = frameKey(frame);
  if (key === '') return 'left out, nameless';
  keys.push(key);
  const cycle = cycleLength(keys);
  if (cycle === 0) return 'kept';
  keys.length -= cycle;
  return 'recursion';
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

/** The last `count` frames that were kept belong to the cycle that is now complete. */
function markCycle(fates: Fate[], count: number): void {
  let left = count;
  for (let i = fates.length - 1; left > 0 && i >= 0; i--) {
    if (fates[i] !== 'kept') continue;
    fates[i] = 'recursion';
    left--;
  }
}

/** A line for each fate, in the order of their first frames: `kept: #0-3, #6`. */
function tell(fates: readonly Fate[], count: number, steps: string[]): void {
  const lines = new Map<Fate, string>();
  let from = 0;
  while (from < fates.length) {
    const fate = fates[from] ?? 'kept';
    let to = from;
    while (fates[to + 1] === fate) to++;
    const line = lines.get(fate);
    lines.set(fate, `${line === undefined ? `${fate}: ` : `${line}, `}${range(from, to)}`);
    from = to + 1;
  }
  steps.push(...lines.values());
  if (from < count)
    steps.push(`left out, behind ${String(GROUP_FRAMES_MAX)} that count: ${range(from, count - 1)}`);
}

function range(from: number, to: number): string {
  return from === to ? `#${String(from)}` : `#${String(from)}-${String(to)}`;
}
