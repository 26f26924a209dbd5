/**
 * Writes events at a fixed rate, whatever becomes of them: an open loop. Each event is due at a whole
 * millisecond, which is its record's timestamp even when it is written later; whoever measures from there
 * leaves nothing out that a slow engine, or a slow feeder, has kept waiting.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'hdr-histogram-js';
import type { FedRecord, Supply } from './supply.ts';
import { wallClock } from './wall-clock.ts';

/** How much, how long. */
export interface Pace {
  readonly ratePerSecond: number;
  readonly seconds: number;
}

/** What was written. */
export interface Paced {
  readonly events: number;
  /** When the first event was due, milliseconds since 1970. */
  readonly startMs: number;
  /** How long after it was due the feeder got to an event. */
  readonly lateP99Ms: number;
  readonly lateMaxMs: number;
}

/** Writes records, in the order of the calls. */
export type Write = (records: readonly FedRecord[]) => void | Promise<void>;

/** From the last preparation to the first event, so that the first ones are not late. */
const LEAD_MS = 20;

/** Events that are due before the end of the first `ms` milliseconds. Pure. */
export function dueBy(ms: number, ratePerSecond: number): number {
  return Math.floor((ms * ratePerSecond) / 1000 + 1e-9);
}

/** Writes at the pace; resolves when everything is written. Rejects with the first error of `write`. */
export async function keepPace(supply: Supply, pace: Pace, write: Write): Promise<Paced> {
  const { ratePerSecond, seconds } = pace;
  supply.prepare(dueBy(seconds * 1000, ratePerSecond));
  const late = build({ highestTrackableValue: 3_600_000, numberOfSignificantValueDigits: 3 });
  const clock = wallClock();
  const startMs = Math.ceil(clock()) + LEAD_MS;
  const writing = new Writing(write);
  for (let ms = 0; ms < seconds * 1000;) {
    await pause(1);
    const nowMs = clock();
    const records: FedRecord[] = [];
    for (; ms < seconds * 1000 && startMs + ms <= nowMs; ms += 1) {
      const count = dueBy(ms + 1, ratePerSecond) - dueBy(ms, ratePerSecond);
      records.push(...supply.take(count, startMs + ms));
      if (count > 0) late.recordValueWithCount(Math.round(nowMs - startMs - ms), count);
    }
    if (records.length > 0) writing.begin(records);
  }
  await writing.end();
  return {
    events: dueBy(seconds * 1000, ratePerSecond),
    startMs,
    lateP99Ms: late.getValueAtPercentile(99),
    lateMaxMs: late.maxValue,
  };
}

/** Writes under way, which are not waited for one by one. */
class Writing {
  readonly #write: Write;
  readonly #open: Promise<void>[] = [];
  #failure: { readonly error: unknown } | null = null;

  constructor(write: Write) {
    this.#write = write;
  }

  begin(records: readonly FedRecord[]): void {
    const written = this.#write(records);
    if (written === undefined) return;
    this.#open.push(
      written.catch((error: unknown) => {
        this.#failure ??= { error };
      }),
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.#open);
    if (this.#failure !== null) throw this.#failure.error;
  }
}
