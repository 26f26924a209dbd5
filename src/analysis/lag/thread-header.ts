/**
 * The first line of a thread in a dump of ART or of a HotSpot-like JVM:
 *
 *     "main" prio=5 tid=1 Blocked
 *     "audioserver" sysTid=577
 *     "main" #1 prio=5 os_prio=0 cpu=32.74ms tid=0x00007fe8b4017ed0 nid=0x3ae2 waiting for monitor entry  [0x0…]
 *
 * One pass over the words. It does not read the lines below.
 */

/** What the line tells. */
export interface ThreadHeader {
  readonly name: string;
  /** How other lines of the dump name it: ART's `tid`, HotSpot's `#n`, else the system's. */
  readonly id?: string;
  /** The system's thread id, decimal. */
  readonly systemId?: string;
  /** In the dump's words: `Blocked`, `waiting for monitor entry`. */
  readonly state?: string;
  /** ART, or a JVM that prints `nid=`. */
  readonly runtime: 'art' | 'jvm';
}

/** Words that are attributes of their own and belong to no state. */
const FLAGS: ReadonlySet<string> = new Set(['daemon', 'virtual', 'carrying']);

/** Parses a line that begins with a quotation mark; `null` for one that is no thread's header. */
export function parseThreadHeader(line: string): ThreadHeader | null {
  const quote = line.lastIndexOf('"');
  if (!line.startsWith('"') || quote < 1) return null;
  const values = new Map<string, string>();
  const state: string[] = [];
  for (const word of line.slice(quote + 1).split(' ')) {
    const equals = word.indexOf('=');
    if (equals > 0) values.set(word.slice(0, equals), word.slice(equals + 1));
    else if (word.startsWith('#')) values.set('#', word.slice(1));
    else if (word.startsWith('(')) break;
    else if (word !== '' && !word.startsWith('[') && !FLAGS.has(word)) state.push(word);
  }
  if (values.size === 0) return null;
  return describe(line.slice(1, quote), values, state.join(' '));
}

function describe(name: string, values: ReadonlyMap<string, string>, state: string): ThreadHeader | null {
  const tid = values.get('tid');
  const nid = values.get('nid');
  const jvm = nid !== undefined || values.has('#') || values.has('os_prio');
  if (!jvm && tid === undefined && !values.has('sysTid') && !values.has('prio')) return null;
  const systemId = jvm ? decimalOf(nid) : values.get('sysTid');
  const id = values.get('#') ?? (jvm ? nid : tid) ?? systemId;
  return {
    name,
    ...(id !== undefined && { id }),
    ...(systemId !== undefined && { systemId }),
    ...(state !== '' && { state }),
    runtime: jvm ? 'jvm' : 'art',
  };
}

/** `nid` is hexadecimal up to JDK 18, decimal since. */
function decimalOf(nid: string | undefined): string | undefined {
  if (nid === undefined) return undefined;
  const value = Number(nid);
  return Number.isSafeInteger(value) ? String(value) : undefined;
}
