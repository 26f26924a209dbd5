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

/** One group's. */
export interface Lease {
  /** The group counts on this member for so long from now on, milliseconds; less than nothing: not any more. */
  extend(leftMs: number): void;
  /** This is no member any more. */
  expire(): void;
  /** Nothing of the group is held. */
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
  /** By group: nanoseconds on the monotonic clock. */
  readonly #ends: BigInt64Array;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#ends = new BigInt64Array(shared);
  }

  /** For so many groups. */
  static of(groups: number): Leases {
    return new Leases(new SharedArrayBuffer(groups * BigInt64Array.BYTES_PER_ELEMENT));
  }

  /** That of a group, by its number from 0 on. */
  of(group: number): Lease {
    assert(group >= 0 && group < this.#ends.length, 'there is a lease for each group');
    const set = (end: bigint): void => void Atomics.store(this.#ends, group, end);
    return {
      extend: (leftMs) => set(process.hrtime.bigint() + BigInt(Math.round(leftMs * NS_PER_MS))),
      expire: () => set(PAST),
      release: () => set(NONE),
    };
  }

  /** Whether none of them has run out. */
  get areGood(): boolean {
    const now = process.hrtime.bigint();
    for (let group = 0; group < this.#ends.length; group++) {
      const end = Atomics.load(this.#ends, group);
      if (end !== NONE && end <= now) return false;
    }
    return true;
  }
}
