/**
 * Fills topics of the log from a stream of records: gathers, keeps a few appends under way, and
 * stops at the first that fails.
 */
import { NO_HEADERS, type Headers } from '../model/delivery.ts';

/** A record as it comes. */
export interface NewRecord {
  readonly topic: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A record as the log takes it. */
interface LogRecord extends Omit<NewRecord, 'topic'> {
  readonly headers: Headers;
  readonly timestampMs: number;
}

/** The part of the log that is written to. */
export interface Appendable {
  append(topic: string, records: readonly LogRecord[]): Promise<void>;
}

/** What has been written so far. */
export interface Written {
  readonly records: number;
  readonly bytes: number;
  readonly byTopic: ReadonlyMap<string, number>;
}

const RECORDS_PER_APPEND = 1_000;
const BYTES_PER_APPEND = 1_048_576;
const APPENDS_UNDER_WAY = 4;

/** The writer. Order within a topic is kept. */
export class LogWriter {
  readonly #log: Appendable;
  readonly #gathered = new Map<string, LogRecord[]>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #byTopic = new Map<string, number>();
  #gatheredCount = 0;
  #gatheredBytes = 0;
  #records = 0;
  #bytes = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(log: Appendable) {
    this.#log = log;
  }

  /** What is acknowledged. */
  get written(): Written {
    return { records: this.#records, bytes: this.#bytes, byTopic: this.#byTopic };
  }

  /** Takes a record; waits while enough is under way. Rejects with the first failure. */
  async add({ topic, key, value }: NewRecord, timestampMs: number): Promise<void> {
    const list = this.#gathered.get(topic);
    const record = { key, value, headers: NO_HEADERS, timestampMs };
    if (list === undefined) this.#gathered.set(topic, [record]);
    else list.push(record);
    this.#gatheredCount += 1;
    this.#gatheredBytes += key.length + value.length;
    if (this.#gatheredCount >= RECORDS_PER_APPEND || this.#gatheredBytes >= BYTES_PER_APPEND)
      await this.send();
  }

  /** Sends what is gathered; waits while enough is under way. Rejects with the first failure. */
  async send(): Promise<void> {
    for (const [topic, records] of this.#gathered) this.#append(topic, records);
    this.#gathered.clear();
    this.#gatheredCount = 0;
    this.#gatheredBytes = 0;
    while (this.#underWay.size >= APPENDS_UNDER_WAY) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  /** Sends what is gathered and waits for all. Rejects with the first failure. */
  async finish(): Promise<void> {
    await this.send();
    await Promise.all(this.#underWay);
    this.#throwFailure();
  }

  #append(topic: string, records: readonly LogRecord[]): void {
    const bytes = records.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    const append = this.#log.append(topic, records).then(
      () => {
        this.#records += records.length;
        this.#bytes += bytes;
        this.#byTopic.set(topic, (this.#byTopic.get(topic) ?? 0) + records.length);
      },
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#underWay.add(append);
    void append.finally(() => this.#underWay.delete(append));
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
