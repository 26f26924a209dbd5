/** Hands out what several partitions hold, a fair share of each, another partition first each time. */
import type { Delivery } from '../../model/delivery.ts';
import type { PullLimit } from '../../ports/source.ts';
import type { Reading } from './reading.ts';

/** One round over what is ready and wanted; `turn` says who begins. Tells each of them whether it is paused. */
export function takeTurns(
  readings: Iterable<Reading>,
  limit: Pick<PullLimit, 'deliveriesMax' | 'bytesMax' | 'paused'>,
  turn: number,
): readonly Delivery[] {
  const ready: Reading[] = [];
  for (const reading of readings) {
    reading.isPaused = reading.isReady && limit.paused(reading.topic, reading.partition);
    if (reading.isReady && !reading.isPaused) ready.push(reading);
  }
  const first = turn % Math.max(1, ready.length);
  const order = [...ready.slice(first), ...ready.slice(0, first)];
  const taken: Delivery[] = [];
  let bytesLeft = limit.bytesMax;
  for (const [i, reading] of order.entries()) {
    const left = limit.deliveriesMax - taken.length;
    if (left <= 0 || bytesLeft <= 0) break;
    bytesLeft -= reading.take(taken, Math.ceil(left / (order.length - i)), bytesLeft);
  }
  return taken;
}
