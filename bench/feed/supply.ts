/** The events of a plan, made before they are needed: making them is no part of what is measured. */
import type { FedEvent, FeedPlan } from './plan.ts';
import { maker } from './plan.ts';

/** Events that are made ahead at most: some 400 MB of the large ones. */
const AHEAD_MAX = 200_000;

/** A record as the sinks and the memory broker take it. */
export interface FedRecord extends FedEvent {
  readonly timestampMs: number;
}

/** Hands out the events of a plan in their order, each once. */
export class Supply {
  readonly #make: () => FedEvent;
  #made: FedEvent[] = [];
  #taken = 0;

  constructor(plan: FeedPlan) {
    this.#make = maker(plan);
  }

  /** Makes the next `count` events now, if they are not too many; what is not made is made when it is taken. */
  prepare(count: number): void {
    this.#made = this.#made.slice(this.#taken);
    this.#taken = 0;
    while (this.#made.length < Math.min(count, AHEAD_MAX)) this.#made.push(this.#make());
  }

  /** The next `count` events, as records of that time. */
  take(count: number, timestampMs: number): FedRecord[] {
    return Array.from({ length: count }, () => {
      const { key, value } = this.#made[this.#taken++] ?? this.#make();
      return { key, value, timestampMs };
    });
  }
}
