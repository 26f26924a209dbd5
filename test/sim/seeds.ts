/**
 * Runs that have found something, kept and run first.
 *
 * A run is a seed and the number of its drawing. A change of what is drawn, a new fault or workload,
 * is a new drawing; the older ones are still drawn as they were, so a kept run stays the world that it
 * was. What the engine does in it is its own affair: whether the run still finds what it found
 * is tested by planting the bug again. When a change of the engine makes it miss, `make mutants` names
 * a seed to keep in its place.
 */

/** The newest drawing. */
export const DRAWING = 3;

/** One world. */
export interface RunId {
  readonly seed: number;
  readonly drawing: number;
}

/** A run with its story. */
export interface KeptRun extends RunId {
  readonly found: string;
  /** The planted bug (`mutants/bugs.ts`) that it must find; `null` where it cannot be planted in one place. */
  readonly bug: string | null;
}

/** All of them. */
export const KEPT_RUNS: readonly KeptRun[] = [
  {
    seed: 48,
    drawing: 1,
    found: 'a partition was let go while the commit of the interval was under way with it',
    bug: null,
  },
  {
    seed: 8,
    drawing: 2,
    found: 'pulls of several groups that wait at one time took more than the credit together',
    bug: 'credit-of-one-group',
  },
  {
    seed: 13,
    drawing: 3,
    found: 'a partition assigned anew was released together with its former assignment: outputs twice',
    bug: 'former-epoch-kept',
  },
  {
    seed: 81,
    drawing: 2,
    found: 'after a refusal a transaction was not tried again',
    bug: null,
  },
  {
    seed: 297,
    drawing: 2,
    found: 'exactly once, what a stopped task held back kept its credit for ever',
    bug: null,
  },
  {
    seed: 648,
    drawing: 2,
    found: 'a process that had stood still asked for a wait of less than nothing',
    bug: null,
  },
  {
    seed: 34,
    drawing: 2,
    found: 'a task that stopped while a transaction was being finished released its deliveries twice',
    bug: null,
  },
  {
    seed: 147,
    drawing: 3,
    found: 'as the first, where today’s engine would do it again',
    bug: 'commit-beside-revoke',
  },
];

/** `42`, or `42@1` for an older drawing; `null` for what is neither. */
export function parseRun(text: string): RunId | null {
  const parts = /^(\d{1,15})(?:@(\d))?$/.exec(text);
  if (parts === null) return null;
  const drawing = parts[2] === undefined ? DRAWING : Number(parts[2]);
  return drawing >= 1 && drawing <= DRAWING ? { seed: Number(parts[1]), drawing } : null;
}

/** The text that {@link parseRun} reads. */
export function runName({ seed, drawing }: RunId): string {
  return drawing === DRAWING ? String(seed) : `${seed}@${drawing}`;
}
