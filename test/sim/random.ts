/**
 * Chance of the simulated world: a seeded generator with named child streams.
 *
 * Promise: what a stream gives depends on the seed and on its name only, never on how much another
 * stream was used. So a new component, or one more draw in an old one, leaves all others as they were.
 */

const FNV_PRIME = 0x01000193;
const FNV_OFFSET = 0x811c9dc5;
/** Rounds after seeding; sfc32 needs about this many until its state is mixed. */
const WARM_UP = 12;

/** A stream of numbers. The generator is sfc32 of PractRand (Chris Doty-Humphrey, public domain). */
export class SimRandom {
  readonly #path: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `path` is the whole seed: two streams of one path are equal. */
  constructor(path: string) {
    this.#path = path;
    this.#a = fnv(path, 1);
    this.#b = fnv(path, 2);
    this.#c = fnv(path, 3);
    for (let round = 0; round < WARM_UP; round++) this.next();
  }

  /** A stream of its own, whatever this one has given so far. */
  child(name: string): SimRandom {
    return new SimRandom(`${this.#path}/${name}`);
  }

  /** Uniform in [0, 1). */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    const item = list[this.int(0, list.length - 1)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** Exponentially distributed with the given mean, in whole milliseconds, at least 1. */
  waitMs(meanMs: number): number {
    return Math.max(1, Math.round(-Math.log(1 - this.next()) * meanMs));
  }
}

/** FNV-1a over the path's UTF-16 units, with a salt so that one path gives several words. */
function fnv(path: string, salt: number): number {
  let hash = FNV_OFFSET ^ salt;
  for (let index = 0; index < path.length; index++) {
    hash = Math.imul(hash ^ path.charCodeAt(index), FNV_PRIME);
  }
  return Math.imul(hash ^ (hash >>> 15), FNV_PRIME) | 0;
}
