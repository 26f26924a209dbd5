/**
 * What may be in flight, in deliveries and in bytes, from consumed to finished.
 *
 * Promise: consuming stops when it is spent and goes on when a quarter of it is free again, so that
 * pulls stay large. Pulls of several groups wait at the same time, so each sets aside its share. One
 * delivery larger than all credit passes alone.
 */
import { assert } from '../model/assert.ts';

/** Share of the credit that must be free before intake goes on. */
const RESUME_SHARE = 0.25;

/** What a pull may bring, set aside while it waits. */
export interface Reserve {
  readonly deliveries: number;
  readonly bytes: number;
}

/** The engine's one account. */
export class Credit {
  readonly #deliveriesMax: number;
  readonly #bytesMax: number;
  #deliveries = 0;
  #bytes = 0;
  #reservedDeliveries = 0;
  #reservedBytes = 0;

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

  /** What is spent or set aside, if nothing is left. */
  get spent(): 'credit.deliveries' | 'credit.bytes' | null {
    if (this.#freeDeliveries <= 0) return 'credit.deliveries';
    return this.#freeBytes <= 0 ? 'credit.bytes' : null;
  }

  /** Whether enough is free again to go on after a stop. */
  get recovered(): boolean {
    return (
      this.#freeDeliveries >= this.#deliveriesMax * RESUME_SHARE &&
      this.#freeBytes >= this.#bytesMax * RESUME_SHARE
    );
  }

  /** Sets aside what one of `pulls` concurrent pulls may bring, at most `deliveriesMax`. Something must be left. */
  reserve(deliveriesMax: number, pulls: number): Reserve {
    const deliveries = Math.min(deliveriesMax, Math.ceil(this.#freeDeliveries / pulls));
    const bytes = Math.ceil(this.#freeBytes / pulls);
    this.#reservedDeliveries += deliveries;
    this.#reservedBytes += bytes;
    return { deliveries, bytes };
  }

  /** Ends a reserve; what the pull brought is taken after it, in the same turn. */
  release({ deliveries, bytes }: Reserve): void {
    this.#reservedDeliveries -= deliveries;
    this.#reservedBytes -= bytes;
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

  get #freeDeliveries(): number {
    return this.#deliveriesMax - this.#deliveries - this.#reservedDeliveries;
  }

  get #freeBytes(): number {
    return this.#bytesMax - this.#bytes - this.#reservedBytes;
  }
}
