/**
 * A sink and transactions whose connections live in a thread of their own: the main thread copies publications
 * into a buffer and has nothing to do with requests, checksums and sockets.
 *
 * The ports' promises are those of the writers in the thread; what is added is that `E_PUBLISHER_DIED` rejects
 * every call once the thread is gone.
 */
import { EngineError } from '../../model/errors.ts';
import type { Publication, TopicPartition } from '../../model/delivery.ts';
import type { PublishResult, Sink } from '../../ports/sink.ts';
import type { Transaction } from '../../ports/transactions.ts';
import { FreeBuffers } from '../../pool/buffers.ts';
import { unpackResults } from './faults.ts';
import type { Done, LinkOptions } from './link.ts';
import { Link } from './link.ts';
import type { PackedPublications } from './packing.ts';
import { packPublications } from './packing.ts';
import type { FencingTransactions, WriterPart, Writers } from './protocol.ts';

/** Buffers that wait to be used again. */
const BUFFERS_KEPT_MAX = 16;

/** The writers, and their thread. */
export interface Publisher extends Writers {
  /** Ends the thread; what is in flight is cut off, so close the writers first. Again: does nothing. */
  readonly end: () => Promise<void>;
}

/** Starts the thread. Rejects with `E_PUBLISHER_DIED` when it cannot. */
export async function startPublisher(options: LinkOptions): Promise<Publisher> {
  const link = new Link(options);
  const positionsMax = await link.ready();
  const courier = new Courier(link);
  return {
    sink: new ThreadSink(courier, options.term),
    transactions: positionsMax === null ? null : new ThreadTransactions(courier, positionsMax),
    end: () => link.end(),
  };
}

/** Takes publications to the thread, in buffers that are used again. */
class Courier {
  readonly link: Link;
  readonly #buffers = new FreeBuffers(BUFFERS_KEPT_MAX);

  constructor(link: Link) {
    this.link = link;
  }

  /** `call` makes the call that the packed publications belong to. */
  async carry(
    publications: readonly Publication[],
    call: (packed: PackedPublications, moved: readonly ArrayBuffer[]) => Promise<Done>,
  ): Promise<Done> {
    const packed = packPublications(publications, (bytesMin) => this.#buffers.take(bytesMin));
    const done = await call(packed, [packed.buffer]);
    if (done.buffer !== null) this.#buffers.give(done.buffer);
    return done;
  }
}

/** What both writers share: nothing is asked after the close, which the thread is asked for once. */
class Closing {
  readonly #link: Link;
  readonly #part: WriterPart;
  #closed: Promise<void> | null = null;

  constructor(link: Link, part: WriterPart) {
    this.#link = link;
    this.#part = part;
  }

  /** Throws `E_SINK_CLOSED` after the close. */
  assertOpen(): void {
    if (this.#closed !== null) throw new EngineError('E_SINK_CLOSED');
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  /** A thread that is gone has nothing open. */
  async #close(): Promise<void> {
    try {
      await this.#link.call({ type: 'close', part: this.#part });
    } catch (error) {
      if (!this.#link.isDead) throw error;
    }
  }
}

class ThreadSink implements Sink {
  readonly #courier: Courier;
  readonly #closing: Closing;
  readonly #term: () => number;
  /** Calls that failed for now, as far as is known here: the thread takes no call that is behind. */
  #failuresSeen = 0;

  constructor(courier: Courier, term: () => number) {
    this.#courier = courier;
    this.#term = term;
    this.#closing = new Closing(courier.link, 'sink');
  }

  async publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    this.#closing.assertOpen();
    const failuresSeen = this.#failuresSeen;
    const term = this.#term();
    const { failures } = await this.#courier.carry(publications, (packed, moved) =>
      this.#courier.link.call({ type: 'publish', failuresSeen, term, packed }, moved),
    );
    if (failures.some(({ fault }) => fault.retriable)) this.#failuresSeen += 1;
    return unpackResults(failures, publications.length);
  }

  close(): Promise<void> {
    return this.#closing.close();
  }
}

class ThreadTransactions implements FencingTransactions {
  readonly positionsMax: number;
  readonly #courier: Courier;
  readonly #closing: Closing;

  constructor(courier: Courier, positionsMax: number) {
    this.#courier = courier;
    this.positionsMax = positionsMax;
    this.#closing = new Closing(courier.link, 'transactions');
  }

  async begin(group: string, places: readonly TopicPartition[]): Promise<void> {
    this.#closing.assertOpen();
    await this.#courier.link.call({ type: 'begin', group, places: places.map(placeOf) });
  }

  forget(group: string, places: readonly TopicPartition[]): void {
    this.#courier.link.say({ type: 'forget', group, places: places.map(placeOf) });
  }

  async transact({ group, positions, publications }: Transaction): Promise<readonly PublishResult[]> {
    this.#closing.assertOpen();
    const { failures } = await this.#courier.carry(publications, (packed, moved) =>
      this.#courier.link.call({ type: 'transact', group, positions, packed }, moved),
    );
    return unpackResults(failures, publications.length);
  }

  close(): Promise<void> {
    return this.#closing.close();
  }
}

/** Nothing else of it crosses the border. */
function placeOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}
