/**
 * What may be in flight, in deliveries and in bytes, from consumed to finished.
 *
 * Promise: consuming stops when it is spent and goes on when a quarter of it is free again, so that
 * pulls stay large. One delivery larger than all credit passes alone.
 */
import { assert } from '../model/assert.ts';

/** Share of the credit that must be free before intake goes on. */
const RESUME_SHARE = 0.25;

/** The engine's one account. */
export class Credit {
  readonly #deliveriesMax: number;
  readonly #bytesMax: number;
  #deliveries = 0;
  #bytes = 0;

  constructor(deliveriesMax: number, bytesMax: number) {
    this.#deliveriesMax = deliveriesMax;
    this.#bytesMax = bytesMax;
  }

  /** Deliveries in flight. */
  get deliveries(): number {
    return this.#deliveries;
  }

  /** Bytes in flight. */
  get bytes(): number {
    return this.#bytes;
  }

  get freeDeliveries(): number {
    return Math.max(0, this.#deliveriesMax - this.#deliveries);
  }

  get freeBytes(): number {
    return Math.max(0, this.#bytesMax - this.#bytes);
  }

  /** What is spent, if something is. */
  get spent(): 'credit-deliveries' | 'credit-bytes' | null {
    if (this.freeDeliveries === 0) return 'credit-deliveries';
    return this.freeBytes === 0 ? 'credit-bytes' : null;
  }

  /** Whether enough is free again to go on after a stop. */
  get recovered(): boolean {
    return (
      this.freeDeliveries >= this.#deliveriesMax * RESUME_SHARE &&
      this.freeBytes >= this.#bytesMax * RESUME_SHARE
    );
  }

  take(deliveries: number, bytes: number): void {
    this.#deliveries += deliveries;
    this.#bytes += bytes;
    assert(this.#deliveries <= this.#deliveriesMax, 'a pull brings no more deliveries than there is credit');
  }

  give(bytes: number): void {
    this.#deliveries -= 1;
    this.#bytes -= bytes;
    assert(this.#deliveries >= 0 && this.#bytes >= 0, 'credit is given back once');
  }
}
