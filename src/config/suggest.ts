/** Did you mean …? For mistyped keys and words. */

const WORD_LENGTH_MAX = 100;

/** The candidate that is nearest to a mistyped word, or `null` where none is near. */
export function suggest(word: string, candidates: readonly string[]): string | null {
  if (word.length > WORD_LENGTH_MAX) return null;
  const near = candidates
    .map((candidate) => ({ candidate, distance: rank(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.min(word.length, candidate.length) / 3))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? null;
}

/** `; did you mean "lanes"?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = suggest(word, candidates);
  return near === null ? '' : `; did you mean "${near}"?`;
}

/** A word that was begun and not finished is near whatever follows. */
function rank(word: string, candidate: string): number {
  return word.length > 2 && candidate.startsWith(word) ? 0.5 : editDistance(word, candidate);
}

/**
 * Insertions, deletions, changes and swaps of neighbours that lead from one word to the other
 * (optimal string alignment). Quadratic; for words that people type.
 */
function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swap = isSwap ? (beforeLast[j - 2] ?? Infinity) + 1 : Infinity;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change, swap));
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
