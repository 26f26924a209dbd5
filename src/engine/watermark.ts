/**
 * The lowest unfinished offset of one partition, under one epoch.
 *
 * Promise: `position` never passes an offset that was begun and is not finished; gaps between
 * offsets never hold it. It does not know why an offset is finished.
 */
import { assert } from '../model/assert.ts';

const CAPACITY_MIN = 64;

/** Tracks begun and finished offsets in a ring, each with what it stands for; constant time each. */
export class Watermark<Item> {
  #offsets = new Float64Array(CAPACITY_MIN);
  #done = new Uint8Array(CAPACITY_MIN);
  #items: (Item | null)[] = new Array<Item | null>(CAPACITY_MIN).fill(null);
  /** Tickets are given in the order of offsets; those in [head, tail) are tracked. */
  #head = 0;
  #tail = 0;
  #lastOffset = -1;

  /** The next offset to read after a restart; `null` before the first delivery. */
  get position(): number | null {
    if (this.#tail === 0) return null;
    return this.#head === this.#tail ? this.#lastOffset + 1 : this.#offsetAt(this.#head);
  }

  /** The highest offset that was begun; -1 before the first. */
  get lastOffset(): number {
    return this.#lastOffset;
  }

  /** Deliveries begun at or after the lowest unfinished one. */
  get ahead(): number {
    return this.#tail - this.#head;
  }

  /** Deliveries begun. */
  get begun(): number {
    return this.#tail;
  }

  /** Deliveries finished below the position, since the first one. */
  get contiguous(): number {
    return this.#head;
  }

  /** What stands at the lowest unfinished offset, if there is one. */
  get lowest(): Item | null {
    return this.#items[this.#head & (this.#items.length - 1)] ?? null;
  }

  /** Begins an offset, which must be above all earlier ones. Returns the ticket to finish it with. */
  begin(offset: number, item: Item | null): number {
    assert(offset > this.#lastOffset, 'offsets of a partition rise within an epoch');
    if (this.ahead === this.#offsets.length) this.#grow();
    const slot = this.#tail & (this.#offsets.length - 1);
    this.#offsets[slot] = offset;
    this.#done[slot] = 0;
    this.#items[slot] = item;
    this.#lastOffset = offset;
    return this.#tail++;
  }

  /** Finishes a ticket, once. */
  finish(ticket: number): void {
    assert(ticket >= this.#head && ticket < this.#tail, 'a finished ticket is one that is tracked');
    const mask = this.#offsets.length - 1;
    assert(this.#done[ticket & mask] === 0, 'a delivery is finished once');
    this.#done[ticket & mask] = 1;
    this.#items[ticket & mask] = null;
    while (this.#head < this.#tail && this.#done[this.#head & mask] === 1) this.#head += 1;
  }

  /** The items from the lowest unfinished one on, finished ones passed over. */
  *unfinished(): Generator<Item> {
    for (let ticket = this.#head; ticket < this.#tail; ticket++) {
      const item = this.#items[ticket & (this.#items.length - 1)];
      if (item !== null && item !== undefined) yield item;
    }
  }

  /** The finished offsets above the position, as runs [from, to): what a restart need not do again. */
  *finishedAbove(): Generator<readonly [from: number, to: number]> {
    const mask = this.#offsets.length - 1;
    let from = -1;
    let to = -1;
    for (let ticket = this.#head; ticket < this.#tail; ticket++) {
      if (this.#done[ticket & mask] === 1) {
        if (from < 0) from = this.#offsetAt(ticket);
        to = this.#offsetAt(ticket) + 1;
      } else if (from >= 0) {
        yield [from, to];
        from = -1;
      }
    }
    if (from >= 0) yield [from, to];
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
    const items = new Array<Item | null>(length * 2).fill(null);
    for (let ticket = this.#head; ticket < this.#tail; ticket++) {
      const slot = ticket & (length * 2 - 1);
      offsets[slot] = this.#offsetAt(ticket);
      done[slot] = this.#done[ticket & (length - 1)] ?? 0;
      items[slot] = this.#items[ticket & (length - 1)] ?? null;
    }
    this.#offsets = offsets;
    this.#done = done;
    this.#items = items;
  }
}
