/** A batch while it is being run, and how it ends. */
import type { Batch, BatchItem } from '../../model/batch.ts';
import { UNPROCESSED } from '../../model/batch.ts';
import type { OutcomeWriter, WrittenResult } from '../../wire/outcome.ts';
import { faultOf } from './faults.ts';
import { HeldKeys } from './held-keys.ts';
import { LogBook } from './logs.ts';
import type { TallyEntry } from './tally.ts';

/** What is known of a batch so far. Lists are by delivery. */
export interface OpenBatch {
  readonly id: number;
  readonly items: readonly BatchItem[];
  readonly results: WrittenResult[];
  readonly tallies: TallyEntry[][];
  readonly logs: LogBook;
  /** What analyzers left unhandled, by the index of their delivery. */
  readonly late: Map<number, unknown>;
  /** Has the findings of what is done; those of a delivery that fails later are left out in the end. */
  readonly writer: OutcomeWriter;
  /** Whether a module's analyzer was called. */
  foreign: boolean;
  /** Its outcome is on the way: what comes now is too late. */
  closed: boolean;
}

/** Begins a batch. */
export function openBatch({ id, items }: Batch, writer: OutcomeWriter): OpenBatch {
  return {
    id,
    items,
    results: [],
    tallies: [],
    logs: new LogBook(),
    late: new Map(),
    writer,
    foreign: false,
    closed: false,
  };
}

/** Late rejections become failures of their deliveries, what follows of those keys must wait. */
export function closeBatch(batch: OpenBatch): void {
  batch.closed = true;
  if (batch.late.size === 0) return;
  const held = new HeldKeys();
  for (const [index, item] of batch.items.entries()) {
    const result = held.has(item) ? UNPROCESSED : withLate(batch, index);
    batch.results[index] = result;
    if (result.status !== 'done') batch.tallies[index] = [];
    held.after(item, result);
  }
}

function withLate({ results, late }: OpenBatch, index: number): WrittenResult {
  const result = results[index] ?? UNPROCESSED;
  if (!late.has(index) || result.status === 'failed') return result;
  return { status: 'failed', fault: faultOf(late.get(index)) };
}
