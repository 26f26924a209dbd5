/** Keys of a batch whose later deliveries must wait, because an earlier one is to be seen again. */
import type { BatchItem } from '../../model/batch.ts';
import type { WrittenResult } from '../../wire/outcome.ts';

/** The keys held in one batch. Null keys carry no order and are never held. */
export class HeldKeys {
  #keys: Set<string> | undefined;

  /** True where the delivery must wait. */
  has(item: BatchItem): boolean {
    return this.#keys !== undefined && item.delivery.key !== null && this.#keys.has(identity(item));
  }

  /** Holds the key from here on, if the result says that the delivery will be seen again. */
  after(item: BatchItem, result: WrittenResult): void {
    if (item.delivery.key === null || !isSeenAgain(result)) return;
    (this.#keys ??= new Set()).add(identity(item));
  }
}

function isSeenAgain(result: WrittenResult): boolean {
  return result.status === 'requeue' || (result.status === 'failed' && result.fault.retriable);
}

/** Order is kept within a key of a task. */
function identity({ task, delivery: { key } }: BatchItem): string {
  const bytes = key ?? new Uint8Array();
  return `${task}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')}`;
}
