/** Batches, tasks and limits for the tests of wire and pool. */
import { fileURLToPath } from 'node:url';
import type { Batch, BatchItem, DeliveryResult, EncodedFinding, Outcome } from '../../src/model/batch.ts';
import type { Delivery } from '../../src/model/delivery.ts';
import { NO_HEADERS } from '../../src/model/delivery.ts';
import type { AnalysisLimits, TaskAnalysis } from '../../src/model/task.ts';

/** Limits as large as in the default config. */
export const LIMITS: AnalysisLimits = {
  eventBytesMax: 2 ** 20,
  findingBytesMax: 2 ** 20,
  reportBytesMax: 2 ** 20,
  reportLinesMax: 20_000,
  lineBytesMax: 8_192,
  framesMax: 512,
  threadsMax: 256,
  causesMax: 64,
  samplesMax: 10_000,
  memoBytesMax: 0,
};

/** The path of an analyzer of test/fixtures/analyzers. */
export function analyzerPath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/analyzers/${name}`, import.meta.url));
}

/** A task with the analyzer that obeys its events. */
export function obedientTask(changes: Partial<TaskAnalysis> = {}): TaskAnalysis {
  return {
    name: 'obedient',
    analyzer: analyzerPath('obedient.ts'),
    analyzers: {},
    eventTimeoutMs: 20_000,
    encoding: 'json',
    explain: false,
    ...changes,
  };
}

/** A delivery with defaults. */
export function delivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    topic: 'app.perf',
    partition: 3,
    offset: 100,
    key: null,
    value: Buffer.from('{}'),
    headers: NO_HEADERS,
    timestampMs: 1_750_000_000_000,
    ...changes,
  };
}

let lastBatchId = 0;

/** A batch of deliveries with these values, offsets from 100, a key each unless `keys` names them. */
export function batchOf(
  values: readonly (Uint8Array | string | null)[],
  options: {
    readonly keys?: readonly (string | null)[];
    readonly task?: number;
    readonly attempt?: number;
    readonly alone?: boolean;
  } = {},
): Batch {
  const items = values.map((value, index): BatchItem => {
    const key = options.keys === undefined ? `key-${index}` : (options.keys[index] ?? null);
    return {
      delivery: delivery({
        offset: 100 + index,
        key: key === null ? null : Buffer.from(key),
        value: typeof value === 'string' ? Buffer.from(value) : value,
      }),
      task: options.task ?? 0,
      attempt: options.attempt ?? 1,
      order: key === null ? -1 : (options.keys?.indexOf(key) ?? index),
      ...(options.alone === true && { alone: true }),
    };
  });
  lastBatchId += 1;
  return { id: lastBatchId, items };
}

/** An event that orders the obedient analyzer to do something. */
export function order(
  word: string,
  argument?: unknown,
  changes: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ id: `id-${word}`, category: 'TEST', profile_data: [word, argument], ...changes });
}

/** The statuses of an outcome. */
export function statuses(outcome: Outcome): readonly string[] {
  return outcome.results.map(({ status }) => status);
}

/** The code of a failed or suspected result. */
export function codeOf(result: DeliveryResult | undefined): string | undefined {
  return result?.status === 'failed' || result?.status === 'suspect' ? result.fault.code : undefined;
}

/** The finding in a JSON value. */
function findingIn({ value }: EncodedFinding): Readonly<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(value)) as Readonly<Record<string, unknown>>;
}

/** All findings of one result. */
export function findingsOf(result: DeliveryResult | undefined): readonly Readonly<Record<string, unknown>>[] {
  return result?.status === 'done' ? result.findings.map(findingIn) : [];
}
