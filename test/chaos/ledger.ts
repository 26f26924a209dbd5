/**
 * The ledger of a chaos run: what was put in, held against what came out. It lives outside the
 * engine and knows nothing of it: ids, keys and their order in, publications out.
 */

/** One event that was put in. Events of one key and topic stand in the order in which they were appended. */
export interface LedgerEntry {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  /** What its dead letter has to say, one of these; absent: it has to become a finding. */
  readonly codes?: readonly string[];
  /** Its sender was killed before it heard whether it was taken: it may be missing. */
  readonly isDoubtful?: boolean;
}

/** One publication that came out, in the order of the output partition. */
export interface LedgerOutput {
  readonly id: string;
  /** The topic it came out on; order is judged within one. */
  readonly to: string;
  /** What a dead letter says; absent: it is a finding. */
  readonly code?: string;
  /** Which life of the engine wrote it: it rises with each start. Absent: they are not told apart. */
  readonly life?: number;
}

/** What the ledger says. */
export interface Verdict {
  readonly events: number;
  /** Of these the ones that have to become dead letters. */
  readonly deadLetters: number;
  /** Ids without any output. */
  readonly lost: readonly string[];
  /** Ids that came out and were never put in. */
  readonly unknown: readonly string[];
  /** `key: id before id`, where the first outputs of a key, or all of them within one life, are not in the order of its events. */
  readonly disordered: readonly string[];
  /** `id: what came, what was due`, where an innocent became a dead letter, or a culprit none or one of another code. */
  readonly misjudged: readonly string[];
  /** Outputs beyond the first of each id. */
  readonly duplicates: number;
  /** The same, by the life to blame; of lives one after another that in which each was seen before: its end made it be done again. */
  readonly duplicatesByLife: ReadonlyMap<number, number>;
  /** Ids that came out twice within one life, which nothing but its return excuses. */
  readonly stuttered: readonly string[];
}

interface Place {
  readonly lane: string;
  readonly place: number;
  readonly entry: LedgerEntry;
}

/** Where lives of several processes run beside each other. */
export interface Beside {
  /** Lost their work and got it again, or woke up while others had it: of what these repeat of their own only the first time is judged. */
  readonly returned: ReadonlySet<number>;
  /** Whose fault it is that `after` has done again what `before` had done. */
  readonly blame: (before: number, after: number) => number;
}

const ONE_AFTER_ANOTHER: Beside = { returned: new Set(), blame: (before) => before };

/** Judges a history: events in the order in which they were appended, outputs in the order of reading. */
export function judge(
  entries: Iterable<LedgerEntry>,
  outputs: Iterable<LedgerOutput>,
  beside: Beside = ONE_AFTER_ANOTHER,
): Verdict {
  const places = new Map<string, Place>();
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const lane = `${entry.topic}\0${entry.key}`;
    const place = (counts.get(lane) ?? 0) + 1;
    counts.set(lane, place);
    places.set(entry.id, { lane, place, entry });
  }
  const deadLetters = [...places.values()].filter(({ entry }) => entry.codes !== undefined).length;
  return { events: places.size, deadLetters, ...judgeOutputs(places, outputs, beside) };
}

function judgeOutputs(
  places: ReadonlyMap<string, Place>,
  outputs: Iterable<LedgerOutput>,
  { returned, blame }: Beside,
): Omit<Verdict, 'events' | 'deadLetters'> {
  const lives = new Map<string, number | undefined>();
  const firsts = new Order();
  const withinLives = new Order();
  const unknown: string[] = [];
  const disordered: string[] = [];
  const misjudged: string[] = [];
  const stuttered: string[] = [];
  const duplicatesByLife = new Map<number, number>();
  let duplicates = 0;
  for (const { id, to, code, life } of outputs) {
    const known = places.get(id);
    if (known === undefined) {
      unknown.push(id);
      continue;
    }
    if (!isRight(code, known.entry))
      misjudged.push(`${id}: ${told(code)}, due was ${told(...(known.entry.codes ?? []))}`);
    const isRepeated = lives.has(id);
    const before = lives.get(id);
    lives.set(id, life);
    const lane = `${known.lane}\0${to}`;
    const ahead =
      (isRepeated ? null : firsts.next(lane, known)) ??
      (life === undefined || returned.has(life) ? null : withinLives.next(`${lane}\0${life}`, known));
    if (ahead !== null) disordered.push(`${known.lane}: ${ahead} before ${id}`);
    if (!isRepeated) continue;
    duplicates += 1;
    if (before === undefined || life === undefined) continue;
    const blamed = blame(before, life);
    if (before === life && !returned.has(life)) stuttered.push(id);
    else duplicatesByLife.set(blamed, (duplicatesByLife.get(blamed) ?? 0) + 1);
  }
  const missing = [...places.values()].filter(({ entry }) => !lives.has(entry.id));
  const lost = missing.flatMap(({ entry }) => (entry.isDoubtful === true ? [] : [entry.id]));
  return { lost, unknown, disordered, misjudged, duplicates, duplicatesByLife, stuttered };
}

function isRight(code: string | undefined, { codes }: LedgerEntry): boolean {
  return code === undefined ? codes === undefined : codes?.includes(code) === true;
}

function told(...codes: readonly (string | undefined)[]): string {
  return codes[0] === undefined ? 'a finding' : codes.join(' or ');
}

/** What came last, of each lane. */
class Order {
  readonly #last = new Map<string, Place>();

  /** The id that came and should have come later; `null` where all is well. */
  next(lane: string, place: Place): string | null {
    const last = this.#last.get(lane);
    this.#last.set(lane, place);
    return last !== undefined && last.place > place.place ? last.entry.id : null;
  }
}
