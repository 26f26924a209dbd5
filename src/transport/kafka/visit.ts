/**
 * A short stay with the brokers, for commands and start-up checks: everything within one time limit,
 * what passes by itself asked again until then, every failure coded and said in one sentence.
 *
 * Not for what runs on: there the source and the sink decide how long to try.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../model/errors.ts';
import { Brokers } from './brokers.ts';
import { createClient } from './client.ts';
import { kafkaFault, protocolError } from './faults.ts';
import { errorOfCode } from './internals.ts';
import type { KafkaSettings } from './settings.ts';

/** Moments in which something moves: a cluster that has just started, a coordinator that is elected, a commit under way. */
const PASSING = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'UNSTABLE_OFFSET_COMMIT',
]);
const AGAIN_MS = 200;
/** Of the time limit, for brokers that do not answer: each of the list gets its share of it. */
const CONNECT_SHARE = 0.8;
const CONNECT_MS_MIN = 500;

/** The stay. */
export class Visit {
  readonly brokers: Brokers;
  readonly #at: string;
  readonly #withinMs: number;
  readonly #endMs: number;

  /** Begins now; nothing connects yet. */
  constructor(settings: KafkaSettings, withinMs: number) {
    const share = Math.max(CONNECT_MS_MIN, (withinMs * CONNECT_SHARE) / settings.brokers.length);
    const connectTimeoutMs = Math.round(Math.min(settings.connectTimeoutMs, share));
    // A broker that takes the connection and says nothing leaves time for another.
    const requestTimeoutMs = Math.min(settings.requestTimeoutMs, withinMs / 2);
    this.#at = `at ${settings.brokers.join(', ')}`;
    this.#withinMs = withinMs;
    this.#endMs = performance.now() + withinMs;
    this.brokers = new Brokers(createClient({ ...settings, connectTimeoutMs, requestTimeoutMs }));
  }

  /**
   * Rejects with a coded error whose message begins with `doing`; with `E_KAFKA_UNREACHABLE` when the time
   * is over. `passes`: what else passes by itself, and is asked again until then.
   */
  async ask<T>(
    doing: string,
    ask: () => Promise<T>,
    passes: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    const asking = this.#untilAnswered(doing, ask, passes);
    const answered = new AbortController();
    const overdue = sleep(this.#leftMs(), null, { signal: answered.signal }).then(() => {
      const message = `${doing} ${this.#at}: no answer within ${this.#withinMs} ms`;
      throw new EngineError('E_KAFKA_UNREACHABLE', message);
    });
    try {
      return await Promise.race([asking, overdue]);
    } finally {
      asking.catch(() => undefined);
      overdue.catch(() => undefined);
      answered.abort();
    }
  }

  /** Ends all connections at once. */
  close(): void {
    this.brokers.close();
  }

  async #untilAnswered<T>(
    doing: string,
    ask: () => Promise<T>,
    passes: (error: unknown) => boolean,
  ): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const said = error instanceof EngineError ? error.cause : error;
        const isPassing = PASSING.has(protocolError(said)) || passes(error);
        if (!isPassing || this.#leftMs() <= AGAIN_MS) throw kafkaFault(error, `${doing} ${this.#at}`);
        await sleep(AGAIN_MS);
      }
    }
  }

  #leftMs(): number {
    return Math.max(0, this.#endMs - performance.now());
  }
}

/** Throws the error of a code of Kafka's protocol, nothing for 0. */
export function throwIfError(code: number): void {
  if (code !== 0) throw errorOfCode(code);
}
