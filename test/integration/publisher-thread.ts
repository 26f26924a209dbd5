/**
 * A publisher thread over a memory sink, for the tests of the border and of how threads end. What it does with a
 * request is said by the topic of its first publication; while `workerData` holds a 1, writes fail.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../src/model/assert.ts';
import type { Publication } from '../../src/model/delivery.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { PublishResult } from '../../src/ports/sink.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { copyOf, MemorySink } from '../../src/transport/memory/sink.ts';
import type { FencingTransactions, WriterHost, Writers } from '../../src/transport/publisher/protocol.ts';
import { servePublisher } from '../../src/transport/publisher/thread.ts';

/** What a test gives the thread. */
export interface FakeData {
  /** Two int32. The first at 1: writes fail for now. The second counts those that did, a turn after. */
  readonly interrupted: SharedArrayBuffer;
  /** Thrown when the thread starts. */
  readonly failsWith: string | null;
}

/** Forgetting a partition for this group tells what its topic holds: that works after a close too. */
export const DUMP = 'dump';

const { interrupted, failsWith } = workerData as FakeData;
const flag = new Int32Array(interrupted);

class FakeSink extends MemorySink {
  readonly #slow = new Promise<void>((resolve) => setTimeout(resolve, 50));
  readonly #host: WriterHost;

  constructor(broker: MemoryBroker, host: WriterHost) {
    super({ keep: false, broker });
    this.#host = host;
  }

  override async publish(
    publications: readonly Publication[],
    term?: number,
  ): Promise<readonly PublishResult[]> {
    switch (publications[0]?.topic) {
      case 'throw':
        setImmediate(() => {
          throw new TypeError('the writer is broken');
        });
        return new Promise(() => undefined);
      case 'reject':
        void Promise.reject(new RangeError('nobody hears this'));
        return new Promise(() => undefined);
      case 'exit':
        process.exit(7);
      // oxlint-disable-next-line no-fallthrough
      case 'hold':
        return new Promise(() => undefined);
      case 'slow':
        await this.#slow;
        // What a close waits for may end some turns of the queue before what its caller waits for.
        for (let turns = 0; turns < 50; turns++) await Promise.resolve();
        return publications.map(() => null);
      case 'token':
        return this.#withToken();
      case 'tell':
        this.#host.tell('transactions', new EngineError('E_KAFKA_FAILED', 'told', { details: { at: 1 } }));
        this.#host.log({ level: 'warn', text: 'said', of: 'fake', fields: { odd: () => 1, n: 2 } });
        return [null];
      case 'term':
        this.#host.log({ level: 'info', text: 'said', of: 'fake', fields: { term } });
        return [null];
      default:
        return this.#write(publications);
    }
  }

  override async close(): Promise<void> {
    await this.#slow;
    await super.close();
  }

  async #write(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    if (Atomics.load(flag, 0) === 0) return super.publish(publications);
    setImmediate(() => {
      Atomics.add(flag, 1, 1);
      Atomics.notify(flag, 1);
    });
    const away = new EngineError('E_KAFKA_UNREACHABLE', 'away', { retriable: true, details: { tries: 3 } });
    const large = new EngineError('E_SINK_REJECTED', 'large');
    return publications.map(({ topic }) => (topic === 'refused' ? large : away));
  }

  async #withToken(): Promise<readonly PublishResult[]> {
    try {
      this.#host.log({ level: 'info', text: await this.#host.token(), of: 'fake', fields: {} });
      return [null];
    } catch (error) {
      return [error as EngineError];
    }
  }
}

/** What a topic holds, as a line of the log. */
function dump(topic: string, broker: MemoryBroker, host: WriterHost): void {
  const deliveries = broker
    .topic(topic)
    .flatMap((records) => Array.from({ length: records.length }, (_, offset) => records.at(offset)));
  host.log({ level: 'debug', text: topic, of: DUMP, fields: { deliveries } });
}

function fakeTransactions(broker: MemoryBroker, host: WriterHost): FencingTransactions {
  const begun = new Set<string>();
  const tell = (): void => host.log({ level: 'info', text: [...begun].join(), of: 'begun', fields: {} });
  return {
    positionsMax: 3,
    begin: async (group, places) => {
      if (group === 'fenced') throw new EngineError('E_FENCED', 'another has it');
      for (const { topic, partition } of places) begun.add(`${group}/${topic}/${partition}`);
      tell();
    },
    forget: (group, places) => {
      if (group === DUMP) return dump(places[0]?.topic ?? '', broker, host);
      for (const { topic, partition } of places) begun.delete(`${group}/${topic}/${partition}`);
      tell();
    },
    transact: async ({ publications }) => {
      broker.publish(publications.map(copyOf));
      return publications.map(() => null);
    },
    close: async () => undefined,
  };
}

function make(host: WriterHost): Writers {
  if (failsWith !== null) throw new Error(failsWith);
  const broker = new MemoryBroker({ partitions: 4 });
  return { sink: new FakeSink(broker, host), transactions: fakeTransactions(broker, host) };
}

assert(parentPort !== null, 'this module is the entry of a thread');
servePublisher(parentPort, make);
