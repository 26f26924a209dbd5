/**
 * The other process of the log's integration tests.
 *
 *   append DIR NAME FROM COUNT   appends the numbers FROM … FROM + COUNT - 1 under keys NAME-0 … NAME-4,
 *                                four calls in flight; prints each number once it is acknowledged
 *   hold DIR GROUP               reads for the group until it is killed; prints `holding`
 */
import { writeSync } from 'node:fs';
import { logOptions } from '../helpers/log.ts';
import { openLog } from '../../src/transport/log/store.ts';

const [mode = '', dir = '', name = '', from = '0', count = '0'] = process.argv.slice(2);
const store = await openLog(logOptions(dir));

if (mode === 'append') await appendNumbers(Number(from), Number(from) + Number(count));
else await hold();

async function appendNumbers(start: number, end: number): Promise<void> {
  const sink = store.sink();
  let next = start;
  const caller = async (): Promise<void> => {
    while (next < end) {
      const numbers = Array.from({ length: Math.min(1 + (next % 50), end - next) }, (_, i) => next + i);
      next += numbers.length;
      const results = await sink.publish(
        numbers.map((number) => ({
          topic: 'events',
          key: Buffer.from(`${name}-${number % 5}`),
          value: Buffer.from(String(number)),
          headers: [],
          timestampMs: number,
        })),
      );
      const acknowledged = numbers.filter((_, i) => results[i] === null);
      writeSync(1, acknowledged.map((number) => `${number}\n`).join(''));
    }
  };
  await Promise.all([caller(), caller(), caller(), caller()]);
  await sink.close();
  await store.close();
}

async function hold(): Promise<void> {
  const source = store.source({ group: name, subscribes: () => true, from: 'earliest' });
  await source.open({ assigned: () => {}, revoked: async () => {} });
  writeSync(1, 'holding\n');
  setInterval(() => {}, 1000);
}
