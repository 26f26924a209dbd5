/**
 * The `stack` of a sample, cut into lines that are parsed once for all samples.
 *
 * A text of lines or a list of texts, innermost first; or a folded text, `outermost;…;innermost`.
 * Where some lines are frames by their form, others are headings and left out. Of a stack deeper than
 * the limit the middle is left out: its outer half joins it to the others, its inner half is the cause.
 */
import type { AnalysisLimits } from '../../model/task.ts';
import type { Problem } from '../../model/report.ts';
import { note } from '../problems.ts';
import type { FrameTable, TableLine } from './frame-table.ts';

type StackLimits = Pick<AnalysisLimits, 'framesMax' | 'reportBytesMax'>;

/** Reads stacks within one budget of bytes. */
export class StackReader {
  readonly #table: FrameTable;
  readonly #limits: StackLimits;
  readonly #problems: Problem[];
  #bytes = 0;
  /** Stands for what calls the outermost frames. */
  readonly #outermost: { callee: TableLine | null } = { callee: null };

  constructor(table: FrameTable, limits: StackLimits, problems: Problem[]) {
    this.#table = table;
    this.#limits = limits;
    this.#problems = problems;
  }

  /** Lines outermost first; `null` for what is no stack, or is one past the budget. */
  read(stack: unknown): readonly TableLine[] | null {
    const path =
      typeof stack === 'string' ? this.#text(stack) : Array.isArray(stack) ? this.#list(stack) : null;
    if (path === null || path.length === 0) return null;
    const formed = onlyFormed(path);
    if (formed.length <= this.#limits.framesMax) return formed;
    note(this.#problems, 'frames-over-limit');
    return withoutMiddle(formed, this.#limits.framesMax);
  }

  #text(text: string): TableLine[] | null {
    if (!this.#afford(text.length)) return null;
    return isFolded(text) ? this.#path(text.split(';')) : this.#path(text.split('\n').reverse());
  }

  #list(list: readonly unknown[]): TableLine[] | null {
    const lines: string[] = [];
    for (let i = list.length - 1; i >= 0; i--) {
      const line = list[i];
      if (typeof line !== 'string' || !this.#afford(line.length + 1)) return null;
      lines.push(line);
    }
    return this.#path(lines);
  }

  /** Hot: what was called from a line before is compared first, which is cheaper than to hash a line. */
  #path(lines: readonly string[]): TableLine[] {
    const path: TableLine[] = [];
    let caller: { callee: TableLine | null } = this.#outermost;
    for (const text of lines) {
      const guess = caller.callee;
      const line = guess?.text === text ? guess : this.#table.line(text);
      if (line.frame.raw === '') continue;
      caller.callee = line;
      caller = line;
      path.push(line);
    }
    return path;
  }

  #afford(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes <= this.#limits.reportBytesMax) return true;
    note(this.#problems, 'report-over-limit');
    return false;
  }
}

/** One line of symbols. A Java or V8 line may hold a semicolon, in its arguments or its address. */
function isFolded(text: string): boolean {
  return text.includes(';') && !text.trimStart().startsWith('at ') && !text.trim().includes('\n');
}

function onlyFormed(path: readonly TableLine[]): readonly TableLine[] {
  let formed = 0;
  for (const line of path) if (line.formed) formed += 1;
  return formed === 0 || formed === path.length ? path : path.filter((line) => line.formed);
}

function withoutMiddle(path: readonly TableLine[], framesMax: number): TableLine[] {
  const outer = Math.ceil(framesMax / 2);
  return [...path.slice(0, outer), ...path.slice(path.length - (framesMax - outer))];
}
