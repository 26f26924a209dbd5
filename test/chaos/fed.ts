/**
 * What a chaos run is fed with, and the file in which its feeder keeps account of it.
 *
 * The account of a chunk is two lines, each on the disk before the next step: what will be appended,
 * and that the log has acknowledged it. What has no second line is doubtful: it may be in the log.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { GeneratedEvent } from '../../src/load/generate.ts';
import { generateEvents } from '../../src/load/generate.ts';
import { seededRandom } from '../../src/load/random.ts';
import type { ErrorCode } from '../../src/model/errors.ts';
import type { LedgerEntry } from './ledger.ts';

/** The category that the config gives to the analyzer of poison. */
export const POISON = 'CHAOS_POISON';

/**
 * Kinds of poison, how many of a thousand events they are, and which codes their dead letters may have;
 * none: it becomes a finding in the end. On a busy machine a heap fills slowly: then its time is over first.
 */
export const POISONS: readonly (readonly [word: string, perMille: number, codes: readonly ErrorCode[]])[] = [
  ['loop', 0.15, ['E_EVENT_TIMEOUT']],
  ['exit', 0.7, ['E_EVENT_WORKER_DIED']],
  ['heap', 0.15, ['E_EVENT_WORKER_DIED', 'E_EVENT_TIMEOUT']],
  ['throw', 3, ['E_EVENT_ANALYZE']],
  ['throw-twice', 3, []],
  ['dead-letter', 5, ['E_EVENT_REJECTED']],
  ['no-json', 3, ['E_EVENT_UNMARSHAL']],
];

/** An event to be fed, and what must become of it. */
export interface FedEvent extends GeneratedEvent {
  /** Of its dead letter; none: it becomes a finding. */
  readonly codes: readonly ErrorCode[];
}

/** Without end: what the seed makes, of 200 devices; `poisonShare` of the usual poison. */
export function* fedEvents(
  seed: number,
  startMs: number,
  poisonShare = 1,
): Generator<FedEvent, void, undefined> {
  const random = seededRandom(seed + 1);
  const count = Number.MAX_SAFE_INTEGER;
  for (const event of generateEvents({ count, keys: 200, zipf: 1, duplicates: 0, seed, start: startMs }))
    yield poisoned(event, (random() * 1000) / poisonShare);
}

/** One in so many is made poison: `chance` is out of 1,000; beyond the poisons there is none. */
function poisoned(event: GeneratedEvent, chance: number): FedEvent {
  let rest = chance;
  for (const [word, perMille, codes] of POISONS) {
    if (rest < perMille) return { ...event, value: poisonValue(event, word), codes };
    rest -= perMille;
  }
  return { ...event, codes: [] };
}

function poisonValue({ id, value }: GeneratedEvent, word: string): Uint8Array {
  if (word === 'no-json') return Buffer.from(`{"id":"${id}", and no more`);
  const event = JSON.parse(Buffer.from(value).toString()) as Readonly<Record<string, unknown>>;
  return Buffer.from(
    JSON.stringify({ ...event, category: POISON, profile_data: { format: 'chaos', report: word } }),
  );
}

/** The id of an event, also of one that is no JSON. */
export function idIn(value: Uint8Array | null): string {
  return /"id":"([^"]*)"/.exec(Buffer.from(value ?? []).toString())?.[1] ?? 'without id';
}

type Line =
  | {
      readonly begun: readonly (readonly [
        id: string,
        topic: string,
        key: string,
        codes: readonly string[],
      ])[];
    }
  | { readonly done: true };

/** The feeder's account, written behind what other feeders have written. */
export class Account {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** These will be appended. */
  begin(events: readonly FedEvent[]): void {
    this.#write({
      begun: events.map(({ id, topic, key, codes }) => [id, topic, Buffer.from(key).toString(), codes]),
    });
  }

  /** They are acknowledged. */
  done(): void {
    this.#write({ done: true });
  }

  close(): void {
    closeSync(this.#file);
  }

  /** It begins with the line's end, so that a line that a killed feeder left unfinished harms no other. */
  #write(line: Line): void {
    writeSync(this.#file, `\n${JSON.stringify(line)}\n`);
    fsyncSync(this.#file);
  }
}

/** The account as entries of the ledger. */
export function readAccount(path: string): LedgerEntry[] {
  const lines = readFileSync(path, 'utf8').split('\n').flatMap(readLine);
  return lines.flatMap((line, i) => {
    if (!('begun' in line)) return [];
    const next = lines[i + 1];
    const isDoubtful = next === undefined || !('done' in next);
    return line.begun.map(([id, topic, key, codes]): LedgerEntry => ({
      id,
      topic,
      key,
      ...(codes.length > 0 && { codes }),
      ...(isDoubtful && { isDoubtful }),
    }));
  });
}

function readLine(text: string): readonly Line[] {
  try {
    return text === '' ? [] : [JSON.parse(text) as Line];
  } catch {
    return []; // Unfinished: nothing was appended before it was whole.
  }
}
