/**
 * Until when this process may write what it has read: as long as each of its groups surely counts it as
 * a member. After that others may have its partitions, and what is written late would stand behind theirs.
 *
 * In memory that threads share, on the system's monotonic clock, so that a process that was stopped knows
 * it in whichever thread goes on first. (No clock says that a whole machine was stopped.)
 */
import { assert } from '../../model/assert.ts';

/** Nothing is read: nothing can be late. */
const NONE = 0n;
const PAST = 1n;
const NS_PER_MS = 1_000_000;
/** Of each group: when it ends, nanoseconds on the monotonic clock; and how often what was taken became late. */
const FIELDS = 2;

/** One group's. */
export interface Lease {
  /** The group counts on this member for so long from now on, milliseconds; less than nothing: not any more. */
  extend(leftMs: number): void;
  /** This is no member any more: nothing that was taken so far may be written. */
  expire(): void;
  /** Nothing of the group is held any more: what is taken from now on may be written, what was taken so far may not. */
  release(): void;
}

/** Where nothing is written for what is read. */
export const NO_LEASE: Lease = {
  extend: () => undefined,
  expire: () => undefined,
  release: () => undefined,
};

/** Those of a process. */
export class Leases {
  /** What another thread makes its own of. */
  readonly shared: SharedArrayBuffer;
  readonly #fields: BigInt64Array;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#fields = new BigInt64Array(shared);
  }

  /** For so many groups. */
  static of(groups: number): Leases {
    return new Leases(new SharedArrayBuffer(groups * FIELDS * BigInt64Array.BYTES_PER_ELEMENT));
  }

  /** That of a group, by its number from 0 on. */
  of(group: number): Lease {
    const at = group * FIELDS;
    assert(group >= 0 && at < this.#fields.length, 'there is a lease for each group');
    const set = (end: bigint): void => void Atomics.store(this.#fields, at, end);
    const end = (as: bigint): void => {
      Atomics.add(this.#fields, at + 1, 1n);
      set(as);
    };
    return {
      extend: (leftMs) => set(process.hrtime.bigint() + BigInt(Math.round(leftMs * NS_PER_MS))),
      expire: () => end(PAST),
      release: () => end(NONE),
    };
  }

  /** What is taken now is of this term. It rises when what was taken before may not be written any more. */
  get term(): number {
    let term = 0;
    for (let at = 1; at < this.#fields.length; at += FIELDS) term += Number(Atomics.load(this.#fields, at));
    return term;
  }

  /** Whether what was taken in this term may still be written: it is the term still, and no lease has run out. */
  mayWrite(term: number): boolean {
    if (term !== this.term) return false;
    const now = process.hrtime.bigint();
    for (let at = 0; at < this.#fields.length; at += FIELDS) {
      const end = Atomics.load(this.#fields, at);
      if (end !== NONE && end <= now) return false;
    }
    return true;
  }
}
