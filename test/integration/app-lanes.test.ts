import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { MemorySink } from '../../src/transport/memory/sink.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const ANALYZER = join(import.meta.dirname, '../fixtures/analyzers/rendezvous.ts');
const CONFIG = `
system: { transport: memory, threads: 2, eventTimeoutMs: 60000 }
tasks:
  crash: { topics: ["crash"], analyzer: ${ANALYZER} }
  lag: { topics: ["lag"], analyzer: ${ANALYZER} }
`;

/** An event that ends only when the one that it waits for runs at the same time. */
function event(dir: string, place: string, other: string): Uint8Array {
  const dimensions = { place: join(dir, place), other: join(dir, other) };
  return Buffer.from(JSON.stringify({ id: place, category: 'PERF_LAG', dimensions, profile_data: 'x' }));
}

async function findingsOf(
  records: readonly (readonly [topic: string, key: string, value: Uint8Array])[],
): Promise<string[]> {
  const broker = new MemoryBroker({ partitions: 4 });
  for (const [topic, key, value] of records) broker.append(topic, [{ key: Buffer.from(key), value }]);
  const sink = new MemorySink({ keep: true });
  const config = parseConfig({ file: { name: 'test.yaml', text: CONFIG } });
  const logger = createLogger({ level: 'silent', format: 'json' });

  const app = await openApp(config, { logger, untilIdle: true, broker, sink });
  await app.run();

  return sink.publications.map(({ headers }) =>
    Buffer.from(headers.find(([name]) => name === 'faultline-id')?.[1] ?? []).toString(),
  );
}

test('two lag events of different keys at once: neither waits for the other', async (t) => {
  const dir = temporaryDirectory(t);

  const ids = await findingsOf([
    ['app-lag', 'device-1', event(dir, 'a', 'b')],
    ['app-lag', 'device-2', event(dir, 'b', 'a')],
  ]);

  assert.deepEqual(ids.toSorted(), ['a', 'b']);
});

test('deliveries of different topics run side by side, of the same key too', async (t) => {
  const dir = temporaryDirectory(t);

  const ids = await findingsOf([
    ['app-crash', 'device-1', event(dir, 'a', 'b')],
    ['app-lag', 'device-1', event(dir, 'b', 'a')],
  ]);

  assert.deepEqual(ids.toSorted(), ['a', 'b']);
});

test('deliveries of one key run in order, on two threads', async (t) => {
  const dir = temporaryDirectory(t);
  const chain = Array.from({ length: 50 }, (_, i) => `e${String(i).padStart(2, '0')}`);

  const ids = await findingsOf(
    chain.map((id, i) => ['app-lag', 'device-1', event(dir, id, chain[Math.max(0, i - 1)] ?? id)]),
  );

  assert.deepEqual(ids, chain);
});
