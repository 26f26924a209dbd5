/**
 * Buffers of batches and outcomes, used again when who has them gives them back: a fresh one costs
 * more than filling it, because its pages are new (0.39 µs per 2-KB delivery against 0.08), and the garbage collector counts every one of them.
 */
import type { Allocate } from '../wire/batch.ts';

/** A larger buffer is not kept. */
const KEEP_BYTES_MAX = 8 * 2 ** 20;

/** Sizes are powers of two from here, so that batches of about one size fit each other's buffers. */
const SIZE_BYTES_MIN = 64 * 2 ** 10;

/** A free list of bounded length. */
export class FreeBuffers {
  readonly #free: ArrayBuffer[] = [];
  #keepMax: number;

  constructor(keepMax: number) {
    this.#keepMax = keepMax;
  }

  /** Changes how many are kept at most; what is over goes. */
  keep(keepMax: number): void {
    this.#keepMax = keepMax;
    this.#free.splice(keepMax);
  }

  /** A buffer of at least that size; one that is too small for it makes room for the new one. */
  take(bytesMin: number): ArrayBuffer {
    return allocator(this.spare())(bytesMin);
  }

  /** Any buffer that is free. */
  spare(): ArrayBuffer | null {
    return this.#free.pop() ?? null;
  }

  /** Takes a buffer back. */
  give(buffer: ArrayBuffer): void {
    if (this.#free.length < this.#keepMax && buffer.byteLength <= KEEP_BYTES_MAX) this.#free.push(buffer);
  }
}

/** Gives the spare buffer where it is large enough, and a new one elsewhere. */
export function allocator(spare: ArrayBuffer | null): Allocate {
  return (bytesMin) =>
    spare !== null && spare.byteLength >= bytesMin
      ? spare
      : new ArrayBuffer(Math.max(SIZE_BYTES_MIN, 2 ** Math.ceil(Math.log2(bytesMin))));
}
