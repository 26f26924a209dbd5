/** What a comparison says, as a table. Pure. */
import type { Table } from '../section.ts';
import type { Figure } from './figures.ts';
import { figuresOf } from './figures.ts';
import type { Pair } from './pairs.ts';
import type { Ratio } from './ratio.ts';
import { CONFIDENCE_PERCENT, ratioOf } from './ratio.ts';

/** A figure of both, B over A. */
export interface Comparison extends Ratio {
  readonly run: string;
  readonly figure: string;
  /** Medians. */
  readonly a: number;
  readonly b: number;
}

const PERCENT = 100;
/** Digits that a figure is told with. */
const DIGITS = 3;

/** Each figure that every run of both revisions has. Those of one alone are not compared. */
export function comparisonsOf(pairs: readonly Pair[]): readonly Comparison[] {
  const figures = pairs.map(([a, b]) => [figuresOf(a), figuresOf(b)] as const);
  return [...(figures[0]?.[0] ?? [])].flatMap(([key, { run, name, better }]) => {
    const values = figures.flatMap(([a, b]) => valuesOf(a.get(key), b.get(key)));
    if (values.length < pairs.length) return [];
    const [a, b] = [median(values.map(([value]) => value)), median(values.map(([, value]) => value))];
    return [{ run, figure: name, a, b, ...ratioOf(values, better) }];
  });
}

/** The comparisons for people. */
export function compareTable(title: string, comparisons: readonly Comparison[]): Table {
  return {
    title,
    note:
      `A and B are medians. The true ratio lies in ${CONFIDENCE_PERCENT} of 100 such intervals: of figures that are the same ` +
      `in both revisions, ${PERCENT - CONFIDENCE_PERCENT} of 100 are said to differ.`,
    head: ['run', 'figure', 'A', 'B', 'B over A', `${CONFIDENCE_PERCENT} %`, 'B is'],
    rows: comparisons.map(({ run, figure, a, b, ratio, low, high, verdict }) => [
      run,
      figure,
      digits(a),
      digits(b),
      ratio.toFixed(DIGITS),
      `${low.toFixed(DIGITS)} to ${high.toFixed(DIGITS)}`,
      verdict,
    ]),
  };
}

function valuesOf(a: Figure | undefined, b: Figure | undefined): readonly (readonly [number, number])[] {
  return a === undefined || b === undefined ? [] : [[a.value, b.value]];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function digits(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: DIGITS });
}
