/**
 * Runs of frame lines that were met before, with their frames: the same defect has the same stack again
 * and again, under messages that differ.
 *
 * A run is found by its first line and known when all of its lines are equal; what it gives is what
 * reading the lines gives, as a list that reports share. Bounded; a run is kept when its first line
 * comes the second time, and where keeping does not pay, few are.
 */
import { Memo, Thrift } from '../../model/memo.ts';
import type { Frame } from '../../model/report.ts';
import { share } from '../../model/shared.ts';

/** A run that is known. */
export interface FrameRun {
  readonly lines: readonly string[];
  /** One for each line; shared. */
  readonly frames: readonly Frame[];
}

/** Characters of all runs together, in each thread. */
const CHARACTERS_MAX = 8 * 2 ** 20;
/** A frame weighs as so many characters, beside its line. */
const FRAME_CHARACTERS = 200;
/** Shorter runs are read as fast as they are found. */
const LINES_MIN = 2;
/** Keeping a run costs as much as looking for so many. */
const MISSES_PER_KEPT = 32;
/** Runs that begin with the same line. */
const ALIKE_MAX = 4;

/** The memory. */
export class FrameRuns {
  readonly #parse: (line: string) => Frame | null;
  readonly #memo = new Memo<string, readonly FrameRun[]>(CHARACTERS_MAX);
  readonly #thrift = new Thrift(MISSES_PER_KEPT);
  #isLooking = false;

  /** `parse` reads a line; every line of a run is a frame to it. */
  constructor(parse: (line: string) => Frame | null) {
    this.#parse = parse;
  }

  /** The longest known run that begins there. */
  find(lines: readonly string[], from: number): FrameRun | undefined {
    this.#isLooking = this.#thrift.mayPay();
    if (!this.#isLooking) return undefined;
    let run: FrameRun | undefined;
    for (const known of this.#memo.get(lines[from] ?? '') ?? [])
      if (known.lines.length > (run?.lines.length ?? 0) && standsAt(known.lines, lines, from)) run = known;
    this.#thrift.count(run !== undefined);
    return run;
  }

  /** Takes note of the run `[from, to)`, which was just looked for, not found and read. */
  meet(lines: readonly string[], from: number, to: number): void {
    const first = lines[from];
    if (!this.#isLooking || first === undefined || to - from < LINES_MIN || !this.#thrift.spend()) return;
    const alike = this.#memo.get(first);
    if (alike === undefined) this.#memo.set(copied(first), [], first.length);
    else this.#keep(first, [this.#made(copied(lines.slice(from, to))), ...alike].slice(0, ALIKE_MAX));
  }

  #keep(first: string, runs: readonly FrameRun[]): void {
    const weight = runs.reduce((sum, { lines }) => sum + weightOf(lines), 0);
    this.#memo.set(copied(first), runs, weight);
  }

  #made(lines: readonly string[]): FrameRun {
    const frames = lines.map((line) => this.#parse(line)).filter((frame) => frame !== null);
    return { lines, frames: share(frames) };
  }
}

function standsAt(run: readonly string[], lines: readonly string[], from: number): boolean {
  if (from + run.length > lines.length) return false;
  for (let i = run.length - 1; i >= 0; i--) if (run[i] !== lines[from + i]) return false;
  return true;
}

function weightOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + FRAME_CHARACTERS, 0);
}

/** With memory of its own: a line is a part of its report, which would be kept with it. */
function copied<T extends string | readonly string[]>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
