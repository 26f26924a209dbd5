/** What the words of `--analyzer` stand for. */
import { join, resolve } from 'node:path';

const SMALL = join(import.meta.dirname, '../test/fixtures/analyzers/small-finding.ts');

/** What sections run that were not told: the one that does nothing, and the built-in one. */
export const USUAL_ANALYZERS: readonly string[] = ['small', 'crash'];

/** What a config takes: the name of a built-in one, or a path. */
export function analyzerOf(word: string): string {
  if (word === 'small') return SMALL;
  return isBuiltIn(word) ? word : resolve(word);
}

/** Whether it is one of the engine's own. */
export function isBuiltIn(word: string): boolean {
  return word === 'crash' || word === 'lag';
}
