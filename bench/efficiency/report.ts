/** What came of `efficiency`, for people. Pure. */
import type { EfficiencyFigures, EfficiencyResults } from '../efficiency.ts';
import type { Bar, Plot, Report } from '../section.ts';

/** Shares that are to be reached, with the keys by Zipf's law. */
const BARS = [
  { transport: 'memory', workUs: 10_000, least: 0.96 },
  { transport: 'memory', workUs: 1000, least: 0.95 },
  { transport: 'memory', workUs: 100, least: 0.9 },
  { transport: 'kafka', workUs: 100, least: 0.75 },
] as const;

/** Tables, bars and the plot of share over work. */
export function reportOf({ chunkUs, rows }: EfficiencyResults): Report {
  return {
    tables: [
      {
        title: 'Efficiency: CPU of bare worker loops over CPU of the whole process, for the same work',
        note: `Work is burnt in chunks of ${chunkUs.toFixed(2)} µs. The share of a row is the median of its pairs of slices; beside it stand the lowest and the highest. The share of time is below it where cores were idle, as with one key, which one thread has.`,
        head: [
          'transport',
          'keys',
          'threads',
          'work',
          'events a slice',
          'share',
          'from … to',
          'of time',
          'µs an event',
          'of it main',
          'without work µs',
        ],
        rows: rows.map(cells),
      },
    ],
    bars: BARS.flatMap((bar) => barOf(bar, rows)),
    plots: rows.length === 0 ? [] : [plotOf(rows)],
  };
}

function cells(row: EfficiencyFigures): readonly string[] {
  const hasWork = row.chunks > 0;
  return [
    row.transport,
    row.keys,
    String(row.threads),
    duration(row.workUs),
    String(row.events),
    hasWork ? percent(row.share) : '',
    hasWork ? `${percent(Math.min(...row.shares))} … ${percent(Math.max(...row.shares))}` : '',
    hasWork ? percent(row.rateShare) : '',
    row.engineUs.toFixed(1),
    row.mainUs.toFixed(1),
    (row.engineUs - row.bareUs).toFixed(1),
  ];
}

function barOf(bar: (typeof BARS)[number], rows: readonly EfficiencyFigures[]): readonly Bar[] {
  const { transport, workUs, least } = bar;
  const row = rows.find(
    (each) => each.transport === transport && each.workUs === workUs && each.keys === 'zipf',
  );
  if (row === undefined) return [];
  return [
    {
      what: `share of the cores’ ceiling, Zipf keys in order, ${transport}, ${duration(workUs)} of work`,
      wanted: `≥ ${(least * 100).toFixed(0)} %`,
      measured: percent(row.share),
      isMet: row.share >= least,
    },
  ];
}

function plotOf(rows: readonly EfficiencyFigures[]): Plot {
  const names = [...new Set(rows.map(nameOf))];
  return {
    name: 'efficiency',
    title: 'Share of the cores’ ceiling over the work of one event',
    x: { label: 'work of one event, µs', isLog: true },
    y: { label: 'share of the process’s CPU, %' },
    series: names.map((name) => ({
      name,
      points: rows
        .filter((row) => nameOf(row) === name && row.chunks > 0)
        .map((row) => [row.workUs, row.share * 100] as const),
    })),
  };
}

function nameOf({ transport, keys }: EfficiencyFigures): string {
  return `${transport}, ${keys}`;
}

function duration(us: number): string {
  return us >= 1000 ? `${us / 1000} ms` : `${us} µs`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
