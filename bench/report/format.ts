/** How figures are written in tables. Pure. */

/** `28,197`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** `44.8 ×`. */
export function times(value: number, digits = 1): string {
  return `${value.toFixed(digits)} ×`;
}

/** `12 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** The middle one; of an even number the mean of the two. Throws for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError('the median of nothing');
  return (low + high) / 2;
}
