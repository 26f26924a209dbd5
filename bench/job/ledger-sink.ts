/**
 * A sink of the memory transport that notes which event each finding is of, in a few nanoseconds, and
 * judges afterwards: every event once, those of a key in their order. It keeps no finding.
 */
import type { Headers, Publication } from '../../src/model/delivery.ts';
import type { PublishResult, Sink } from '../../src/ports/sink.ts';
import type { MemoryBroker, MemoryPartition } from '../../src/transport/memory/broker.ts';

const COLON = 58;
const DIGIT_0 = 48;

/** Events have no id of their own: the engine names them `topic:partition:offset`. */
export class LedgerSink implements Sink {
  readonly #partitions: readonly MemoryPartition[];
  /** Where the events of each partition begin in one numbering of all. */
  readonly #bases: readonly number[];
  readonly #count: number;
  readonly #arrived: Uint32Array;
  #arrivals = 0;

  constructor(broker: MemoryBroker, topic: string) {
    this.#partitions = broker.topic(topic);
    let count = 0;
    this.#bases = this.#partitions.map(({ length }) => (count += length) - length);
    this.#count = count;
    this.#arrived = new Uint32Array(count);
  }

  async publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    for (const { headers } of publications) {
      // One too many is noted nowhere, and counted.
      this.#arrived[this.#arrivals] = this.#numberOf(idOf(headers));
      this.#arrivals += 1;
    }
    return new Array<PublishResult>(publications.length).fill(null);
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  /** Throws when an event has no finding or several, or a key is out of order. */
  check(): void {
    const events = this.#count;
    if (this.#arrivals !== events)
      throw new Error(`wrong result: ${this.#arrivals} findings of ${events} events`);
    const isSeen = new Uint8Array(events);
    const lastOf = new Map<string, number>();
    for (const number of this.#arrived) {
      if (isSeen[number] !== 0) throw new Error(`wrong result: event ${number} came twice, or there is none`);
      isSeen[number] = 1;
      const key = this.#keyOf(number);
      if ((lastOf.get(key) ?? -1) > number) throw new Error(`wrong result: key ${key} is out of order`);
      lastOf.set(key, number);
    }
  }

  #keyOf(number: number): string {
    const partition = this.#bases.findLastIndex((base) => base <= number);
    const delivery = this.#partitions[partition]?.at(number - (this.#bases[partition] ?? 0));
    return Buffer.from(delivery?.key ?? []).toString('latin1');
  }

  /** Hot. */
  #numberOf(id: Uint8Array): number {
    const colon = id.lastIndexOf(COLON);
    const before = id.lastIndexOf(COLON, colon - 1);
    return (this.#bases[decimal(id, before + 1, colon)] ?? this.#count) + decimal(id, colon + 1, id.length);
  }
}

function idOf(headers: Headers): Uint8Array {
  for (const [name, value] of headers) if (name === 'faultline-id') return value;
  throw new Error('wrong result: a finding without an id');
}

function decimal(digits: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i += 1) value = value * 10 + (digits[i] ?? 0) - DIGIT_0;
  return value;
}
