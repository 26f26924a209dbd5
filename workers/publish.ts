/**
 * Entry of the thread that writes to Kafka. What it leaves unhandled ends it, and with it the run: nothing may be
 * taken for written that is not.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../src/model/assert.ts';
import type { WriterSettings } from '../src/transport/kafka/writers.ts';
import { createWriters } from '../src/transport/kafka/writers.ts';
import { servePublisher } from '../src/transport/publisher/thread.ts';

assert(parentPort !== null, 'this module is the entry of a thread');
servePublisher(parentPort, (host) => createWriters(workerData as WriterSettings, host));
