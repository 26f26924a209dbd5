/** CPU time of worker threads, from what each says of itself with its batches. */

/** Follows the slots; bounded by their number. */
export class SlotCpu {
  readonly #lastMs = new Map<number, number>();

  /**
   * What the thread of a slot used since the last time it said so, milliseconds. A thread counts from
   * its start, so less than before means that a new one took the slot; 0 means that nobody knows.
   */
  spentMs(slot: number, cpuMs: number): number {
    if (!(cpuMs > 0)) return 0;
    const before = this.#lastMs.get(slot) ?? 0;
    this.#lastMs.set(slot, cpuMs);
    return cpuMs >= before ? cpuMs - before : cpuMs;
  }
}
