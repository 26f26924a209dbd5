/**
 * The other process of the log's integration tests.
 *
 *   append DIR NAME FROM COUNT   appends the numbers FROM … FROM + COUNT - 1 under keys NAME-0 … NAME-4,
 *                                four calls in flight; prints each number once it is acknowledged
 *   pour …                       the same with durability `process`
 *   reopen DIR NAME FROM COUNT   opens and closes the log COUNT times for reading only; prints `done`
 *   hold DIR GROUP               reads for the group until it is killed; prints `holding`
 *   look DIR                     has the log open for reading until it is killed; prints `looking`
 *   trim DIR BYTES               trims partitions to so many bytes again and again; prints `begun`, then what each removed
 *   compact DIR                  compacts the log; prints `begun`, then `done`
 */
import { writeSync } from 'node:fs';
import { logOptions } from '../helpers/log.ts';
import type { Durability } from '../../src/transport/log/append.ts';
import { compactLog } from '../../src/transport/log/compact.ts';
import { openLog } from '../../src/transport/log/store.ts';

const [mode = '', dir = '', name = '', from = '0', count = '0'] = process.argv.slice(2);

if (mode === 'append') await appendNumbers('disk', Number(from), Number(from) + Number(count));
else if (mode === 'pour') await appendNumbers('process', Number(from), Number(from) + Number(count));
else if (mode === 'reopen') await reopen();
else if (mode === 'look') await look();
else if (mode === 'trim') await trim(Number(name));
else if (mode === 'compact') await compact();
else await hold();

async function appendNumbers(durability: Durability, start: number, end: number): Promise<void> {
  const store = await openLog(logOptions(dir, { durability }));
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
      const refusal = results.find((result) => result !== null);
      if (refusal !== undefined && refusal !== null) throw refusal;
      writeSync(1, numbers.map((number) => `${number}\n`).join(''));
    }
  };
  await Promise.all([caller(), caller(), caller(), caller()]);
  await sink.close();
  await store.close();
}

async function reopen(): Promise<void> {
  for (let i = 0; i < Number(count); i += 1) {
    const store = await openLog(logOptions(dir, { readOnly: true }));
    await store.close();
  }
  writeSync(1, 'done\n');
}

async function hold(): Promise<void> {
  const store = await openLog(logOptions(dir));
  const source = store.source({ group: name, subscribes: () => true, from: 'earliest' });
  await source.open({ assigned: () => {}, revoked: async () => {} });
  writeSync(1, 'holding\n');
  setInterval(() => {}, 1000);
}

async function look(): Promise<void> {
  await openLog(logOptions(dir, { readOnly: true }));
  writeSync(1, 'looking\n');
  setInterval(() => {}, 1000);
}

async function trim(bytes: number): Promise<void> {
  const store = await openLog(logOptions(dir));
  writeSync(1, 'begun\n');
  for (;;) {
    const { removed } = await store.trim({ ageMs: 0, bytes, uncommitted: 'drop' });
    const records = removed.reduce((sum, each) => sum + each.records, 0);
    if (records > 0) writeSync(1, `${records}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function compact(): Promise<void> {
  writeSync(1, 'begun\n');
  await compactLog(dir);
  writeSync(1, 'done\n');
}
