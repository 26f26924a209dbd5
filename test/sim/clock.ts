/**
 * The virtual clock: a heap of events ordered by time, then by the order in which they were made.
 *
 * Promise: time moves only from one event to the next. After each event one `setImmediate` is
 * awaited, so that all promise reactions of the event have run before the next: plain async code
 * is deterministic this way (the settle rule).
 *
 * A {@link ProcessClock} is the clock of one simulated process. When the process ends, whatever it
 * had scheduled never happens: that is what cuts off the late callbacks of a killed engine.
 */
import { setImmediate as settled } from 'node:timers/promises';
import type { Cancel, Clock } from '../../src/ports/clock.ts';

/** Virtual time zero, milliseconds since 1970. */
export const EPOCH_MS: number = Date.UTC(2026, 0, 1);

interface Entry {
  atMs: number;
  sequence: number;
  readonly owner: ProcessClock | null;
  callback: (() => void) | null;
}

/** The clock of the world, which outlives every process in it. */
export class VirtualClock implements Clock {
  readonly #heap: Entry[] = [];
  #sequence = 0;
  #nowMs = 0;

  now(): number {
    return EPOCH_MS + this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): Cancel {
    return this.scheduleFor(null, delayMs, callback);
  }

  /** As `schedule`, but only while `owner` runs. Delays are rounded up to whole milliseconds. */
  scheduleFor(owner: ProcessClock | null, delayMs: number, callback: () => void): Cancel {
    if (!(delayMs >= 0 && Number.isFinite(delayMs))) throw new RangeError(`delay of ${delayMs} ms`);
    const entry: Entry = {
      atMs: this.#nowMs + Math.ceil(delayMs),
      sequence: this.#sequence++,
      owner,
      callback,
    };
    push(this.#heap, entry);
    return () => {
      entry.callback = null;
    };
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    for (;;) {
      const entry = pop(this.#heap);
      if (entry === null) return false;
      if (entry.callback === null || entry.owner?.ended === true) continue;
      if (entry.owner !== null && entry.owner.standsUntilMs > entry.atMs) {
        this.#postpone(entry, entry.owner.standsUntilMs);
        continue;
      }
      this.#nowMs = entry.atMs;
      entry.callback();
      return true;
    }
  }

  /** Late events of one process keep their order among each other. */
  #postpone(entry: Entry, untilMs: number): void {
    entry.atMs = untilMs;
    entry.sequence = this.#sequence++;
    push(this.#heap, entry);
  }
}

/** The clock of one process. */
export class ProcessClock implements Clock {
  readonly #clock: VirtualClock;
  ended = false;
  /** Until then nothing of the process happens; what was due meanwhile happens then. */
  standsUntilMs = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  schedule(delayMs: number, callback: () => void): Cancel {
    if (this.ended) return () => {};
    return this.#clock.scheduleFor(this, delayMs, callback);
  }

  /** Resolves after `delayMs`, never when the process ends before. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.schedule(delayMs, resolve);
    });
  }

  /** The process does not run for so long, as when it is stopped by a signal: the clock jumps for it. */
  standStill(forMs: number): void {
    this.standsUntilMs = this.monotonic() + forMs;
  }

  /** Resolves when the process runs. */
  async running(): Promise<void> {
    while (this.standsUntilMs > this.monotonic()) await this.wait(this.standsUntilMs - this.monotonic());
  }

  /** From now on nothing of this process happens any more. */
  end(): void {
    this.ended = true;
  }
}

/** Bounds of a run, so that a world that goes round for ever is a failure and not a hang. */
export interface LoopLimits {
  readonly untilMs: number;
  readonly stepsMax: number;
}

/** How the loop ended. */
export interface LoopEnd {
  readonly steps: number;
  readonly end: 'done' | 'nothing-left' | 'out-of-time' | 'out-of-steps';
}

/** Event, settle, check, until `done` or a bound. */
export async function runEvents(
  clock: VirtualClock,
  limits: LoopLimits,
  hooks: { readonly done: () => boolean; readonly afterEvent: () => void },
): Promise<LoopEnd> {
  for (let steps = 0; ; steps++) {
    if (hooks.done()) return { steps, end: 'done' };
    if (steps >= limits.stepsMax) return { steps, end: 'out-of-steps' };
    if (clock.monotonic() > limits.untilMs) return { steps, end: 'out-of-time' };
    if (!clock.step()) return { steps, end: 'nothing-left' };
    await settled();
    hooks.afterEvent();
  }
}

function before(left: Entry, right: Entry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.sequence < right.sequence);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || before(parent, entry)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): Entry | null {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined) return null;
  if (heap.length > 0) sink(heap, last);
  return top;
}

/** Puts `entry` at the top and lets it sink to its place. */
function sink(heap: Entry[], entry: Entry): void {
  let index = 0;
  for (;;) {
    let childIndex = 2 * index + 1;
    let child = heap[childIndex];
    if (child === undefined) break;
    const right = heap[childIndex + 1];
    if (right !== undefined && before(right, child)) {
      child = right;
      childIndex++;
    }
    if (before(entry, child)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = entry;
}
