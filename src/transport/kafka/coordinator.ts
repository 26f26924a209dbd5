/**
 * The broker that keeps the group, or the transactions of one transactional id: found when it is first
 * asked, and again when it is not the one any more or does not answer.
 */
import type { Brokers, Purpose } from './brokers.ts';
import { isConnectionFault, kafkaFault, protocolError } from './faults.ts';
import type { Broker } from './internals.ts';
import type { Address } from './protocol/metadata.ts';

const MOVED = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE']);

/** What is kept, by the numbers of FindCoordinator. */
const TYPES = { group: 0, transactions: 1 } as const;

/** The coordinator of one group or transactional id. */
export class Coordinator {
  readonly #brokers: Brokers;
  readonly #name: string;
  readonly #kept: keyof typeof TYPES;
  #address: Promise<Address> | null = null;
  #known: Address | null = null;

  constructor(brokers: Brokers, name: string, kept: keyof typeof TYPES = 'group') {
    this.#brokers = brokers;
    this.#name = name;
    this.#kept = kept;
  }

  /** Asks it, once. Rejects with kafkajs's errors or coded ones. */
  async ask<T>(purpose: Purpose, ask: (broker: Broker) => Promise<T>): Promise<T> {
    const address = await this.#find();
    try {
      return await this.#brokers.askAt(address, purpose, ask);
    } catch (error) {
      if (isConnectionFault(error) || MOVED.has(protocolError(error))) this.#forget(address);
      throw error;
    }
  }

  /** Ends a connection to it: what waits on it is rejected. */
  drop(purpose: Purpose): void {
    if (this.#known !== null) this.#brokers.drop(this.#known, purpose);
  }

  #find(): Promise<Address> {
    this.#address ??= this.#look();
    return this.#address;
  }

  async #look(): Promise<Address> {
    try {
      const { coordinator } = await this.#brokers.askAny((broker) =>
        broker.findGroupCoordinator({ groupId: this.#name, coordinatorType: TYPES[this.#kept] }),
      );
      this.#known = coordinator;
      return coordinator;
    } catch (error) {
      this.#address = null;
      throw kafkaFault(error, `looking for the coordinator of ${this.#kept} ${this.#name}`);
    }
  }

  #forget(address: Address): void {
    if (this.#known === address) this.#address = null;
  }
}
