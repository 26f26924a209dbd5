/** A double-ended queue on a ring: constant time at both ends, no garbage per item. */
import { assert } from '../model/assert.ts';

const CAPACITY_MIN = 16;

/** First in, first out, with a way back to the front. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(CAPACITY_MIN);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  pushBack(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length += 1;
  }

  pushFront(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = item;
    this.#length += 1;
  }

  /** The first item, left in place. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  /** Takes the first item. The queue must not be empty. */
  popFront(): T {
    assert(this.#length > 0, 'a queue that is popped holds an item');
    const item = this.#ring[this.#head] as T;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length -= 1;
    return item;
  }

  #grow(): void {
    const grown = new Array<T | undefined>(this.#ring.length * 2);
    for (let i = 0; i < this.#length; i++) grown[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    this.#ring = grown;
    this.#head = 0;
  }
}
