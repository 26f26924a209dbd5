/**
 * What the hand-over to a worker and back costs the main thread, per 2-KB delivery in batches of
 * 256: packing, unpacking, and the whole way through a thread (CPU of the main thread alone).
 *
 * `node bench/micro/wire.ts`. Each part checks its result first; times are also told as multiples of
 * `JSON.parse(bytes.toString())` of the same event in the same process.
 */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Bench } from 'tinybench';
import type { Batch, Outcome } from '../../src/model/batch.ts';
import { NO_TALLY } from '../../src/model/batch.ts';
import { NO_HEADERS } from '../../src/model/delivery.ts';
import type { AnalysisLimits, TaskAnalysis } from '../../src/model/task.ts';
import { FreeBuffers } from '../../src/pool/buffers.ts';
import { createPiscinaPool } from '../../src/pool/piscina.ts';
import { packBatch, unpackBatch } from '../../src/wire/batch.ts';
import { decodeEvent } from '../../src/wire/event.ts';
import { packOutcome, unpackOutcome } from '../../src/wire/outcome.ts';

const DELIVERIES = 256;
const EVENT_BYTES = 2_048;
const FINDING_BYTES = 1_200;
const BATCHES = 2_000;
const PARSE = 'JSON.parse of the event';

const LIMITS: AnalysisLimits = {
  eventBytesMax: 2 ** 20,
  findingBytesMax: 2 ** 20,
  reportBytesMax: 2 ** 20,
  reportLinesMax: 20_000,
  lineBytesMax: 8_192,
  framesMax: 512,
  threadsMax: 256,
  causesMax: 64,
  samplesMax: 10_000,
};

const TASK: TaskAnalysis = {
  name: 'bench',
  analyzer: fileURLToPath(new URL('constant-analyzer.worker.ts', import.meta.url)),
  analyzers: {},
  eventTimeoutMs: 5_000,
  encoding: 'json',
  explain: false,
};

const event = eventOf(EVENT_BYTES);
const batch = batchOf(event);
const outcome = outcomeOf();
const packedOutcome = packOutcome(outcome);
const buffers = new FreeBuffers(2);

check();
const bench = new Bench({ time: 500, warmupTime: 200 })
  .add(PARSE, () => void JSON.parse(event.toString()))
  .add('decodeEvent', () => void decodeEvent(event, NO_HEADERS, delivery(0), LIMITS))
  .add('pack, buffer used again', () => buffers.give(packBatch(batch, (bytes) => buffers.take(bytes))))
  .add('pack, fresh buffer', () => void packBatch(batch, (bytes) => new ArrayBuffer(bytes)))
  .add('unpack of an outcome', () => void unpackOutcome(packedOutcome))
  .add(
    'worker: unpack of a batch',
    () => void unpackBatch(packBatch(batch, (bytes) => new ArrayBuffer(bytes))),
  )
  .add('worker: pack of an outcome', () => void packOutcome(outcome));
await bench.run();
report(await handOverUs());

function check(): void {
  const copy = unpackBatch(packBatch(batch, (bytes) => new ArrayBuffer(bytes)));
  assert.deepEqual(copy, batch);
  assert.deepEqual(unpackOutcome(packedOutcome).results.length, DELIVERIES);
  assert.equal(decodeEvent(event, NO_HEADERS, delivery(0), LIMITS).id, 'bench');
}

/** CPU of the main thread for the whole way, µs per delivery; the clock of a thread moves in steps, so over a whole run. */
async function handOverUs(): Promise<number> {
  const pool = await createPiscinaPool({ threads: 1, tasks: [TASK], limits: LIMITS, heapMbMax: 256 });
  let id = 0;
  const loop = async (batches: number): Promise<void> => {
    for (let run = 0; run < batches; run += 1) {
      id += 1;
      const { results } = await pool.run(0, { ...batch, id });
      assert.equal(results.at(-1)?.status, 'done');
    }
  };
  await loop(100);
  const before = process.threadCpuUsage();
  await Promise.all([loop(BATCHES / 2), loop(BATCHES / 2)]);
  const { user, system } = process.threadCpuUsage(before);
  await pool.close();
  return (user + system) / (BATCHES * DELIVERIES);
}

function report(handOver: number): void {
  const parseUs = usOf(PARSE);
  const rows = bench.tasks.map(
    ({ name }) => [name, usOf(name) / (name.includes('pack') ? DELIVERIES : 1)] as const,
  );
  for (const [name, us] of [...rows, ['main thread, the whole way', handOver] as const]) {
    const share = (us / parseUs).toFixed(3);
    process.stdout.write(
      `${name.padEnd(28)} ${us.toFixed(3).padStart(7)} µs a delivery, ${share} of JSON.parse\n`,
    );
  }
}

/** The median of a part, µs. */
function usOf(name: string): number {
  const result = bench.getTask(name)?.result;
  assert.ok(result !== undefined && 'latency' in result, `${name} was measured`);
  return result.latency.p50 * 1_000;
}

function eventOf(bytes: number): Buffer {
  const frames = Array.from(
    { length: 60 },
    (_, line) => `\tat com.example.shop.Checkout.step${line}(Checkout.java:${line})`,
  );
  const text = (report: string): string =>
    JSON.stringify({
      id: 'bench',
      category: 'PERF_CRASH',
      dimensions: { app_id: 'shop' },
      profile_data: { format: 'java-stack', report },
    });
  const trace = `java.lang.IllegalStateException: no cart\n${frames.join('\n')}`;
  return Buffer.from(text(trace.slice(0, bytes - text('').length - 64)).padEnd(bytes, ' '));
}

function delivery(index: number) {
  return {
    topic: 'app.crash',
    partition: index % 8,
    offset: 1_000_000 + index,
    key: Buffer.from(`device-${index}`),
    value: event,
    headers: NO_HEADERS,
    timestampMs: 1_750_000_000_000,
  };
}

function batchOf(value: Uint8Array): Batch {
  const items = Array.from({ length: DELIVERIES }, (_, index) => ({
    delivery: { ...delivery(index), value: Buffer.from(value) },
    task: 0,
    attempt: 1,
  }));
  return { id: 1, items };
}

function outcomeOf(): Outcome {
  const results = Array.from({ length: DELIVERIES }, (_, index) => ({
    status: 'done' as const,
    findings: [
      { id: Buffer.from(`id-${index}`), value: Buffer.alloc(FINDING_BYTES, 'x'), category: 'PERF_CRASH' },
    ],
  }));
  return { results, elapsedMs: 8, cpuMs: 8, tally: NO_TALLY, logs: [] };
}
