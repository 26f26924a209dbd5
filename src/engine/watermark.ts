/**
 * The lowest unfinished offset of one partition, under one epoch.
 *
 * Promise: `position` never passes an offset that was begun and is not finished; gaps between
 * offsets never hold it. It does not know why an offset is finished.
 */
import { assert } from '../model/assert.ts';

const CAPACITY_MIN = 64;

/** Tracks begun and finished offsets in a ring; constant time each. */
export class Watermark {
  #offsets = new Float64Array(CAPACITY_MIN);
  #done = new Uint8Array(CAPACITY_MIN);
  /** Tickets are given in the order of offsets; those in [head, tail) are tracked. */
  #head = 0;
  #tail = 0;
  #lastOffset = -1;

  /** The next offset to read after a restart; `null` before the first delivery. */
  get position(): number | null {
    if (this.#tail === 0) return null;
    return this.#head === this.#tail ? this.#lastOffset + 1 : this.#offsetAt(this.#head);
  }

  /** Deliveries begun at or after the lowest unfinished one: what a crash could make seen twice. */
  get ahead(): number {
    return this.#tail - this.#head;
  }

  /** Deliveries finished below the position, since the first one. */
  get contiguous(): number {
    return this.#head;
  }

  /** Begins an offset, which must be above all earlier ones. Returns the ticket to finish it with. */
  begin(offset: number): number {
    assert(offset > this.#lastOffset, 'offsets of a partition rise within an epoch');
    if (this.ahead === this.#offsets.length) this.#grow();
    const slot = this.#tail & (this.#offsets.length - 1);
    this.#offsets[slot] = offset;
    this.#done[slot] = 0;
    this.#lastOffset = offset;
    return this.#tail++;
  }

  /** Finishes a ticket, once. Returns true when the position moved. */
  finish(ticket: number): boolean {
    assert(ticket >= this.#head && ticket < this.#tail, 'a finished ticket is one that is tracked');
    const mask = this.#offsets.length - 1;
    assert(this.#done[ticket & mask] === 0, 'a delivery is finished once');
    this.#done[ticket & mask] = 1;
    if (ticket !== this.#head) return false;
    while (this.#head < this.#tail && this.#done[this.#head & mask] === 1) this.#head += 1;
    return true;
  }

  #offsetAt(ticket: number): number {
    const offset = this.#offsets[ticket & (this.#offsets.length - 1)];
    assert(offset !== undefined, 'a tracked ticket has an offset');
    return offset;
  }

  #grow(): void {
    const length = this.#offsets.length;
    const offsets = new Float64Array(length * 2);
    const done = new Uint8Array(length * 2);
    for (let ticket = this.#head; ticket < this.#tail; ticket++) {
      offsets[ticket & (length * 2 - 1)] = this.#offsetAt(ticket);
      done[ticket & (length * 2 - 1)] = this.#done[ticket & (length - 1)] ?? 0;
    }
    this.#offsets = offsets;
    this.#done = done;
  }
}
