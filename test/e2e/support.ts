/** What the tests of the command share: a log as others fill and read it, and what a run left behind. */
import { readFileSync } from 'node:fs';
import type { Delivery, Header } from '../../src/model/delivery.ts';
import type { LogOptions, LogStore } from '../../src/transport/log/store.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { logOptions, readAll } from '../helpers/log.ts';

/** A record to be put into a topic; texts become bytes. */
export interface RawRecord {
  readonly key: string | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestampMs?: number;
}

/** The figures of `run --summary` that tests look at. */
export interface Figures {
  readonly consumed: number;
  readonly published: number;
  readonly finished: number;
  readonly deadLettered: number;
  readonly unfinished: number;
  readonly findings: number;
  readonly committed: number;
  readonly byCode: Readonly<Record<string, number>>;
  readonly problems: Readonly<Record<string, number>>;
  readonly byPlatform: Readonly<Record<string, number>>;
}

const RECORD_BYTES_MAX = 16 * 2 ** 20;

/** Opens the log in `dir` as another process would, for as long as `use` takes. */
export async function withLog<T>(
  dir: string,
  use: (log: LogStore) => Promise<T> | T,
  over: Partial<LogOptions> = {},
): Promise<T> {
  const log = await openLog(
    logOptions(dir, { durability: 'process', recordBytesMax: RECORD_BYTES_MAX, ...over }),
  );
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

/** Puts records into topics of one partition each, in order, past everything that `ingest` checks. */
export async function fill(
  dir: string,
  topics: Readonly<Record<string, readonly RawRecord[]>>,
): Promise<void> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  await withLog(
    dir,
    async (log) => {
      for (const [topic, records] of Object.entries(topics)) {
        await log.append(
          topic,
          records.map(({ key, value, headers = {}, timestampMs = Date.now() }) => ({
            key: key === null ? null : bytes(key),
            value: typeof value === 'string' ? bytes(value) : value,
            headers: Object.entries(headers).map(([name, text]): Header => [name, bytes(text)]),
            timestampMs,
          })),
        );
      }
    },
    { partitions: 1 },
  );
}

/** All records of a topic; none where there is no such topic. */
export function recordsOf(dir: string, topic: string): Promise<Delivery[]> {
  return withLog(dir, (log) => readAll(log, topic), { readOnly: true, create: false });
}

/** Records of a topic, so far. */
export function countOf(dir: string, topic: string): Promise<number> {
  const count = (log: LogStore): number => log.topics().find(({ name }) => name === topic)?.records ?? 0;
  return withLog(dir, count, { readOnly: true, create: false });
}

/** What the group has not committed of the topics that it has committed anything of, and where it stands. */
export function lagOf(
  dir: string,
  group = 'faultline',
): Promise<{ readonly lag: number; readonly committed: number }> {
  return withLog(
    dir,
    (log) => {
      const positions = log.groups().find(({ name }) => name === group)?.positions ?? [];
      return {
        lag: positions.reduce((sum, { lag }) => sum + lag, 0),
        committed: positions.reduce((sum, { offset }) => sum + offset, 0),
      };
    },
    { readOnly: true, create: false },
  );
}

/** The headers of a record as texts. */
export function headersOf({ headers }: Delivery): Readonly<Record<string, string>> {
  return Object.fromEntries(headers.map(([name, value]) => [name, new TextDecoder().decode(value)]));
}

/** A record's key as text. */
export function keyOf({ key }: Delivery): string | null {
  return key === null ? null : new TextDecoder().decode(key);
}

/** A record's value as JSON. */
export function jsonOf({ value }: Delivery): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(value ?? new Uint8Array())) as Record<string, unknown>;
}

/** The file of `run --summary`. */
export function figuresOf(path: string): Figures {
  return JSON.parse(readFileSync(path, 'utf8')) as Figures;
}
