/**
 * The circuit of a task: opens when too much of what it does is given up.
 *
 * Two limits: a run of deliveries given up one after the other, and a share of the last so many. It
 * only judges; the engine stops the task.
 */
import type { CircuitPolicy } from '../model/task.ts';

/** Counts deliveries in the order in which they are finished or given up. */
export class Circuit {
  readonly #policy: CircuitPolicy;
  /** The last results, 1 for given up; a ring. */
  readonly #window: Uint8Array;
  #seen = 0;
  #givenUp = 0;
  #run = 0;

  constructor(policy: CircuitPolicy) {
    this.#policy = policy;
    this.#window = new Uint8Array(policy.deadLetterPercentMax > 0 ? policy.window : 0);
  }

  /** A delivery was finished as it should be. */
  good(): void {
    this.#run = 0;
    this.#note(0);
  }

  /** A delivery was given up. Returns why the task must stop, if it must. */
  bad(): string | null {
    this.#run += 1;
    this.#note(1);
    return this.#runVerdict() ?? this.#shareVerdict();
  }

  #note(result: 0 | 1): void {
    if (this.#window.length === 0) return;
    const at = this.#seen % this.#window.length;
    this.#givenUp += result - (this.#window[at] ?? 0);
    this.#window[at] = result;
    this.#seen += 1;
  }

  #runVerdict(): string | null {
    const { consecutiveMax } = this.#policy;
    if (consecutiveMax === 0 || this.#run <= consecutiveMax) return null;
    return `${this.#run} deliveries in a row were given up, circuit.consecutiveMax is ${consecutiveMax}`;
  }

  #shareVerdict(): string | null {
    const { deadLetterPercentMax } = this.#policy;
    const { length } = this.#window;
    if (length === 0 || this.#seen < length || this.#givenUp * 100 <= deadLetterPercentMax * length)
      return null;
    return `${this.#givenUp} of the last ${length} deliveries were given up, circuit.deadLetterPercentMax is ${deadLetterPercentMax}`;
  }
}
