/**
 * Which figures of a result file are compared: CPU per event by thread and the rate of every run that has
 * them, and the medians of the micro-benchmarks, in whichever section they lie. Pure. It knows shapes and
 * no names of sections, so that revisions with other sections are compared as far as both have them.
 */

/** One figure of one run. */
export interface Figure {
  /** The section and what the run was given: `engine memory, threads 2`. */
  readonly run: string;
  readonly name: string;
  readonly value: number;
  /** Which way is better. */
  readonly better: 'lower' | 'higher';
}

type Row = Readonly<Record<string, unknown>>;

/** Facts about the machine, which are no results. */
const MACHINE = 'machine';

/**
 * All figures, by a key that is the same for the same run under the same flags. Figures that are zero are
 * left out: there is no such thread, or its clock has not moved.
 */
export function figuresOf(results: unknown): ReadonlyMap<string, Figure> {
  const figures = new Map<string, Figure>();
  const seen = new Map<string, number>();
  for (const [section, value] of Object.entries(isRow(results) ? results : {})) {
    if (section === MACHINE) continue;
    for (const row of rowsIn(value)) {
      const label = labelOf(section, row);
      const times = (seen.get(label) ?? 0) + 1;
      seen.set(label, times);
      const run = times === 1 ? label : `${label} (${times})`;
      for (const figure of figuresOfRow(run, row)) {
        if (figure.value > 0) figures.set(`${run}: ${figure.name}`, figure);
      }
    }
  }
  return figures;
}

/** The row itself when it has figures, else those inside it. */
function rowsIn(value: unknown): readonly Row[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => rowsIn(each));
  if (!isRow(value)) return [];
  return hasFigures(value) ? [value] : Object.values(value).flatMap(rowsIn);
}

function hasFigures(row: Row): boolean {
  return isRow(row['cpuUsPerEvent']) || (typeof row['name'] === 'string' && typeof row['us'] === 'number');
}

/** Texts are what a run was given; of the numbers only `threads` is sure to be. */
function labelOf(section: string, row: Row): string {
  if (!isRow(row['cpuUsPerEvent'])) return `${section}: ${String(row['name'])}`;
  const texts = Object.values(row).filter((value) => typeof value === 'string');
  const threads = typeof row['threads'] === 'number' ? [`threads ${row['threads']}`] : [];
  return [[section, ...texts].join(' '), ...threads].join(', ');
}

function figuresOfRow(run: string, row: Row): readonly Figure[] {
  const cpu = row['cpuUsPerEvent'];
  if (!isRow(cpu)) return [{ run, name: 'µs', value: Number(row['us']), better: 'lower' }];
  const figures = Object.entries(cpu).map(([thread, us]): Figure => ({
    run,
    name: `${thread} µs`,
    value: Number(us),
    better: 'lower',
  }));
  const rate = row['eventsPerSecond'];
  if (typeof rate === 'number') figures.push({ run, name: 'events/s', value: rate, better: 'higher' });
  return figures;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
