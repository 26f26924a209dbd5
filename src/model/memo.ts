/**
 * A bounded memory of results, for pure functions that are often asked the same.
 *
 * Two generations: what was asked for lately is in the young one, and when that is full it becomes the
 * old one, whose content is forgotten unless it is asked for again. So it costs two looks at most, never
 * more than its weight, and no order of use is kept.
 */

/** Results by key. */
export class Memo<Key, Value> {
  readonly #weightMax: number;
  #young = new Map<Key, Weighed<Value>>();
  #old = new Map<Key, Weighed<Value>>();
  #youngWeight = 0;

  /** Keeps results of at most this weight together, in whatever unit. */
  constructor(weightMax: number) {
    this.#weightMax = weightMax;
  }

  /** The result, if it is known. */
  get(key: Key): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#add(key, old);
    return old.value;
  }

  /** Keeps a result, in place of what was known; one that is heavier than half of what may be kept is not. */
  set(key: Key, value: Value, weight: number): void {
    this.#old.delete(key);
    this.#youngWeight -= this.#young.get(key)?.weight ?? 0;
    this.#young.delete(key);
    if (weight <= this.#weightMax / 2) this.#add(key, { value, weight });
  }

  #add(key: Key, weighed: Weighed<Value>): void {
    if (this.#youngWeight + weighed.weight > this.#weightMax / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngWeight = 0;
    }
    this.#young.set(key, weighed);
    this.#youngWeight += weighed.weight;
  }
}

/**
 * Whether looking and keeping pay. What keeping costs is paid by hits, and where there are none, by many
 * misses: where more different things come in turns than there is room for, few are kept, and all the same
 * those that come often are learnt in time. Where hardly anything comes again, only some are looked at.
 */
export class Thrift {
  readonly #missesPerKept: number;
  #credit = CREDIT_MAX;
  /** Of what was looked at lately, what was known. */
  #hitShare = 1;
  #skipped = 0;

  /** What is kept costs as much as this many looks. */
  constructor(missesPerKept: number) {
    this.#missesPerKept = missesPerKept;
  }

  /** Whether to look at the next thing at all. */
  mayPay(): boolean {
    this.#skipped = (this.#skipped + 1) % LOOKED_AT_ONE_IN;
    return this.#hitShare > HIT_SHARE_MIN || this.#skipped === 0;
  }

  /** Takes note of whether what was looked at was known. */
  count(wasKnown: boolean): void {
    this.#credit = Math.min(CREDIT_MAX, this.#credit + (wasKnown ? 1 : 1 / this.#missesPerKept));
    this.#hitShare += ((wasKnown ? 1 : 0) - this.#hitShare) * HIT_WEIGHT;
  }

  /** Whether something may be kept now; it is paid for then. */
  spend(): boolean {
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }
}

/** Things that may be kept at once. */
const CREDIT_MAX = 512;
/** Below this share of hits, which is what looking costs, only some things are looked at. */
const HIT_SHARE_MIN = 0.02;
const HIT_WEIGHT = 1 / 1024;
const LOOKED_AT_ONE_IN = 16;

interface Weighed<Value> {
  readonly value: Value;
  readonly weight: number;
}
