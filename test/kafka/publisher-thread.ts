/** The entry of a thread that writes to Kafka, over connections that a test can break. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../src/model/assert.ts';
import { createClient } from '../../src/transport/kafka/client.ts';
import type { WriterSettings } from '../../src/transport/kafka/writers.ts';
import { createWriters } from '../../src/transport/kafka/writers.ts';
import { servePublisher } from '../../src/transport/publisher/thread.ts';
import { API, troubledClient } from './producing.ts';

/** What a test gives the thread. */
export interface TroubledData {
  readonly settings: WriterSettings;
  /** One int32; 1: requests that write are not sent. */
  readonly interrupted: SharedArrayBuffer;
}

const { settings, interrupted } = workerData as TroubledData;
const flag = new Int32Array(interrupted);

assert(parentPort !== null, 'this module is the entry of a thread');
servePublisher(parentPort, (host) =>
  createWriters(settings, host, (connection) =>
    troubledClient(createClient(connection), (apiKey) =>
      apiKey === API.produce && Atomics.load(flag, 0) === 1 ? 'unsent' : null,
    ),
  ),
);
