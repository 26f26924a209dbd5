/**
 * What pairs of runs say about B over A: the geometric mean of the ratios and the interval in which it lies,
 * by Student's t of their logarithms, the pairs being what is drawn. Pure.
 *
 * Intervals of t are what Georges, Buytaert and Eeckhout ("Statistically rigorous Java performance
 * evaluation", OOPSLA 2007, 3.2) use for fewer than thirty runs; a bootstrap of so few is too narrow. Logarithms, because a
 * ratio of 2 and one of ½ are equally far from none. Pairs, because what disturbs both runs of a pair drops out.
 */

/** B over A with its interval, and what that is called. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly verdict: 'faster' | 'slower' | 'no difference shown';
}

/** Of a hundred intervals so many hold the true ratio. */
export const CONFIDENCE_PERCENT = 95;

/** One pair shows no scatter. */
export const PAIRS_MIN = 2;

/**
 * Two-sided 95 % points of Student's t at 1, 2, … 30 degrees of freedom (NIST/SEMATECH e-Handbook of
 * Statistical Methods, 1.3.6.7.2). With more the last one is taken, which is wider than need be by at most 4 %.
 */
// prettier-ignore
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
  2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086,
  2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Of values of A and B above zero, in pairs. Throws with fewer than two pairs. */
export function ratioOf(pairs: readonly (readonly [number, number])[], better: 'lower' | 'higher'): Ratio {
  if (pairs.length < PAIRS_MIN) throw new RangeError(`it takes ${PAIRS_MIN} pairs, not ${pairs.length}`);
  const logs = pairs.map(([a, b]) => Math.log(b / a));
  const mean = sum(logs) / logs.length;
  const variance = sum(logs.map((log) => (log - mean) ** 2)) / (logs.length - 1);
  const t = T[Math.min(logs.length - 1, T.length) - 1] ?? Infinity;
  const reach = t * Math.sqrt(variance / logs.length);
  const low = Math.exp(mean - reach);
  const high = Math.exp(mean + reach);
  return { ratio: Math.exp(mean), low, high, verdict: verdictOf(low, high, better) };
}

function verdictOf(low: number, high: number, better: 'lower' | 'higher'): Ratio['verdict'] {
  if (low <= 1 && high >= 1) return 'no difference shown';
  return high < 1 === (better === 'lower') ? 'faster' : 'slower';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
