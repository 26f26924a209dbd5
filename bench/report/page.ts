/**
 * The page of benchmarks: text by hand, and blocks between `<!-- bench:NAME -->` and `<!-- /bench -->` that
 * are made from kept results. A block whose section was not run stays as it is. Pure.
 */
import { machineText } from '../run/machine.ts';
import type { AnySection } from '../sections.ts';
import { reportMarkdown, tableMarkdown } from './markdown.ts';
import type { Results } from './results.ts';
import { hasRun } from './results.ts';
import { barsTable, missedText } from './text.ts';

/** What a page is made from. */
export interface PageSource {
  readonly results: Results;
  readonly sections: readonly Pick<AnySection, 'name' | 'report'>[];
  /** Where the results lie, as a link of the page. */
  readonly link: string;
  /** The picture of a plot, as a link of the page; `null` where there is none. */
  readonly fileOf: (plot: string) => string | null;
}

/** The block of all bars. */
const BARS = 'bars';
const BLOCK = /<!-- bench:([a-z0-9-]+) -->\n[^]*?<!-- \/bench -->/g;

/** The page with its blocks made anew. Throws for a block that no section has. */
export function refreshed(page: string, source: PageSource): string {
  return page.replaceAll(BLOCK, (block: string, name: string) => {
    const content = name === BARS ? barsBlock(source) : sectionBlock(name, source);
    return content === null ? block : `<!-- bench:${name} -->\n${content}\n<!-- /bench -->`;
  });
}

function sectionBlock(name: string, source: PageSource): string | null {
  const section = source.sections.find((each) => each.name === name);
  if (section === undefined) throw new Error(`there is no section ${name} for the block of that name`);
  const results = source.results[name];
  if (!hasRun(results)) return null;
  return `${origin(source)}\n\n${reportMarkdown(section.report(results), source.fileOf)}`;
}

function barsBlock(source: PageSource): string | null {
  const bars = source.sections.flatMap(({ name, report }) =>
    hasRun(source.results[name]) ? report(source.results[name]).bars : [],
  );
  if (bars.length === 0) return null;
  return `${origin(source)}\n\n${tableMarkdown(barsTable(bars))}\n\n${missedText(bars)}`;
}

function origin({ results, link }: PageSource): string {
  return `[Measured](${link}) ${machineText(results.machine)}.`;
}
