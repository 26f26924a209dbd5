/**
 * The ledger of a chaos run: what was put in, held against what came out. It lives outside the
 * engine and knows nothing of it: ids, keys and their order in, publications out.
 */

/** One event that was put in. Events of one key and topic carry rising sequence numbers from 1. */
export interface LedgerEntry {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
}

/** One publication that came out, in the order of the output partition. */
export interface LedgerOutput {
  readonly id: string;
  /** The topic it came out on; order is judged within one. */
  readonly to: string;
}

/** What the ledger says. */
export interface Verdict {
  readonly events: number;
  /** Ids without any output. */
  readonly lost: readonly string[];
  /** Ids that came out and were never put in. */
  readonly unknown: readonly string[];
  /** `key: id before id`, where the first outputs of a key are not in the order of its events. */
  readonly disordered: readonly string[];
  /** Outputs beyond the first of each id. */
  readonly duplicates: number;
}

/** Judges a history: events in the order in which they were appended, outputs in the order of reading. */
export function judge(entries: Iterable<LedgerEntry>, outputs: Iterable<LedgerOutput>): Verdict {
  const places = new Map<string, { readonly lane: string; readonly place: number }>();
  const counts = new Map<string, number>();
  for (const { id, topic, key } of entries) {
    const lane = `${topic}\0${key}`;
    const place = (counts.get(lane) ?? 0) + 1;
    counts.set(lane, place);
    places.set(id, { lane, place });
  }
  return { events: places.size, ...judgeOutputs(places, outputs) };
}

function judgeOutputs(
  places: ReadonlyMap<string, { readonly lane: string; readonly place: number }>,
  outputs: Iterable<LedgerOutput>,
): Omit<Verdict, 'events'> {
  const seen = new Set<string>();
  const last = new Map<string, { readonly id: string; readonly place: number }>();
  const unknown: string[] = [];
  const disordered: string[] = [];
  let duplicates = 0;
  for (const { id, to } of outputs) {
    const entry = places.get(id);
    if (entry === undefined) unknown.push(id);
    else if (seen.has(id)) duplicates += 1;
    else {
      seen.add(id);
      const before = last.get(`${entry.lane}\0${to}`);
      if (before !== undefined && before.place > entry.place)
        disordered.push(`${entry.lane}: ${before.id} before ${id}`);
      last.set(`${entry.lane}\0${to}`, { id, place: entry.place });
    }
  }
  const lost = [...places.keys()].filter((id) => !seen.has(id));
  return { lost, unknown, disordered, duplicates };
}
