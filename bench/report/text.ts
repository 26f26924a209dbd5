/** Tables and bars for a terminal. Pure. */
import type { Bar, Table } from '../section.ts';

/** Title, head and rows in columns, numbers to the right. */
export function tableText({ title, note, head, rows }: Table): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (isNumber(cell) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const notes = note === undefined ? [] : [note];
  return ['', title, ...notes, '', line(head), rule, ...rows.map(line)].join('\n');
}

/** All bars beside what was measured. */
export function barsTable(bars: readonly Bar[]): Table {
  return {
    title: 'Bars',
    head: ['what', 'bar', 'measured', 'met'],
    rows: bars.map(({ what, wanted, measured, isMet }) => [what, wanted, measured, isMet ? 'yes' : 'no']),
  };
}

/** What was missed, in one sentence. */
export function missedText(bars: readonly Bar[]): string {
  const missed = bars.filter(({ isMet }) => !isMet).map(({ what }) => what);
  if (bars.length === 0) return 'No bar was measured.';
  return missed.length === 0
    ? `All ${bars.length} bars are met.`
    : `Missed, ${missed.length} of ${bars.length}: ${missed.join('; ')}.`;
}

function isNumber(cell: string): boolean {
  return /^-?[\d.,]*( [×%])?$/.test(cell);
}
