/**
 * Picks ranks by Zipf's law, as devices and users really are: a few are heard of often, most
 * seldom. Holds a table of eight bytes a rank; a pick is one binary search in it.
 */

/**
 * A picker of ranks 0 … `count - 1`, where rank r has the weight 1 / (r + 1)^exponent; an exponent
 * of 0 makes all alike. `random` is uniform in [0, 1).
 */
export function zipfPicker(count: number, exponent: number, random: () => number): () => number {
  const cumulative = cumulativeWeights(count, exponent);
  const total = cumulative[count - 1] ?? 0;
  return () => firstAbove(cumulative, random() * total);
}

function cumulativeWeights(count: number, exponent: number): Float64Array {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank += 1) {
    sum += (rank + 1) ** -exponent;
    cumulative[rank] = sum;
  }
  return cumulative;
}

/** Index of the first entry greater than `value`; the last index where none is. */
function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
