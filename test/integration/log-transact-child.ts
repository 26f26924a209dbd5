/**
 * The process that is killed by the test of the log's transactions.
 *
 *   DIR DURABILITY   reads topic `in` for the groups `a` and `b` side by side; each pull is one transaction
 *                    of a finding per delivery (topic `found-GROUP`), for every seventh a dead letter instead
 *                    (topic `dead-GROUP`), and the positions. Prints `begin` and `end` around each. Ends
 *                    when there is nothing left.
 */
import { writeSync } from 'node:fs';
import { logOptions } from '../helpers/log.ts';
import type { Delivery, NotedPosition, Publication } from '../../src/model/delivery.ts';
import type { LogStore } from '../../src/transport/log/store.ts';
import { openLog } from '../../src/transport/log/store.ts';

const [dir = '', durability] = process.argv.slice(2);
const store = await openLog(logOptions(dir, { durability: durability === 'process' ? 'process' : 'disk' }));
const transactions = store.transactions();
await Promise.all(['a', 'b'].map((group) => analyze(store, group)));
await transactions.close();
await store.close();

async function analyze(log: LogStore, group: string): Promise<void> {
  const source = log.source({ group, subscribes: (topic) => topic === 'in', from: 'earliest' });
  await source.open({ assigned: () => {}, revoked: async () => {} });
  const idle = { bytesMax: 1 << 20, waitMs: 0, paused: () => false, signal: new AbortController().signal };
  for (;;) {
    const deliveries = await source.pull({ ...idle, deliveriesMax: 1 + Math.floor(Math.random() * 400) });
    if (deliveries.length === 0) break;
    const publications = deliveries.map((delivery) => publication(group, delivery));
    writeSync(1, 'begin\n');
    const results = await transactions.transact({ group, positions: ends(deliveries), publications });
    const refusal = results.find((result) => result !== null) ?? null;
    if (refusal !== null) throw refusal;
    writeSync(1, 'end\n');
  }
  await source.close();
}

function publication(group: string, { partition, offset, key }: Delivery): Publication {
  const topic = offset % 7 === 0 ? `dead-${group}` : `found-${group}`;
  return { topic, key, value: Buffer.from(`${partition}/${offset}`), headers: [], timestampMs: offset };
}

/** The positions behind the deliveries; the metadata says the same once more. */
function ends(deliveries: readonly Delivery[]): NotedPosition[] {
  const next = new Map<number, number>();
  for (const { partition, offset } of deliveries) next.set(partition, offset + 1);
  return [...next].map(([partition, offset]) => ({
    topic: 'in',
    partition,
    offset,
    metadata: `${partition}/${offset}`,
  }));
}
