/**
 * What waits to be written to one partition, and the one batch of it that is on its way.
 *
 * A batch gets its producer session and sequence numbers when it is made and is the same bytes from
 * then on; the next one is made when its outcome is known. So what one partition is sent is in order
 * however often it is sent.
 */
import type { TopicPartition } from '../../model/delivery.ts';
import type { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import type { Entry } from './calls.ts';
import type { Compression } from './codecs.ts';
import type { ProducerSession } from './protocol/init-producer-id.ts';
import { encodeBatch } from './record-batch.ts';

/** One batch. */
export interface OutputBatch {
  readonly entries: readonly Entry[];
  readonly session: ProducerSession;
  readonly baseSequence: number;
  /** Set when it is encoded. */
  bytes: Buffer | null;
  isInFlight: boolean;
  /** It was sent, and what became of it is not known. */
  isDoubtful: boolean;
}

/** Sequence numbers begin again after 2^31 - 1. */
const SEQUENCES = 2 ** 31;

/** A partition that is written to. */
export class OutputPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  #waiting: Entry[] = [];
  #batch: OutputBatch | null = null;
  /** How many entries the next batches take, the last first, while a refused one is searched for. */
  #divisions: number[] = [];
  #batchBytesMax: number;
  #session: ProducerSession | null = null;
  #sequence = 0;

  /** `batchBytesMax`: one entry may exceed it. */
  constructor({ topic, partition }: TopicPartition, batchBytesMax: number) {
    this.topic = topic;
    this.partition = partition;
    this.#batchBytesMax = batchBytesMax;
  }

  get batch(): OutputBatch | null {
    return this.#batch;
  }

  get isIdle(): boolean {
    return this.#batch === null && this.#waiting.length === 0;
  }

  add(entry: Entry): void {
    this.#waiting.push(entry);
  }

  /** The batch to send: the one whose outcome is open, else a new one, encoded by then; at least one entry waits. */
  async prepare(
    session: ProducerSession,
    isTransactional: boolean,
    compression: Compression,
  ): Promise<OutputBatch> {
    const batch = this.#batch ?? this.take(session);
    batch.bytes ??= await encodeBatch(
      batch.entries.map(({ publication }) => publication),
      { session: batch.session, baseSequence: batch.baseSequence, isTransactional, compression },
    );
    return batch;
  }

  /** The batch is written. */
  written(): void {
    this.#sequence = (this.#sequence + (this.#batch?.entries.length ?? 0)) % SEQUENCES;
    this.#settleBatch(null);
  }

  /** The only entry of the batch is refused for good. */
  refused(error: EngineError): void {
    this.#settleBatch(error);
  }

  /** The batch was not written, for the sake of one of its entries: halves of it are next. */
  divide(isTooLarge: boolean): void {
    const entries = this.#batch?.entries ?? [];
    const count = entries.length;
    const bytes = this.#batch?.bytes?.length ?? entries.reduce((sum, entry) => sum + entry.bytes, 0);
    if (isTooLarge) this.#batchBytesMax = Math.min(this.#batchBytesMax, Math.ceil(bytes / 2));
    this.#divisions.push(Math.floor(count / 2), Math.ceil(count / 2));
    this.putBack();
  }

  /** The batch was not written and is made anew, by another session perhaps. */
  putBack(): void {
    this.#waiting = [...(this.#batch?.entries ?? []), ...this.#waiting];
    this.#batch = null;
  }

  /** Fails the batch, whatever becomes of it. */
  failBatch(error: EngineError): void {
    this.#settleBatch(error);
  }

  /** Fails what is in no batch. */
  failWaiting(error: EngineError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#divisions = [];
    settle(waiting, error);
  }

  /** A new batch, of the entries that wait: at least one does, and no batch is open. Another session begins at 0. */
  take(session: ProducerSession): OutputBatch {
    if (session !== this.#session) {
      this.#session = session;
      this.#sequence = 0;
    }
    const entries = this.#waiting.splice(0, this.#divisions.pop() ?? this.#countThatFits());
    const made = { bytes: null, isInFlight: false, isDoubtful: false };
    this.#batch = { entries, session, baseSequence: this.#sequence, ...made };
    return this.#batch;
  }

  #countThatFits(): number {
    let bytes = 0;
    const end = this.#waiting.findIndex((entry) => (bytes += entry.bytes) > this.#batchBytesMax);
    return end < 0 ? this.#waiting.length : Math.max(1, end);
  }

  #settleBatch(result: PublishResult): void {
    const entries = this.#batch?.entries ?? [];
    this.#batch = null;
    settle(entries, result);
  }
}

function settle(entries: readonly Entry[], result: PublishResult): void {
  for (const { call, index } of entries) call.settle(index, result);
}
