/**
 * What crosses the thread border: a batch of deliveries to a slot, an outcome back.
 *
 * Plain data only; the pool turns both into bytes (see `src/wire`). The order of `items` is the
 * order of processing; `results[i]` belongs to `items[i]`.
 */
import type { Delivery } from './delivery.ts';
import type { Fault } from './errors.ts';

/** One delivery to analyse. */
export interface BatchItem {
  readonly delivery: Delivery;
  /** Index of its task in the list the pool was made with. */
  readonly task: number;
  /** 1 at the first try. */
  readonly attempt: number;
  /** Those of one task with the same number stay in order; -1: no order. A whole number up to 2^53. */
  readonly order: number;
  /** It was `suspect`: it is the only one of its batch, and runs in a thread that has run nothing else. */
  readonly alone?: boolean;
}

/** Whole runs of ready lanes, in order. */
export interface Batch {
  /** Rises by one per batch of an engine; at least 1. */
  readonly id: number;
  readonly items: readonly BatchItem[];
}

/** A finding, already encoded by the worker. */
export interface EncodedFinding {
  /** The finding's id in UTF-8. */
  readonly id: Uint8Array;
  readonly value: Uint8Array;
  /** The event's category, for templated topic names. */
  readonly category: string;
}

/**
 * What became of one delivery in a worker.
 * - `done`: analysed; its findings (possibly none) are to be published.
 * - `failed`: cannot be decoded, or its analyzer threw or asked for a dead letter; `fault.retriable` decides what next.
 * - `requeue`: its analyzer asks to see it again after `delayMs`; not counted as a failure.
 * - `suspect`: its thread hung or died while this delivery was in hand; it may be innocent and runs once more, alone.
 * - `unprocessed`: not tried, or its result was lost with its thread; to be run again in order. Also
 *   what a delivery gets whose key waits because of an earlier one of the same batch.
 */
export type DeliveryResult =
  | { readonly status: 'done'; readonly findings: readonly EncodedFinding[] }
  | { readonly status: 'failed'; readonly fault: Fault }
  | { readonly status: 'requeue'; readonly delayMs: number }
  | { readonly status: 'suspect'; readonly fault: Fault }
  | { readonly status: 'unprocessed' };

/** The shared result of a delivery that was not tried. */
export const UNPROCESSED: { readonly status: 'unprocessed' } = Object.freeze({ status: 'unprocessed' });

/** A line that an analyzer logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Index of the delivery in the batch. */
  readonly index: number;
}

/** One group seen in a batch, with how often and what a person would call it. */
export interface GroupTally {
  readonly group: string;
  readonly title: string;
  readonly kind: 'crash' | 'lag';
  readonly count: number;
}

/** Counts over a batch's findings, so that the main thread need not look into them. */
export interface Tally {
  readonly platforms: Readonly<Record<string, number>>;
  readonly problems: Readonly<Record<string, number>>;
  readonly groups: readonly GroupTally[];
  /** Findings whose report was known from before: they cost no analysis. */
  readonly repeats: number;
}

/** What a slot returns for a batch. */
export interface Outcome {
  readonly results: readonly DeliveryResult[];
  /** Wall time in the worker, milliseconds; 0 when the thread was lost. */
  readonly elapsedMs: number;
  /** CPU of the worker thread since it started, milliseconds (steps of 2–4 ms); 0 when unknown. */
  readonly cpuMs: number;
  readonly tally: Tally;
  readonly logs: readonly LogLine[];
  /** The bytes of the findings are not needed any more and may be used again. Called at most once. */
  readonly release?: () => void;
}

/** The tally of nothing. */
export const NO_TALLY: Tally = Object.freeze({ platforms: {}, problems: {}, groups: [], repeats: 0 });
