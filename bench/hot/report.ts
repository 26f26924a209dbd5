/** What came of `hot`, for people: of the turns of each neighbour the median. Pure. */
import type { Latencies } from '../feed/recorder.ts';
import type { HotFigures, HotResults } from '../hot.ts';
import type { Report } from '../section.ts';

/** The table; there is no bar, and nothing to plot. */
export function hotReport({ rows }: HotResults): Report {
  const names = [...new Set(rows.map(({ neighbour }) => neighbour))];
  return {
    tables: [
      {
        title: 'Neighbours that take much: the latency of the others, without it → with it',
        note: 'From when an event is due until its finding is acknowledged, medians of the turns. The gap is the longest time in which none of the others was finished. Every event of both has its finding, those of each key in order.',
        head: [
          'neighbour',
          'threads',
          'others/s',
          'p50 ms',
          'p99 ms',
          'max ms',
          'gap ms',
          'neighbour’s events',
          'its p50 ms',
          'its p99 ms',
        ],
        rows: names.map((name) => cells(rows.filter(({ neighbour }) => neighbour === name))),
      },
    ],
    bars: [],
    plots: [],
  };
}

function cells(turns: readonly HotFigures[]): readonly string[] {
  const both = (field: keyof Latencies): string =>
    `${ms(turns.map(({ without }) => without[field]))} → ${ms(turns.map(({ beside }) => beside[field]))}`;
  const itself = (field: keyof Latencies): number[] =>
    turns.map(({ neighbourLatencies }) => neighbourLatencies[field]);
  const [first] = turns;
  return [
    first?.neighbour ?? '',
    String(first?.threads ?? 0),
    (first?.ratePerSecond ?? 0).toLocaleString('en'),
    both('p50Ms'),
    both('p99Ms'),
    both('maxMs'),
    both('gapMs'),
    median(itself('events')).toLocaleString('en'),
    ms(itself('p50Ms')),
    ms(itself('p99Ms')),
  ];
}

function ms(values: readonly number[]): string {
  return median(values).toFixed(1);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
