/** Holds figures against their limits, and says so. Pure. */
import type { Table } from '../section.ts';
import type { Limit } from './limits.ts';

/** Figures by name: multiples of `JSON.parse`. */
export type Multiples = ReadonlyMap<string, number>;

/** A limit and what was measured. */
export interface Verdict extends Limit {
  /** `undefined`: there is no such figure, so that the limit is not held. */
  readonly measured: number | undefined;
  /** Measured over the limit. */
  readonly share: number;
}

const DIGITS = 3;

/** One verdict per limit, in their order. */
export function judge(limits: readonly Limit[], multiples: Multiples): readonly Verdict[] {
  return limits.map((limit) => {
    const measured = multiples.get(limit.what);
    return { ...limit, measured, share: (measured ?? Infinity) / limit.atMost };
  });
}

/** Those that are not held, the worst first. */
export function offenders(verdicts: readonly Verdict[]): readonly Verdict[] {
  return verdicts
    .filter(({ share }) => share > 1 || Number.isNaN(share))
    .toSorted((a, b) => b.share - a.share);
}

/** The lower one of two measurements of each figure: noise only adds. */
export function lowerOf(first: Multiples, second: Multiples): Multiples {
  const lower = new Map(first);
  for (const [what, multiple] of second) lower.set(what, Math.min(multiple, first.get(what) ?? Infinity));
  return lower;
}

/** All of them, for people. */
export function gateTable(verdicts: readonly Verdict[]): Table {
  return {
    title: 'Gate: multiples of JSON.parse of the 2-KB event in the same process',
    head: ['what', 'usual', 'measured', 'at most', ''],
    rows: verdicts.map(({ what, usual, measured, atMost, share }) => [
      what,
      digits(usual),
      digits(measured),
      digits(atMost),
      share <= 1 ? 'held' : 'NOT HELD',
    ]),
  };
}

/** What is wrong, and what it stands for. */
export function offenderText({ what, measured, atMost, why }: Verdict): string {
  if (measured === undefined) return `"${what}", which is measured no longer`;
  return `"${what}": ${digits(measured)} × JSON.parse, at most ${digits(atMost)} (${why})`;
}

function digits(value: number | undefined): string {
  return value === undefined ? '-' : value.toLocaleString('en', { maximumSignificantDigits: DIGITS });
}
