/**
 * Reads everything that a log holds, from outside the engine, and writes it down: what was fed, the
 * findings, the dead letters. It is a group of its own, so that retention keeps what it has not read.
 *
 * It notices by itself when the offsets of a partition have a gap: the log never makes one.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery, NotedPosition } from '../../src/model/delivery.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { LogSource } from '../../src/transport/log/source.ts';
import type { LogStore } from '../../src/transport/log/store.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { headerText } from '../../src/engine/headers.ts';
import { eventually } from '../helpers/eventually.ts';
import { idIn } from './fed.ts';
import type { LedgerOutput } from './ledger.ts';

/** Where the engine writes; everything else is fed. */
const OUTPUTS: ReadonlySet<string> = new Set(['faultline-findings', 'faultline-dead-letters']);

const PULL = { deliveriesMax: 5000, bytesMax: 8_000_000, waitMs: 50, paused: () => false };
const COMMIT_EVERY_MS = 250;
const AGAIN_MS = 100;
const CATCH_UP_MS = 120_000;

/** The auditor of one log. */
export class Auditor {
  /** What was fed, as the log has it. */
  readonly fed: LedgerOutput[] = [];
  /** What the engine has written. */
  readonly outputs: LedgerOutput[] = [];
  /** What no log may do. */
  readonly faults: string[] = [];
  /** The life of the engine that is noted with what is read from now on. */
  life = 0;
  readonly #log: LogStore;
  readonly #source: LogSource;
  readonly #file: string;
  readonly #next = new Map<string, NotedPosition>();
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;

  private constructor(log: LogStore, source: LogSource, file: string) {
    this.#log = log;
    this.#source = source;
    this.#file = file;
    this.#done = this.#run();
    this.#done.catch(() => undefined);
  }

  /** Opens the log in `dir`, which is made where there is none; `file` gets a line for each record. */
  static async open(dir: string, file: string): Promise<Auditor> {
    const log = await openLog({
      dir,
      durability: 'process',
      partitions: 4,
      recordBytesMax: 1 << 24,
      pollMs: 20,
    });
    const source = log.source({ group: 'auditor', subscribes: () => true, from: 'earliest' });
    await source.open({ assigned: () => undefined, revoked: async () => undefined });
    return new Auditor(log, source, file);
  }

  /** Resolves when everything that is in the log now has been read. */
  async caughtUp(): Promise<void> {
    const ends = this.#log
      .topics()
      .flatMap(({ name, partitions }) =>
        partitions.map(
          ({ partition, end, records }) => [`${name}/${partition}`, records === 0 ? 0 : end] as const,
        ),
      );
    const isBehind = ([place, end]: (typeof ends)[number]): boolean =>
      (this.#next.get(place)?.offset ?? 0) < end;
    await Promise.race([
      eventually('the auditor has read everything', () => !ends.some(isBehind), { withinMs: CATCH_UP_MS }),
      this.#done,
    ]);
  }

  /** What a group has not committed, over all that is fed. */
  lagOf(group: string): number {
    const positions = this.#log.groups().find(({ name }) => name === group)?.positions ?? [];
    return positions.reduce((sum, { lag }) => sum + lag, 0);
  }

  /** Ends it; rejects with what made it end before. */
  async close(): Promise<void> {
    this.#ending.abort();
    try {
      await this.#done;
    } finally {
      await this.#source.close();
      await this.#log.close();
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    let committedMs = 0;
    while (!signal.aborted) {
      try {
        const deliveries = await this.#source.pull({ ...PULL, signal });
        this.#note(deliveries);
        if (performance.now() - committedMs < COMMIT_EVERY_MS) continue;
        committedMs = performance.now();
        await this.#source.commit([...this.#next.values()]);
      } catch (error) {
        if (!(error instanceof EngineError) || !error.retriable) throw error;
        await pause(AGAIN_MS);
      }
    }
  }

  #note(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    const lines = deliveries.map((delivery) => {
      const { topic, partition, offset } = delivery;
      const place = `${topic}/${partition}`;
      const due = this.#next.get(place)?.offset ?? 0;
      if (offset !== due) this.faults.push(`${place} goes from offset ${due - 1} to ${offset}`);
      this.#next.set(place, { topic, partition, offset: offset + 1, metadata: '' });
      const output = this.#outputOf(delivery);
      (OUTPUTS.has(topic) ? this.outputs : this.fed).push(output);
      return `${place}/${offset} ${output.id} ${output.code ?? '-'} ${this.life}\n`;
    });
    appendFileSync(this.#file, lines.join(''));
  }

  #outputOf({ topic, headers, value }: Delivery): LedgerOutput {
    const code = headerText(headers, 'faultline-code');
    const id = headerText(headers, 'faultline-id') ?? idIn(value);
    return { id, to: topic, life: this.life, ...(code !== undefined && { code }) };
  }
}
