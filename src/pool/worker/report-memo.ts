/**
 * Analyses of reports that came before, byte for byte: real traffic is mostly repeats of a few defects.
 *
 * A report is known by its bytes in the event, which are compared, not only their checksum; what is known
 * is the text of its analysis and what is counted of it. So a repeat costs neither parsing nor analysis,
 * and its finding is the one that it would have had without. Bounded; a report is kept when it comes the
 * second time, and where hardly any comes again few are looked at.
 */
import { crc32 } from 'node:zlib';
import { Memo, Thrift } from '../../model/memo.ts';
import type { ReportPlace } from '../../wire/event.ts';
import type { TallyEntry } from './tally.ts';

/** An analysis that is known. */
export interface KnownAnalysis {
  /** The analysis as JSON, without the brace that opens it. */
  readonly json: Uint8Array;
  readonly tally: TallyEntry;
}

/** A report in an event's bytes, as the memory knows it. */
export interface SeenReport {
  /** The event that it is in. */
  readonly value: Uint8Array;
  readonly place: ReportPlace;
  readonly bytes: Uint8Array;
  readonly checksum: number;
  /** Analyses by what else they were made of; `null`: the report is not known. */
  readonly analyses: ReadonlyMap<string, KnownAnalysis> | null;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly analyses: Map<string, KnownAnalysis>;
}

/** Checksums of reports that came once: a power of two. */
const MET = 2 ** 14;
/** Analyses of one report: tasks and analyzers are few. */
const ANALYSES_MAX = 16;

/** Keeping one costs as much as looking at so many. */
const MISSES_PER_KEPT = 32;

/** The memory of one thread. */
export class ReportMemo {
  readonly #memo: Memo<number, Entry>;
  readonly #met = new Uint32Array(MET);
  readonly #thrift = new Thrift(MISSES_PER_KEPT);

  /** Keeps reports and analyses of at most this many bytes together; 0: none. */
  constructor(bytesMax: number) {
    this.#memo = new Memo(bytesMax);
  }

  /** Whether to look at the next report at all: where hardly any repeats, a few are looked at, until they do. */
  mayPay(): boolean {
    return this.#thrift.mayPay();
  }

  /** What is known of the report at this place of an event. */
  see(value: Uint8Array, place: ReportPlace): SeenReport {
    const bytes = value.subarray(place.start, place.end);
    const checksum = crc32(bytes);
    const entry = this.#memo.get(checksum);
    const analyses = entry !== undefined && equal(entry.bytes, bytes) ? entry.analyses : null;
    return { value, place, bytes, checksum, analyses };
  }

  /** Takes note of whether an analysis was known, once for each report that was seen. */
  count(wasKnown: boolean): void {
    this.#thrift.count(wasKnown);
  }

  /** Takes note of an analysis that was made just now; `make` makes what is kept of it, if anything may be. */
  meet({ bytes, checksum, analyses }: SeenReport, of: string, make: () => KnownAnalysis | null): void {
    if (analyses === null && !this.#cameBefore(checksum)) return;
    const known = this.#thrift.spend() ? make() : null;
    if (known === null) return;
    const all = new Map(analyses);
    if (all.size >= ANALYSES_MAX) all.clear();
    all.set(of, known);
    let weight = bytes.length;
    for (const { json } of all.values()) weight += json.length;
    this.#memo.set(checksum, { bytes: Uint8Array.from(bytes), analyses: all }, weight);
  }

  #cameBefore(checksum: number): boolean {
    const at = checksum & (MET - 1);
    if (this.#met[at] === checksum) return true;
    this.#met[at] = checksum;
    return false;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
