/** Values of a config that must not exceed others. */
import type { Given } from './layer.ts';
import type { Mistakes } from './mistakes.ts';

/** A value, and what it must not exceed. */
export interface Bound {
  readonly path: string;
  readonly value: number;
  readonly most: {
    readonly path: string;
    readonly value: number;
    /** Instead of the path, where the bound is only made from it. */
    readonly words?: string;
  };
  readonly givenBy: (path: string) => Given | undefined;
}

/** Takes the mistakes, each at the place that gave the value, else at the one that gave the bound. */
export function checkBounds(bounds: readonly Bound[], mistakes: Mistakes): void {
  for (const { path, value, most, givenBy } of bounds) {
    if (value <= most.value) continue;
    const { place = '', path: at = path } = givenBy(path) ?? givenBy(most.path) ?? {};
    const message = `expected ${path} (${value}) to be at most ${most.words ?? most.path} (${most.value})`;
    mistakes.add({ place, path: at, message });
  }
}
