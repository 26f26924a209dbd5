/**
 * One connection to a broker, from when it is first wanted until it is given up.
 *
 * Whoever waits for it to be open waits no longer than that: a connection that is being made can be
 * given up as one that stands.
 */
import { dropConnections, givenUp, isUsable } from './connections.ts';
import type { Broker } from './internals.ts';
import type { Address } from './protocol/metadata.ts';

/** The connection. */
export class Link {
  /** Rejects where it cannot be made, and when it is given up before it is. */
  readonly opened: Promise<Broker>;
  readonly #address: Address;
  readonly #settle = Promise.withResolvers<Broker>();
  #broker: Broker | null = null;
  #isOpen = false;
  #isOver = false;

  /** Begins to open what `make` makes. */
  constructor(address: Address, make: () => Promise<Broker>) {
    this.#address = address;
    this.opened = this.#settle.promise;
    this.#open(make).catch((error: unknown) => {
      this.#settle.reject(error);
      this.giveUp();
    });
  }

  /** Whether what is sent next may go over it: also what waits for it to be open. */
  get isUsable(): boolean {
    return this.isUp || (!this.#isOpen && !this.#isOver);
  }

  get isUp(): boolean {
    return this.#isOpen && !this.#isOver && this.#broker !== null && isUsable(this.#broker);
  }

  /** Ends it at once; what waits for it or on it is rejected. */
  giveUp(): void {
    this.#isOver = true;
    if (this.#broker !== null) dropConnections(this.#broker);
    this.#settle.reject(givenUp(this.#address));
  }

  async #open(make: () => Promise<Broker>): Promise<void> {
    const broker = await make();
    this.#broker = broker;
    if (this.#isOver) return this.giveUp();
    await broker.connect();
    this.#isOpen = true;
    this.#settle.resolve(broker);
  }
}
