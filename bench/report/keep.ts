/** Keeps results: the figures and the plots in bench/results, and the page of benchmarks made anew from them. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { AnySection } from '../sections.ts';
import { refreshed } from './page.ts';
import type { Results } from './results.ts';
import { hasRun } from './results.ts';

const ROOT = join(import.meta.dirname, '../..');
const RESULTS = join(ROOT, 'bench/results');
const PAGE = join(ROOT, 'docs/benchmarks.md');

/** Writes all of it; never over what is there. Returns the files, seen from the project. */
export async function keep(results: Results, sections: readonly AnySection[]): Promise<readonly string[]> {
  const file = freeFile(results.machine.date.slice(0, 10));
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  const pictures = await drawPlots(file, results, sections);
  refreshPage(file, sections);
  return [file, ...pictures, PAGE].map((each) => relative(ROOT, each));
}

/** Makes the blocks of the page anew from kept results. Tells whether the page has changed. */
export function refreshPage(file: string, sections: readonly AnySection[]): boolean {
  const page = readFileSync(PAGE, 'utf8');
  const link = (to: string): string => relative(join(PAGE, '..'), to);
  const written = refreshed(page, {
    results: readResults(file),
    sections,
    link: link(file),
    fileOf: (plot) => (existsSync(pictureOf(file, plot)) ? link(pictureOf(file, plot)) : null),
  });
  if (written !== page) writeFileSync(PAGE, written);
  return written !== page;
}

/** The results that were measured last. Throws when there are none. */
export function latestResults(): string {
  const dateOf = (file: string): string => readResults(file).machine.date;
  const files = globSync(join(RESULTS, '*.json')).toSorted((a, b) => dateOf(a).localeCompare(dateOf(b)));
  const last = files.at(-1);
  if (last === undefined) throw new Error('bench/results has no results: npm run bench -- --keep');
  return last;
}

async function drawPlots(
  file: string,
  results: Results,
  sections: readonly AnySection[],
): Promise<readonly string[]> {
  // Vega is large: it is there for who keeps, and nobody else waits for it.
  const { plotSvg } = await import('./plot.ts');
  const plots = sections.flatMap(({ name, report }) =>
    hasRun(results[name]) ? report(results[name]).plots : [],
  );
  return Promise.all(
    plots.map(async (plot) => {
      const picture = pictureOf(file, plot.name);
      writeFileSync(picture, await plotSvg(plot));
      return picture;
    }),
  );
}

function pictureOf(file: string, plot: string): string {
  return join(RESULTS, `${basename(file, '.json')}-${plot}.svg`);
}

/** `DATE.json`, or with a number when there is one of that day. */
function freeFile(date: string): string {
  for (let number = 1; ; number += 1) {
    const file = join(RESULTS, number === 1 ? `${date}.json` : `${date}-${number}.json`);
    if (!existsSync(file)) return file;
  }
}

function readResults(file: string): Results {
  return JSON.parse(readFileSync(file, 'utf8')) as Results;
}
