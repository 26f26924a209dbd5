import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Publication } from '../../src/model/delivery.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { Probe } from '../../src/ports/probe.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { MemorySink } from '../../src/transport/memory/sink.ts';
import { analyzerPath, order } from '../helpers/batches.ts';

const CONFIG = `
system:
  transport: memory
  threads: 2
  eventTimeoutMs: 1000
  pool: { heapMbMax: 32 }
  retry: { max: 1, backoffMs: 1 }
tasks:
  poison: { topics: ["poison"], analyzer: ${analyzerPath('poison.ts')} }
`;
const KEYS = 37;
const EVERY = 100;

interface Result {
  readonly codes: ReadonlyMap<number, string>;
  /** Indices of the events that have a finding, in the order of the findings, by key. */
  readonly found: readonly (readonly number[])[];
  readonly suspected: ReadonlySet<number>;
}

/** Runs `count` events, every hundredth of them poison, in turn of these kinds. */
async function run(
  kinds: readonly (readonly [word: string, argument?: number])[],
  count: number,
): Promise<Result> {
  const broker = new MemoryBroker({ partitions: 1 });
  const events = Array.from({ length: count }, (_, index) => {
    const [word, argument] = isPoison(index) ? at(kinds, Math.floor(index / EVERY) % kinds.length) : ['good'];
    return {
      key: Buffer.from(`key-${index % KEYS}`),
      value: Buffer.from(order(word, argument, { id: `${index}` })),
    };
  });
  broker.append('poison', events);
  const sink = new MemorySink({ keep: true });
  const suspected = new Set<number>();
  const probe: Probe = (event) => {
    if (event.type === 'suspected') suspected.add(event.source.offset);
  };
  const app = await openApp(parseConfig({ file: { name: 'test.yaml', text: CONFIG } }), {
    logger: createLogger({ level: 'silent', format: 'json' }),
    untilIdle: true,
    probes: [probe],
    broker,
    sink,
  });
  await app.run();
  const letters = sink.publications.filter((one) => header(one, 'faultline-code') !== undefined);
  const findings = sink.publications.filter((one) => header(one, 'faultline-code') === undefined);
  return {
    codes: new Map(
      letters.map((one) => [
        Number(header(one, 'faultline-source-offset')),
        header(one, 'faultline-code') ?? '',
      ]),
    ),
    found: byKey(findings.map((one) => Number(header(one, 'faultline-id')))),
    suspected,
  };
}

function isPoison(index: number): boolean {
  return index % EVERY === EVERY / 2;
}

function byKey(indices: readonly number[]): number[][] {
  const lists = Array.from({ length: KEYS }, (): number[] => []);
  for (const index of indices) at(lists, index % KEYS).push(index);
  return lists;
}

/** What must be found: all but the poisons, in order. */
function neighbours(count: number): number[][] {
  return byKey(Array.from({ length: count }, (_, index) => index).filter((index) => !isPoison(index)));
}

function header({ headers }: Publication, wanted: string): string | undefined {
  const bytes = headers.find(([name]) => name === wanted)?.[1];
  return bytes && Buffer.from(bytes).toString();
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  assert.ok(item !== undefined);
  return item;
}

describe('poison at every hundredth delivery, two threads', () => {
  it('exactly the poisons are dead-lettered and suspected; each neighbour has its finding, in the order of its key', async () => {
    const kinds = [
      ['loop', 'E_EVENT_TIMEOUT'],
      ['never-resolves', 'E_EVENT_TIMEOUT'],
      ['exit', 'E_EVENT_WORKER_DIED'],
      ['heap-of-objects', 'E_EVENT_WORKER_DIED'],
      ['exit-in-callback', 'E_EVENT_WORKER_DIED'],
      ['throws-undefined', 'E_EVENT_ANALYZE'],
      ['returns-function', 'E_FINDING_ENCODE'],
    ] as const;
    const count = 2 * kinds.length * EVERY;

    const { codes, found, suspected } = await run(
      kinds.map(([word]) => [word]),
      count,
    );

    const poisons = Array.from({ length: 2 * kinds.length }, (_, i) => i * EVERY + EVERY / 2);
    const ofThreads = poisons.filter((_, i) => /TIMEOUT|DIED/.test(at(kinds, i % kinds.length)[1]));
    assert.deepEqual(
      [...codes].toSorted(([a], [b]) => a - b),
      poisons.map((index, i) => [index, at(kinds, i % kinds.length)[1]]),
    );
    assert.deepEqual(found, neighbours(count));
    assert.deepEqual(
      [...suspected].toSorted((a, b) => a - b),
      ofThreads,
    );
  });

  it('a neighbour that is in hand when something left behind strikes may be suspected, but is never dead-lettered', async () => {
    const count = 300;

    const { codes, found } = await run([['loops-later', 3]], count);

    assert.deepEqual([...codes], []);
    assert.deepEqual(found, neighbours(count));
  });
});
