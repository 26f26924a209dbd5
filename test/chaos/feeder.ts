/**
 * A process that feeds a log with events for as long as it is let: so many a second, now and then a
 * burst, as long as the engine is not far behind. Each chunk is accounted for before and after (fed.ts). It may be killed at any moment;
 * SIGTERM ends it behind a chunk.
 *
 *   node test/chaos/feeder.ts --dir LOG --account FILE --seed N
 *
 * A chunk that the log cannot take now is offered again until it does.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EngineError } from '../../src/model/errors.ts';
import type { Publication } from '../../src/model/delivery.ts';
import type { Sink } from '../../src/ports/sink.ts';
import type { LogStore } from '../../src/transport/log/store.ts';
import { openLog } from '../../src/transport/log/store.ts';
import type { FedEvent } from './fed.ts';
import { feed } from './ticks.ts';

/** Events of an ordinary tick. */
const TICK_EVENTS = 30;
const BURST_EVENTS = 2000;
const AGAIN_MS = 200;
/** It waits while the engine has more than so many to do: they have to fit the small disk. */
const LAG_MAX = 5000;

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: '' },
    account: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
});

let isEnding = false;
process.on('SIGTERM', () => (isEnding = true));

const log = await open(values.dir);
const sink = log.sink();
await feed({
  ...values,
  tickEvents: TICK_EVENTS,
  burstEvents: BURST_EVENTS,
  poisonShare: 1,
  isEnding: () => isEnding,
  append: (chunk) => append(sink, chunk),
  mayGoOn: () => lag() <= LAG_MAX,
});
await sink.close();
await log.close();

async function open(dir: string): Promise<LogStore> {
  for (;;) {
    try {
      return await openLog({
        dir,
        durability: 'process',
        partitions: 4,
        recordBytesMax: 1 << 24,
        pollMs: 20,
      });
    } catch (error) {
      if (isEnding || !(error instanceof EngineError) || !error.retriable) throw error;
      await pause(AGAIN_MS);
    }
  }
}

/** What the engine has not committed; before its first start, nothing. */
function lag(): number {
  const positions = log.groups().find(({ name }) => name === 'faultline')?.positions ?? [];
  return positions.reduce((sum, position) => sum + position.lag, 0);
}

/** By their own time they would be as old as the generator says; retention goes by the time of feeding. */
function publication({ topic, key, value }: FedEvent): Publication {
  return { topic, key, value, headers: [], timestampMs: Date.now() };
}

async function append(to: Sink, chunk: readonly FedEvent[]): Promise<boolean> {
  let left = chunk.map(publication);
  while (left.length > 0) {
    const results = await to.publish(left);
    const refused = results.find((error) => error !== null && !error.retriable);
    if (refused) throw refused;
    left = left.filter((_, i) => results[i] !== null);
    if (left.length > 0) await pause(AGAIN_MS);
  }
  return true;
}
