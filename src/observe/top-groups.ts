/**
 * The most frequent groups of a run, in bounded memory.
 *
 * Frequent-items summary of Misra and Gries ("Finding repeated elements", 1982), pruned in bulk: up
 * to twice the limit is kept, then the count of the first one past the limit is taken off all and
 * those at nothing are let go. Counts are exact until the first pruning. Afterwards they are never
 * too high and too low by at most `total / (limit + 1)`, so a group with more than that is kept.
 */
import type { GroupTally } from '../model/batch.ts';

interface Counter {
  readonly tally: GroupTally;
  count: number;
}

/** Counts groups. */
export class TopGroups {
  readonly #groupsMax: number;
  #counters = new Map<string, Counter>();
  #shortfall = 0;

  /** `groupsMax` are kept for sure, twice as many at most. */
  constructor(groupsMax: number) {
    this.#groupsMax = groupsMax;
  }

  /** How much a count may be too low; 0 as long as all groups fit. */
  get shortfallMax(): number {
    return this.#shortfall;
  }

  /** Groups in memory. */
  get size(): number {
    return this.#counters.size;
  }

  /** Adds the counts of a batch. */
  add(groups: readonly GroupTally[]): void {
    for (const tally of groups) {
      const counter = this.#counters.get(tally.group);
      if (counter !== undefined) {
        counter.count += tally.count;
        continue;
      }
      this.#counters.set(tally.group, { tally, count: tally.count });
      if (this.#counters.size > 2 * this.#groupsMax) this.#prune();
    }
  }

  /** The first so many, the most frequent first. */
  top(groups: number): readonly GroupTally[] {
    return this.#ranked()
      .slice(0, groups)
      .map(({ tally, count }) => ({ ...tally, count }));
  }

  #prune(): void {
    const ranked = this.#ranked();
    const least = ranked[this.#groupsMax]?.count ?? 0;
    this.#shortfall += least;
    const kept = ranked.filter(({ count }) => count > least);
    for (const counter of kept) counter.count -= least;
    this.#counters = new Map(kept.map((counter) => [counter.tally.group, counter]));
  }

  #ranked(): Counter[] {
    return [...this.#counters.values()].sort((a, b) => b.count - a.count);
  }
}
