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

/** Insertions, deletions and changes that lead from one word to the other (Wagner and Fischer). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const above = row;
    row = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const change = (above[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      row.push(Math.min((above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1, change));
    }
  }
  return row[to.length] ?? 0;
}
