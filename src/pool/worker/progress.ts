/**
 * The progress word: what a worker thread is doing, in memory that outlives it.
 *
 * The worker stores it before each delivery and leaves it there afterwards, so that a thread that
 * hangs or dies, even a little later, tells by itself which delivery was in hand. One int32: a mark
 * of the batch, and the index of the delivery in it. Zero: nothing was ever in hand.
 */

/** Index of the word in the shared Int32Array. */
const WORD = 0;

/** Size of the shared memory. */
export const PROGRESS_BYTES: number = Int32Array.BYTES_PER_ELEMENT;

/** Deliveries of a batch are fewer than this. */
export const BATCH_DELIVERIES_LIMIT: number = 2 ** 20 - 1;

/** Batches of a slot are told apart by their id modulo this; it has two at a time. */
const MARKS = 2 ** 11;

/** Worker: delivery `index` of the batch is in hand now. */
export function storeProgress(progress: Int32Array, batchId: number, index: number): void {
  Atomics.store(progress, WORD, ((batchId % MARKS) << 20) | (index + 1));
}

/** Main thread: what was stored last. */
export function loadProgress(progress: Int32Array): number {
  return Atomics.load(progress, WORD);
}

/** Nothing is in hand: the thread is gone, or ends by nobody's doing. */
export function clearProgress(progress: Int32Array): void {
  Atomics.store(progress, WORD, 0);
}

/** The index that the word names, if it names a delivery of this batch. */
export function progressIn(word: number, batchId: number): number | undefined {
  const index = (word & BATCH_DELIVERIES_LIMIT) - 1;
  return index >= 0 && word >>> 20 === batchId % MARKS ? index : undefined;
}
