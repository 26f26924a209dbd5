/** Waiting until something holds, with a deadline by the clock port. */
import type { Cancel, Clock } from '../ports/clock.ts';

interface Waiter {
  readonly holds: () => boolean;
  readonly settle: (held: boolean) => void;
}

/** Conditions that are looked at again whenever `check` is called. */
export class Conditions {
  readonly #clock: Clock;
  #waiters: Waiter[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True as soon as `holds()` does; false when it does not within `deadlineMs` (`null`: it will). */
  until(holds: () => boolean, deadlineMs: number | null): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      let cancel: Cancel = () => undefined;
      const waiter: Waiter = {
        holds,
        settle: (held) => {
          cancel();
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          resolve(held);
        },
      };
      this.#waiters.push(waiter);
      if (deadlineMs === null) return;
      cancel = this.#clock.schedule(deadlineMs, () => {
        waiter.settle(false);
      });
    });
  }

  /** Looks again, now and after so long, for what depends on the time; a timer may be early by less than 1 ms. */
  checkWithin(ms: number): void {
    this.check();
    if (this.#waiters.length > 0) this.#clock.schedule(ms + 1, () => this.check());
  }

  /** Looks again. Cheap while nothing waits. */
  check(): void {
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters.filter(({ holds }) => holds())) waiter.settle(true);
  }
}
