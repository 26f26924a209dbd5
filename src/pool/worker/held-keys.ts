/** Keys of a batch whose later deliveries must wait, because an earlier one is to be seen again. */
import type { BatchItem } from '../../model/batch.ts';
import type { WrittenResult } from '../../wire/outcome.ts';

/** The orders held in one batch, by task. What has no order is never held. */
export class HeldKeys {
  #orders: Set<number>[] | undefined;

  /** True where the delivery must wait. */
  has({ task, order }: BatchItem): boolean {
    return this.#orders !== undefined && order >= 0 && this.#orders[task]?.has(order) === true;
  }

  /** Holds the order from here on, if the result says that the delivery will be seen again. */
  after({ task, order }: BatchItem, result: WrittenResult): void {
    if (order < 0 || !isSeenAgain(result)) return;
    ((this.#orders ??= [])[task] ??= new Set()).add(order);
  }
}

function isSeenAgain(result: WrittenResult): boolean {
  return result.status === 'requeue' || (result.status === 'failed' && result.fault.retriable);
}
