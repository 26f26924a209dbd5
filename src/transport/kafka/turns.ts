/** Hands out what several partitions hold, a fair share of each, another partition first each time. */
import type { Delivery } from '../../model/delivery.ts';
import type { PullLimit } from '../../ports/source.ts';
import type { Reading } from './reading.ts';

/** A round. */
export interface Turn {
  /** Says who begins. */
  readonly turn: number;
  /** Bytes of unpacked batches above which no other is opened. */
  readonly unpackedBytesMax: number;
}

/**
 * One round over what is ready and wanted. Tells each of them whether it is paused. Above the limit of
 * what may be unpacked, those that are open go on, and those that are paused give their room away.
 */
export function takeTurns(
  readings: Iterable<Reading>,
  limit: Pick<PullLimit, 'deliveriesMax' | 'bytesMax' | 'paused'>,
  { turn, unpackedBytesMax }: Turn,
): readonly Delivery[] {
  const ready: Reading[] = [];
  const paused: Reading[] = [];
  let unpackedBytes = 0;
  for (const reading of readings) {
    reading.isPaused = reading.isReady && limit.paused(reading.topic, reading.partition);
    if (reading.isReady) (reading.isPaused ? paused : ready).push(reading);
    unpackedBytes += reading.unpackedBytes;
  }
  if (unpackedBytes >= unpackedBytesMax) {
    for (const reading of paused) {
      unpackedBytes -= reading.unpackedBytes;
      reading.pack();
    }
  }
  const first = turn % Math.max(1, ready.length);
  const order = [...ready.slice(first), ...ready.slice(0, first)];
  const taken: Delivery[] = [];
  let bytesLeft = limit.bytesMax;
  for (const [i, reading] of order.entries()) {
    const left = limit.deliveriesMax - taken.length;
    if (left <= 0 || bytesLeft <= 0) break;
    if (reading.isPacked && unpackedBytes >= unpackedBytesMax) continue;
    unpackedBytes -= reading.unpackedBytes;
    bytesLeft -= reading.take(taken, Math.ceil(left / (order.length - i)), bytesLeft);
    unpackedBytes += reading.unpackedBytes;
  }
  return taken;
}
