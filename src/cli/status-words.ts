/** Words for what an engine says of its state, and tables that fit. Pure. */
import type { IntakeStatus, WaitCause, Holder } from '../model/status.ts';
import { displayWidth, formatDuration, formatTable, wrapText, type Column } from './format.ts';

/** Whereabouts as the end of a sentence about deliveries. */
export const WHERE_WORDS: Readonly<Record<Holder['where'], string>> = {
  lane: 'waiting for a thread',
  pool: 'in the threads',
  retry: 'waiting for a retry',
  sink: 'being written',
  release: 'held back for the order',
  dropped: 'given back, comes again',
};

const CAUSE_WORDS: Readonly<Record<WaitCause, string>> = {
  pool: 'the threads',
  retry: 'retries',
  sink: 'the sink',
  commit: 'a commit',
};

/** `consumes`, or what it waits for. */
export function intakeWords({ waiting }: IntakeStatus): string {
  if (waiting === null) return 'consumes';
  const { limit, cause, forMs } = waiting;
  return `has waited ${formatDuration(forMs)} for ${CAUSE_WORDS[cause]} (${limit} is reached)`;
}

/** Names and what is said of each; what is long goes on under its beginning. */
export function labelled(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const width = Math.max(0, ...rows.map(([name = '']) => displayWidth(name)));
  const cells = rows.flatMap(([name = '', value = '']) =>
    wrapText(value, columns - width - 2).map((line, index) => [index === 0 ? name : '', line]),
  );
  return formatTable([{ title: '' }, { title: '' }], cells);
}

/** A table, no wider than the terminal where that can be had. */
export interface Fit {
  readonly width: number;
  /** Indices of columns that may be shortened, the first first. */
  readonly shrink: readonly number[];
}

const CELL_WIDTH_MIN = 8;

/** As {@link formatTable}, cells of some columns shortened in their middle. */
export function fittedTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, shrink }: Fit,
): readonly string[] {
  let fitted = rows;
  for (const index of shrink) {
    const lines = formatTable(columns, fitted);
    const excess = Math.max(...lines.map(displayWidth)) - width;
    if (excess <= 0) return lines;
    const widest = Math.max(...fitted.map((row) => displayWidth(row[index] ?? '')));
    const room = Math.max(CELL_WIDTH_MIN, widest - excess);
    fitted = fitted.map((row) => row.map((cell, at) => (at === index ? shortened(cell, room) : cell)));
  }
  return formatTable(columns, fitted);
}

/** Names often differ at their ends: the middle goes. */
function shortened(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (width - 1 - head)).join('')}`;
}
