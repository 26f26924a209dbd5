/**
 * One partition being read: what was fetched and not handed out, and how far both are.
 *
 * Batches stay packed until they are handed out, one is open at a time, and what an open one holds
 * unpacked is counted. What cannot be read ends the reading there; nothing is passed over.
 */
import type { Delivery, TopicPartition } from '../../model/delivery.ts';
import { describe, EngineError } from '../../model/errors.ts';
import type { RecordBatch, Unreadable } from './protocol/batch.ts';
import { splitBatches } from './protocol/batch.ts';
import type { Fetched } from './protocol/fetch.ts';
import { decodeRecords, unpacked } from './protocol/records.ts';
import type { FetchSettings } from './settings.ts';

/** The partition, from one assignment to its revoke. */
export class Reading implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Offset to fetch next. */
  #fetchFrom: number;
  /** End of what may be read, as far as is known. */
  #end: number;
  /** Fetched and still packed. */
  readonly #batches: RecordBatch[] = [];
  /** Deliveries of the batch that is open; those before `#taken` are handed out. */
  #ready: readonly Delivery[] = [];
  #taken = 0;
  #open: RecordBatch | null = null;
  #unpackedBytes = 0;
  #bufferedBytes = 0;
  /** Offsets below were handed out, or are not wanted. */
  #position: number;
  #broken: EngineError | null = null;
  #isTold = false;
  /** The brokers do not have {@link Reading.fetchFrom}. */
  isOutOfRange = false;
  /** Whether the last pull wanted nothing of it. */
  isPaused = false;
  /** Not fetched before, by the monotonic clock: its leader has to be found again. */
  retryAtMs = 0;
  /** Which answer, counted by the fetcher, last brought something. */
  servedAt = 0;
  /** When {@link Reading.backlog}'s end was last asked for, by the monotonic clock. */
  endAtMs: number = performance.now();

  constructor(place: TopicPartition, position: number, end: number) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.#fetchFrom = position;
    this.#position = position;
    this.#end = end;
  }

  get fetchFrom(): number {
    return this.#fetchFrom;
  }

  /** Bytes fetched and not handed out, and what the open batch holds unpacked beside them. */
  get bufferedBytes(): number {
    return this.#bufferedBytes + this.#unpackedBytes;
  }

  /** Bytes of the open batch, where it was compressed. */
  get unpackedBytes(): number {
    return this.#unpackedBytes;
  }

  /** Whether a batch has to be opened for what comes next. */
  get isPacked(): boolean {
    return this.#taken === this.#ready.length;
  }

  /** Whether it stands still: what comes next cannot be read, or is not there. */
  get isStuck(): boolean {
    return this.#broken !== null || this.isOutOfRange;
  }

  /** What cannot be read; given once. */
  takeFault(): EngineError | null {
    const fault = this.#isTold ? null : this.#broken;
    this.#isTold = fault !== null || this.#isTold;
    return fault;
  }

  /** Offsets from the next delivery to the end. */
  get backlog(): number {
    const next = this.isReady ? this.#position : this.#fetchFrom;
    return Math.max(0, this.#end - next);
  }

  /** Whether there is something to hand out. */
  get isReady(): boolean {
    return this.#taken < this.#ready.length || this.#batches.length > 0;
  }

  /** The end of what may be read was asked for. */
  learnEnd(end: number): void {
    this.#end = end;
    this.endAtMs = performance.now();
  }

  /** Adds what a fetch at {@link Reading.fetchFrom} has brought. */
  add(fetched: Fetched, { isolation, checkCrc }: Pick<FetchSettings, 'isolation' | 'checkCrc'>): void {
    this.learnEnd(isolation === 'read-committed' ? fetched.stableOffset : fetched.highWatermark);
    const { batches, next, unreadable } = splitBatches(fetched.records, fetched.aborted, {
      from: this.#fetchFrom,
      checkCrc,
    });
    for (const batch of batches) {
      this.#batches.push(batch);
      this.#bufferedBytes += batch.bytes.length;
    }
    this.#fetchFrom = next ?? this.#fetchFrom;
    if (unreadable !== null) this.#break(this.#fetchFrom, unreadable);
  }

  /** Moves up to `count` deliveries to `into`; returns their bytes. */
  take(into: Delivery[], count: number, bytesMax: number): number {
    const end = into.length + count;
    let bytes = 0;
    while (into.length < end && (bytes < bytesMax || into.length === 0)) {
      const delivery = this.#ready[this.#taken];
      if (delivery === undefined) {
        if (this.#openNext()) continue;
        break;
      }
      into.push(delivery);
      bytes += (delivery.key?.length ?? 0) + (delivery.value?.length ?? 0);
      this.#taken += 1;
      this.#position = delivery.offset + 1;
    }
    if (this.#taken === this.#ready.length) this.#closeOpen();
    return bytes;
  }

  /** Packs the open batch up again, for others to be unpacked; what was handed out of it is not again. */
  pack(): void {
    if (this.#open === null || this.#unpackedBytes === 0) return;
    this.#batches.unshift(this.#open);
    this.#bufferedBytes += this.#open.bytes.length;
    this.#closeOpen();
  }

  /** False when there is no further batch, or none that can be read. */
  #openNext(): boolean {
    this.#closeOpen();
    const batch = this.#batches.shift();
    if (batch === undefined) return false;
    this.#open = batch;
    try {
      const plain = unpacked(batch);
      this.#unpackedBytes = plain === batch ? 0 : plain.records.length;
      this.#ready = decodeRecords(plain, this, this.#position);
      return true;
    } catch (error) {
      this.#closeOpen();
      for (const { bytes } of this.#batches.splice(0)) this.#bufferedBytes -= bytes.length;
      const unreadable = { why: describe(error), behind: batch.lastOffset + 1 };
      this.#break(Math.max(batch.baseOffset, this.#position), unreadable, error);
      return false;
    }
  }

  #closeOpen(): void {
    this.#ready = [];
    this.#taken = 0;
    this.#bufferedBytes -= this.#open?.bytes.length ?? 0;
    this.#unpackedBytes = 0;
    this.#open = null;
  }

  #break(offset: number, { why, behind }: Unreadable, cause?: unknown): void {
    const { topic, partition } = this;
    const batch = `the batch at offset ${offset} of partition ${partition} of topic ${topic}`;
    const way = `faultline offsets reset --topic ${topic} --partition ${partition} --to`;
    const words =
      behind === null
        ? 'its header does not say for sure where it ends'
        : `\`${way} ${behind}\` passes over all of it`;
    this.#broken = new EngineError(
      cause instanceof EngineError ? cause.code : 'E_KAFKA_RECORDS',
      `${batch} cannot be read: ${why}; ${words}`,
      { cause, details: { topic, partition, offset, behind } },
    );
  }
}
