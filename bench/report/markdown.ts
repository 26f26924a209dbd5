/** Reports as Markdown. Pure. */
import type { Report, Table } from '../section.ts';

/** Tables with their notes, then plots; `fileOf` names the picture of a plot, `null` where there is none. */
export function reportMarkdown({ tables, plots }: Report, fileOf: (plot: string) => string | null): string {
  const pictures = plots.flatMap(({ name, title }) => {
    const file = fileOf(name);
    return file === null ? [] : [`![${title}](${file})`];
  });
  return [...tables.map(tableMarkdown), ...pictures].join('\n\n');
}

/** Its title in bold, its note, its rows. */
export function tableMarkdown({ title, note, head, rows }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/ {2,}/g, ' ')).join(' | ')} |`;
  const lines = [line(head), line(head.map(() => '---')), ...rows.map(line)];
  return [`**${title}**`, ...(note === undefined ? [] : [note]), lines.join('\n')].join('\n\n');
}
