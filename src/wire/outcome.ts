/**
 * An outcome as one ArrayBuffer, to be transferred back to the main thread.
 *
 * Hot on both sides. Findings are written into the buffer as they are made, text without a copy in
 * between; one whose delivery failed after all stays behind unreferenced. Where it is unpacked, a
 * finding costs two views and one small object, strings are shared and nothing is copied. The views
 * keep the whole buffer alive until the last finding of the batch is published.
 *
 * Layout, in the machine's byte order (both ends are the same process):
 *
 * | bytes | what |
 * | --- | --- |
 * | 2 · 8 | float64: elapsed ms, CPU ms |
 * | 4 · 4 | int32: deliveries, findings, start of the tables, length of the rest |
 * | … | each finding's id and value, side by side |
 * | 12 · deliveries | int32: status; index of the first finding, fault or delay; findings |
 * | 16 · findings | int32: start, id length, value length, category index |
 * | … | the rest, msgpack: categories, faults, delays, logs, tally |
 */
import { assert, unreachable } from '../model/assert.ts';
import type { DeliveryResult, EncodedFinding, LogLine, Outcome, Tally } from '../model/batch.ts';
import { UNPROCESSED } from '../model/batch.ts';
import { EngineError } from '../model/errors.ts';
import type { Fault } from '../model/errors.ts';
import type { Allocate } from './batch.ts';
import { packMsgpack, unpackMsgpack } from './msgpack.ts';

const HEADER_BYTES = 32;
const RESULT_INTS = 3;
const FINDING_INTS = 4;

/** The int32 index of each header field. */
const DELIVERIES = 4;
const FINDINGS = 5;
const TABLES_START = 6;
const REST_LENGTH = 7;

/** A delivery's status as a number. */
const DONE = 0;
const FAILED = 1;
const REQUEUE = 2;
const SUSPECT = 3;
const NOT_TRIED = 4;

/** A UTF-16 unit takes at most so many bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3;

/** Bytes of findings of one delivery. A batch that has more should end with the delivery in hand. */
export const FINDINGS_BYTES_MAX: number = 64 * 2 ** 20;

/** The shared result of a delivery without findings. */
const DONE_WITHOUT_FINDINGS: DeliveryResult = Object.freeze({ status: 'done', findings: Object.freeze([]) });

/** What is small and structured. Records are entries, so that no name in them is special. */
interface Rest {
  readonly categories: readonly string[];
  readonly faults: Fault[];
  readonly delaysMs: number[];
  readonly logs: readonly LogLine[];
  readonly platforms: readonly (readonly [string, number])[];
  readonly problems: readonly (readonly [string, number])[];
  readonly groups: Tally['groups'];
  readonly repeats: Tally['repeats'];
}

/** A finding before it is written: its value is text, bytes, or both, one behind the other. */
export interface UnwrittenFinding extends Pick<EncodedFinding, 'category'> {
  readonly id: string | Uint8Array;
  readonly value: string | Uint8Array | readonly [string, Uint8Array];
}

/** What became of a delivery whose findings are written: where they are among all findings. */
export type WrittenResult =
  | Exclude<DeliveryResult, { status: 'done' }>
  | { readonly status: 'done'; readonly first: number; readonly count: number };

/** Writes one outcome: findings as they come, then the rest. */
export class OutcomeWriter {
  readonly #allocate: Allocate;
  readonly #rows: number[] = [];
  readonly #categories = new Map<string, number>();
  #bytes: Buffer<ArrayBuffer>;
  #at = HEADER_BYTES;

  /** Begins with a buffer of that size, and takes larger ones as it needs them. */
  constructor(allocate: Allocate, bytesMin: number) {
    this.#allocate = allocate;
    this.#bytes = Buffer.from(allocate(HEADER_BYTES + bytesMin));
  }

  /** Bytes of findings so far. */
  get findingsBytes(): number {
    return this.#at - HEADER_BYTES;
  }

  /** Writes all findings of a delivery, or none. Throws `E_FINDING_TOO_LARGE` where they are, together. */
  write(findings: readonly UnwrittenFinding[]): WrittenResult {
    const rowsBefore = this.#rows.length;
    const begin = this.#at;
    for (const { id, value, category } of findings) {
      const start = this.#at;
      this.#rows.push(start, this.#append(id), this.#appendAll(value), this.#categoryIndex(category));
      if (this.#at - begin <= FINDINGS_BYTES_MAX) continue;
      this.#rows.length = rowsBefore;
      this.#at = begin;
      throw new EngineError('E_FINDING_TOO_LARGE', `more than ${FINDINGS_BYTES_MAX} bytes of findings`);
    }
    return { status: 'done', first: rowsBefore / FINDING_INTS, count: findings.length };
  }

  /** The whole outcome. Nothing can be written afterwards. */
  finish(outcome: Omit<Outcome, 'results'> & { readonly results: readonly WrittenResult[] }): ArrayBuffer {
    const rest = emptyRest(outcome, [...this.#categories.keys()]);
    const tables = [...resultTable(outcome.results, rest), ...this.#rows];
    const restBytes = packMsgpack(rest);
    const tablesStart = 4 * Math.ceil(this.#at / 4);
    const restStart = tablesStart + 4 * tables.length;
    this.#reserve(restStart + restBytes.length);
    const { buffer } = this.#bytes;
    new Float64Array(buffer, 0, 2).set([outcome.elapsedMs, outcome.cpuMs]);
    const findings = this.#rows.length / FINDING_INTS;
    const header = [outcome.results.length, findings, tablesStart, restBytes.length];
    new Int32Array(buffer, 0, HEADER_BYTES >> 2).set(header, DELIVERIES);
    new Int32Array(buffer, tablesStart, tables.length).set(tables);
    this.#bytes.set(restBytes, restStart);
    return buffer;
  }

  #appendAll(data: UnwrittenFinding['value']): number {
    if (typeof data === 'string' || data instanceof Uint8Array) return this.#append(data);
    return this.#append(data[0]) + this.#append(data[1]);
  }

  /** Returns the length in bytes. */
  #append(data: string | Uint8Array): number {
    const text = typeof data === 'string';
    this.#reserve(this.#at + (text ? BYTES_PER_UNIT_MAX * data.length : data.length));
    const start = this.#at;
    if (!text) this.#bytes.set(data, start);
    const length = text ? this.#bytes.write(data, start) : data.length;
    this.#at += length;
    return length;
  }

  #categoryIndex(category: string): number {
    const index = this.#categories.get(category) ?? this.#categories.size;
    if (index === this.#categories.size) this.#categories.set(category, index);
    return index;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    assert(bytes < 2 ** 31, 'an outcome is smaller than 2 GiB');
    const larger = Buffer.from(this.#allocate(Math.max(bytes, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** Packs an outcome whose findings are at hand. */
export function packOutcome(
  outcome: Outcome,
  allocate: Allocate = (bytes) => new ArrayBuffer(bytes),
): ArrayBuffer {
  const writer = new OutcomeWriter(allocate, 0);
  const results = outcome.results.map((result) =>
    result.status === 'done' ? writer.write(result.findings) : result,
  );
  return writer.finish({ ...outcome, results });
}

/** The outcome again; ids and values are views of `buffer`. */
export function unpackOutcome(buffer: ArrayBuffer): Outcome {
  const [elapsedMs = 0, cpuMs = 0] = new Float64Array(buffer, 0, 2);
  const head = new Int32Array(buffer, 0, HEADER_BYTES >> 2);
  const deliveries = head[DELIVERIES] ?? 0;
  const tablesStart = head[TABLES_START] ?? 0;
  const tableInts = RESULT_INTS * deliveries + FINDING_INTS * (head[FINDINGS] ?? 0);
  const tables = new Int32Array(buffer, tablesStart, tableInts);
  const restBytes = new Uint8Array(buffer, tablesStart + 4 * tableInts, head[REST_LENGTH]);
  const rest = unpackMsgpack(restBytes) as Rest;
  return {
    results: unpackResults({ buffer, tables, rest }, deliveries),
    elapsedMs,
    cpuMs,
    tally: {
      platforms: Object.fromEntries(rest.platforms),
      problems: Object.fromEntries(rest.problems),
      groups: rest.groups,
      repeats: rest.repeats,
    },
    logs: rest.logs,
  };
}

function emptyRest({ logs, tally }: Omit<Outcome, 'results'>, categories: readonly string[]): Rest {
  return {
    categories,
    faults: [],
    delaysMs: [],
    logs,
    platforms: Object.entries(tally.platforms),
    problems: Object.entries(tally.problems),
    groups: tally.groups,
    repeats: tally.repeats,
  };
}

/** The table of results; faults and delays go to `rest`. */
function resultTable(results: readonly WrittenResult[], rest: Rest): number[] {
  const table: number[] = [];
  for (const result of results) {
    switch (result.status) {
      case 'done':
        table.push(DONE, result.first, result.count);
        break;
      case 'failed':
        table.push(FAILED, rest.faults.push(result.fault) - 1, 0);
        break;
      case 'suspect':
        table.push(SUSPECT, rest.faults.push(result.fault) - 1, 0);
        break;
      case 'requeue':
        table.push(REQUEUE, rest.delaysMs.push(result.delayMs) - 1, 0);
        break;
      case 'unprocessed':
        table.push(NOT_TRIED, 0, 0);
        break;
      default:
        unreachable(result);
    }
  }
  return table;
}

interface Packed {
  readonly buffer: ArrayBuffer;
  readonly tables: Int32Array;
  readonly rest: Rest;
}

function unpackResults(packed: Packed, deliveries: number): DeliveryResult[] {
  const { tables, rest } = packed;
  const firstRow = RESULT_INTS * deliveries;
  const results = new Array<DeliveryResult>(deliveries);
  for (let index = 0; index < deliveries; index += 1) {
    const status = tables[RESULT_INTS * index];
    const detail = tables[RESULT_INTS * index + 1] ?? 0;
    const count = tables[RESULT_INTS * index + 2] ?? 0;
    results[index] =
      count === 0
        ? withoutFindings(status, detail, rest)
        : { status: 'done', findings: unpackFindings(packed, firstRow + FINDING_INTS * detail, count) };
  }
  return results;
}

function unpackFindings({ buffer, tables, rest }: Packed, firstRow: number, count: number): EncodedFinding[] {
  const findings = new Array<EncodedFinding>(count);
  let row = firstRow;
  for (let finding = 0; finding < count; finding += 1) {
    const start = tables[row] ?? 0;
    const idLength = tables[row + 1] ?? 0;
    const id = new Uint8Array(buffer, start, idLength);
    const value = new Uint8Array(buffer, start + idLength, tables[row + 2] ?? 0);
    findings[finding] = { id, value, category: rest.categories[tables[row + 3] ?? 0] ?? '' };
    row += FINDING_INTS;
  }
  return findings;
}

function withoutFindings(status: number | undefined, detail: number, rest: Rest): DeliveryResult {
  const fault = rest.faults[detail];
  switch (status) {
    case DONE:
      return DONE_WITHOUT_FINDINGS;
    case REQUEUE:
      return { status: 'requeue', delayMs: rest.delaysMs[detail] ?? 0 };
    case NOT_TRIED:
      return UNPROCESSED;
    default:
      assert(fault !== undefined, 'a failed delivery has a fault');
      return { status: status === FAILED ? 'failed' : 'suspect', fault };
  }
}
