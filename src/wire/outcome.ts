/**
 * An outcome as one ArrayBuffer, to be transferred back to the main thread.
 *
 * Hot where it is unpacked: per finding two views and one small object, strings shared, nothing
 * copied. The views keep the whole buffer alive until the last finding of the batch is published.
 *
 * Layout, in the machine's byte order (both ends are the same process):
 *
 * | bytes | what |
 * | --- | --- |
 * | 2 · 8 | float64: elapsed ms, CPU ms |
 * | 4 · 4 | int32: deliveries, findings, end of the findings' bytes, length of the rest |
 * | 8 · deliveries | int32: status; findings, or the index of the fault or delay |
 * | 12 · findings | int32: id length, value length, category index |
 * | … | each finding's id and value, side by side |
 * | … | the rest, msgpack: categories, faults, delays, logs, tally |
 */
import { assert, unreachable } from '../model/assert.ts';
import type { DeliveryResult, EncodedFinding, LogLine, Outcome, Tally } from '../model/batch.ts';
import { UNPROCESSED } from '../model/batch.ts';
import type { Fault } from '../model/errors.ts';
import type { Allocate } from './batch.ts';
import { packMsgpack, unpackMsgpack } from './msgpack.ts';

const HEADER_BYTES = 32;
const RESULT_INTS = 2;
const FINDING_INTS = 3;

/** The int32 index of each header field. */
const DELIVERIES = 4;
const FINDINGS = 5;
const BYTES_END = 6;
const REST_LENGTH = 7;

/** A delivery's status as a number. */
const DONE = 0;
const FAILED = 1;
const REQUEUE = 2;
const SUSPECT = 3;
const NOT_TRIED = 4;

/** The shared result of a delivery without findings. */
const DONE_WITHOUT_FINDINGS: DeliveryResult = Object.freeze({ status: 'done', findings: Object.freeze([]) });

/** What is small and structured. Records are entries, so that no name in them is special. */
interface Rest {
  readonly categories: string[];
  readonly faults: Fault[];
  readonly delaysMs: number[];
  readonly logs: readonly LogLine[];
  readonly platforms: readonly (readonly [string, number])[];
  readonly problems: readonly (readonly [string, number])[];
  readonly groups: Tally['groups'];
}

/** Packs an outcome into a buffer that `allocate` gives; by default a new one of its size. */
export function packOutcome(
  outcome: Outcome,
  allocate: Allocate = (bytes) => new ArrayBuffer(bytes),
): ArrayBuffer {
  const rest = emptyRest(outcome);
  const findings = outcome.results.flatMap((result) => (result.status === 'done' ? result.findings : []));
  const tables = [...resultTable(outcome.results, rest), ...findingTable(findings, rest)];
  const restBytes = packMsgpack(rest);
  const start = HEADER_BYTES + 4 * tables.length;
  const end = findings.reduce((at, { id, value }) => at + id.length + value.length, start);
  assert(end + restBytes.length < 2 ** 31, 'an outcome is smaller than 2 GiB');

  const buffer = allocate(end + restBytes.length);
  new Float64Array(buffer, 0, 2).set([outcome.elapsedMs, outcome.cpuMs]);
  const ints = new Int32Array(buffer, 0, start >> 2);
  ints.set([outcome.results.length, findings.length, end, restBytes.length], DELIVERIES);
  ints.set(tables, HEADER_BYTES >> 2);
  copyBytes(new Uint8Array(buffer), findings, start);
  new Uint8Array(buffer).set(restBytes, end);
  return buffer;
}

/** The outcome again; ids and values are views of `buffer`. */
export function unpackOutcome(buffer: ArrayBuffer): Outcome {
  const [elapsedMs = 0, cpuMs = 0] = new Float64Array(buffer, 0, 2);
  const head = new Int32Array(buffer, 0, HEADER_BYTES >> 2);
  const deliveries = head[DELIVERIES] ?? 0;
  const findings = head[FINDINGS] ?? 0;
  const rest = unpackMsgpack(new Uint8Array(buffer, head[BYTES_END], head[REST_LENGTH])) as Rest;
  const tableInts = RESULT_INTS * deliveries + FINDING_INTS * findings;
  const tables = new Int32Array(buffer, HEADER_BYTES, tableInts);
  return {
    results: unpackResults(buffer, tables, { deliveries, rest }),
    elapsedMs,
    cpuMs,
    tally: {
      platforms: Object.fromEntries(rest.platforms),
      problems: Object.fromEntries(rest.problems),
      groups: rest.groups,
    },
    logs: rest.logs,
  };
}

function emptyRest({ logs, tally }: Outcome): Rest {
  return {
    categories: [],
    faults: [],
    delaysMs: [],
    logs,
    platforms: Object.entries(tally.platforms),
    problems: Object.entries(tally.problems),
    groups: tally.groups,
  };
}

/** The table of results; faults and delays go to `rest`. */
function resultTable(results: readonly DeliveryResult[], rest: Rest): number[] {
  return results.flatMap((result) => {
    switch (result.status) {
      case 'done':
        return [DONE, result.findings.length];
      case 'failed':
        return [FAILED, rest.faults.push(result.fault) - 1];
      case 'suspect':
        return [SUSPECT, rest.faults.push(result.fault) - 1];
      case 'requeue':
        return [REQUEUE, rest.delaysMs.push(result.delayMs) - 1];
      case 'unprocessed':
        return [NOT_TRIED, 0];
      default:
        return unreachable(result);
    }
  });
}

/** The table of findings; categories go to `rest`, each once. */
function findingTable(findings: readonly EncodedFinding[], rest: Rest): number[] {
  const indexes = new Map<string, number>();
  return findings.flatMap(({ id, value, category }) => {
    let index = indexes.get(category);
    if (index === undefined) indexes.set(category, (index = rest.categories.push(category) - 1));
    return [id.length, value.length, index];
  });
}

function copyBytes(target: Uint8Array, findings: readonly EncodedFinding[], start: number): void {
  let at = start;
  for (const { id, value } of findings) {
    target.set(id, at);
    target.set(value, at + id.length);
    at += id.length + value.length;
  }
}

/** Walks results and findings side by side. */
function unpackResults(
  buffer: ArrayBuffer,
  tables: Int32Array,
  { deliveries, rest }: { readonly deliveries: number; readonly rest: Rest },
): DeliveryResult[] {
  const results = new Array<DeliveryResult>(deliveries);
  let row = RESULT_INTS * deliveries;
  let at = HEADER_BYTES + 4 * tables.length;
  for (let index = 0; index < deliveries; index += 1) {
    const detail = tables[RESULT_INTS * index + 1] ?? 0;
    if (tables[RESULT_INTS * index] !== DONE || detail === 0) {
      results[index] = withoutFindings(tables[RESULT_INTS * index], detail, rest);
      continue;
    }
    const findings = new Array<EncodedFinding>(detail);
    for (let finding = 0; finding < detail; finding += 1) {
      const idLength = tables[row] ?? 0;
      const valueLength = tables[row + 1] ?? 0;
      const id = new Uint8Array(buffer, at, idLength);
      const value = new Uint8Array(buffer, at + idLength, valueLength);
      findings[finding] = { id, value, category: rest.categories[tables[row + 2] ?? 0] ?? '' };
      at += idLength + valueLength;
      row += FINDING_INTS;
    }
    results[index] = { status: 'done', findings };
  }
  return results;
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
