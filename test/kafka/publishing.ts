/** What the suites of the publisher thread share: one on a real broker, whose writes can be made to fail. */
import type { KafkaClient } from '../../src/transport/kafka/client.ts';
import type { WriterSettings } from '../../src/transport/kafka/writers.ts';
import { writerSettings } from '../../src/transport/kafka/writers.ts';
import type { Publisher } from '../../src/transport/publisher/publisher.ts';
import { startPublisher } from '../../src/transport/publisher/publisher.ts';
import type { TroubledData } from './publisher-thread.ts';

/** A publisher, and how its writes are made to fail until the returned function is called. */
export interface TroubledPublisher extends Publisher {
  readonly interrupt: () => () => void;
}

/** Starts one. */
export async function startTroubled(
  { settings }: KafkaClient,
  writers: Pick<WriterSettings, 'produce' | 'transactions'>,
): Promise<TroubledPublisher> {
  const interrupted = new SharedArrayBuffer(4);
  const flag = new Int32Array(interrupted);
  const publisher = await startPublisher({
    entry: new URL('publisher-thread.ts', import.meta.url),
    data: {
      settings: writerSettings(settings, { ...writers, leases: null }),
      interrupted,
    } satisfies TroubledData,
    startMs: 60_000,
    host: {
      log: () => undefined,
      tell: () => undefined,
      token: () => Promise.reject(new Error('no tokens')),
    },
    term: () => 0,
    tellCpu: () => undefined,
  });
  return {
    ...publisher,
    interrupt: () => {
      Atomics.store(flag, 0, 1);
      return () => Atomics.store(flag, 0, 0);
    },
  };
}
