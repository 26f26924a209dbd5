/** Numbers, sizes, times and tables as people read them. Pure. */
import { stripVTControlCharacters } from 'node:util';

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const PRECISE = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** `1,234,567`. */
export function formatCount(count: number): string {
  return WHOLE.format(count);
}

/** `1,234 deliveries`, `1 delivery`. */
export function formatAmount(count: number, singular: string, plural: string = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** `12,345/s`, `0.52/s`. */
export function formatRate(perSecond: number): string {
  return `${perSecond < 100 ? PRECISE.format(perSecond) : formatCount(perSecond)}/s`;
}

/** `640 B`, `1.4 KiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? formatCount(value) : value.toFixed(1)} ${units[power] ?? ''}`;
}

/** `113 µs`, `12 ms`, `3.2 s`, `4 min 5 s`, `2 h 3 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return `${PRECISE.format(ms * 1000)} µs`;
  if (ms < 10) return `${PRECISE.format(ms)} ms`;
  if (ms < 1000) return `${formatCount(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/**
 * Rows under their titles, columns two spaces apart, as lines; titles are left out where all are
 * empty. The last column is not padded.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const titles = columns.map(({ title }) => title);
  const lines = titles.every((title) => title === '') ? rows : [titles, ...rows];
  const widths = columns.map((_, index) =>
    Math.max(0, ...lines.map((line) => displayWidth(line[index] ?? ''))),
  );
  return lines.map((line) =>
    columns
      .map(({ align }, index) => pad(line[index] ?? '', widths[index] ?? 0, align))
      .join('  ')
      .trimEnd(),
  );
}

function pad(text: string, width: number, align: 'right' | undefined): string {
  const blank = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? blank + text : text + blank;
}

/** Columns that a text takes on a terminal, colour codes not counted. */
export function displayWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** Cuts to `width` with an ellipsis at the end. */
export function clip(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/**
 * A text from outside on one line, fit for a terminal: control characters, with which a report
 * could write over what stands there, become visible signs.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\uFFFD';
  });
}

/** Breaks a text into lines of at most `width`, at spaces. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
