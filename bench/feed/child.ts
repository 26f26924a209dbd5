/**
 * Entry of a feeder in a process of its own: what it costs to make and write events is not counted among
 * what the engine costs, and does not hold the engine up. Ends with its parent.
 */
import { describe } from '../../src/model/errors.ts';
import type { Publication } from '../../src/model/delivery.ts';
import { NO_HEADERS } from '../../src/model/delivery.ts';
import type { Sink } from '../../src/ports/sink.ts';
import { KafkaSink } from '../../src/transport/kafka/sink.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { feedClient } from './kafka.ts';
import { keepPace } from './pace.ts';
import type { FeedAnswer, FeedCommand, FeedTarget } from './protocol.ts';
import type { FedRecord } from './supply.ts';
import { Supply } from './supply.ts';

/** Records of one request. */
const RECORDS_PER_CALL = 2000;
const PRODUCE = { compression: 'none', timeoutMs: 60_000, recordBytesMax: 1_000_000 } as const;

interface Open {
  readonly supply: Supply;
  readonly write: (records: readonly FedRecord[]) => Promise<void>;
  close(): Promise<void>;
}

let opened: Open | null = null;

process.on('disconnect', () => process.exit());
process.on('message', (command: FeedCommand) => {
  void answer(command).then((said) => process.send?.(said));
});

async function answer(command: FeedCommand): Promise<FeedAnswer> {
  try {
    return await obey(command);
  } catch (error) {
    return { type: 'failed', message: describe(error) };
  }
}

async function obey(command: FeedCommand): Promise<FeedAnswer> {
  if (command.type === 'open') {
    opened = await open(command);
    return { type: 'done' };
  }
  if (opened === null) throw new Error('nothing is open');
  const { supply, write } = opened;
  switch (command.type) {
    case 'prepare':
      supply.prepare(command.count);
      return { type: 'done' };
    case 'send':
      await sendAll(opened, command.count);
      return { type: 'done' };
    case 'pace':
      return { type: 'paced', paced: await keepPace(supply, command.pace, write) };
    case 'close':
      await opened.close();
      return { type: 'done' };
  }
}

async function open({ target, topic, plan }: Extract<FeedCommand, { type: 'open' }>): Promise<Open> {
  const { sink, close } = await sinkOf(target);
  const write = async (records: readonly FedRecord[]): Promise<void> => {
    const results = await sink.publish(records.map((record) => publication(topic, record)));
    const failure = results.find((result) => result !== null);
    if (failure !== undefined) throw failure;
  };
  return { supply: new Supply(plan), write, close };
}

async function sinkOf(target: FeedTarget): Promise<{ sink: Sink; close: () => Promise<void> }> {
  if (target.kind === 'kafka') {
    const sink = new KafkaSink({
      client: feedClient(target.brokers),
      produce: PRODUCE,
      tell: () => undefined,
    });
    return { sink, close: () => sink.close() };
  }
  // What feeds is not what is measured: the engine alone waits for the disk.
  const log = await openLog({
    dir: target.dir,
    durability: 'process',
    partitions: 8,
    recordBytesMax: 2 ** 24,
    pollMs: 20,
  });
  const sink = log.sink();
  return {
    sink,
    close: async () => {
      await sink.close();
      await log.close();
    },
  };
}

function publication(topic: string, { key, value, timestampMs }: FedRecord): Publication {
  return { topic, key, value, headers: NO_HEADERS, timestampMs };
}

async function sendAll({ supply, write }: Open, count: number): Promise<void> {
  const timestampMs = Date.now();
  const calls: Promise<void>[] = [];
  for (let from = 0; from < count; from += RECORDS_PER_CALL)
    calls.push(write(supply.take(Math.min(RECORDS_PER_CALL, count - from), timestampMs)));
  await Promise.all(calls);
}
