/** Names that come from outside, bounded: so many are kept, any further one is `other`. */

/** What stands for the names past the limit. */
const OTHER = 'other';

/** Admits names up to a limit. */
export class Names {
  readonly #max: number;
  readonly #known = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The name itself, or {@link OTHER}. */
  admit(name: string): string {
    if (this.#known.has(name)) return name;
    if (this.#known.size >= this.#max) return OTHER;
    this.#known.add(name);
    return name;
  }
}

/** Counts by bounded name. */
export class NamedCounts {
  readonly #names: Names;
  readonly #counts = new Map<string, number>();

  constructor(namesMax: number) {
    this.#names = new Names(namesMax);
  }

  /** Adds to one name. */
  add(name: string, count: number): void {
    const admitted = this.#names.admit(name);
    this.#counts.set(admitted, (this.#counts.get(admitted) ?? 0) + count);
  }

  /** Adds to several. */
  addAll(counts: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(counts)) this.add(name, count);
  }

  /** As an object, the largest first. */
  toObject(): Record<string, number> {
    return Object.fromEntries([...this.#counts].toSorted(([, a], [, b]) => b - a));
  }
}
