/** Writes the events of a plan to a topic: at once, or at a pace. */
import type { MemoryBroker } from '../../src/transport/memory/broker.ts';
import type { Pace, Paced } from './pace.ts';
import { keepPace } from './pace.ts';
import type { FeedPlan } from './plan.ts';
import { Supply } from './supply.ts';

/** A feeder. One call at a time. */
export interface Feeder {
  /** Makes the next `count` events, which are then quickly written. */
  prepare(count: number): Promise<void>;
  /** Writes the next `count` events now. */
  send(count: number): Promise<void>;
  /** Writes events as they become due; resolves when all are written. */
  pace(pace: Pace): Promise<Paced>;
  close(): Promise<void>;
}

/**
 * The feeder of the memory transport. It has to be in the engine's own thread, where the broker is; so
 * the engine can hold it up, which counts, for an event's time is when it was due. `send` has written when
 * it returns.
 */
export class MemoryFeeder implements Feeder {
  readonly #broker: MemoryBroker;
  readonly #topic: string;
  readonly #supply: Supply;

  constructor(broker: MemoryBroker, topic: string, plan: FeedPlan) {
    this.#broker = broker;
    this.#topic = topic;
    this.#supply = new Supply(plan);
    // The topic is there from the beginning.
    broker.topic(topic);
  }

  prepare(count: number): Promise<void> {
    this.#supply.prepare(count);
    return Promise.resolve();
  }

  send(count: number): Promise<void> {
    this.#broker.append(this.#topic, this.#supply.take(count, Date.now()));
    return Promise.resolve();
  }

  pace(pace: Pace): Promise<Paced> {
    return keepPace(this.#supply, pace, (records) => this.#broker.append(this.#topic, records));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
