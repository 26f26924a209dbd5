/**
 * Reads one partition: finds the block of an offset, knows which blocks come next, holds those that
 * are read ahead, hands out their deliveries.
 *
 * It never waits; the reader above it brings the blocks in.
 */
import { assert } from '../../model/assert.ts';
import type { Delivery, TopicPartition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import { corrupt, decodeBlock } from './block.ts';
import type { Tables } from './environment.ts';
import type { IndexEntry, Tail } from './layout.ts';
import {
  baseOfIndexKey,
  blockKey,
  decodeEntry,
  decodeTail,
  indexKey,
  isIndexKeyOf,
  tailKey,
} from './layout.ts';
import type { Topic } from './topics.ts';

/** A block that the index names. */
export interface Located extends IndexEntry {
  /** Offset of its first record. */
  readonly base: number;
}

/** Where reading begins when nothing is committed: a time is milliseconds since 1970. */
export type From = 'earliest' | 'latest' | number;

/** A partition's end. */
export function tailOf(tables: Tables, topic: Topic, partition: number): Tail {
  return decodeTail(tables.tails.get(tailKey(topic.id, partition)));
}

/** Offset of the oldest record that is still there; the end when there is none. */
export function startOf(tables: Tables, topic: Topic, partition: number): number {
  for (const { base } of blocksFrom(tables, topic, partition, 0)) return base;
  return tailOf(tables, topic, partition).next;
}

/**
 * Reads a block that the index has named, perhaps some time ago; `null` when it has been removed with
 * its entry since. Throws `E_LOG_CORRUPT`.
 */
export function readBlock(
  tables: Tables,
  topic: Topic,
  partition: number,
  located: Located,
): Delivery[] | null {
  const place = { topic: topic.name, partition, base: located.base };
  const bytes = tables.blocks.getBinary(blockKey(located.writer, located.sequence));
  if (bytes === undefined) {
    // The same turn, so the same state of the log: an entry without its block is damage.
    if (tables.index.getBinary(indexKey(topic.id, partition, located.base)) === undefined) return null;
    throw corrupt(place, 'it is missing');
  }
  const deliveries = decodeBlock(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), place);
  if (bytes.readUInt32LE(4) !== located.crc) throw corrupt(place, 'it is not the one that the index means');
  return deliveries;
}

/** The blocks that hold offsets of `offset` and above, in order. */
export function* blocksFrom(
  tables: Tables,
  topic: Topic,
  partition: number,
  offset: number,
): Generator<Located> {
  const { index } = tables;
  for (const { key, value } of index.getRange({
    start: indexKey(topic.id, partition, offset),
    reverse: true,
    limit: 1,
  })) {
    const base = baseOfIndexKey(key);
    const entry = decodeEntry(value);
    if (isIndexKeyOf(key, topic.id, partition) && base < offset && base + entry.records > offset)
      yield { ...entry, base };
  }
  const range = { start: indexKey(topic.id, partition, offset), end: indexKey(topic.id, partition + 1, 0) };
  for (const { key, value } of index.getRange(range))
    yield { ...decodeEntry(value), base: baseOfIndexKey(key) };
}

/** A partition being read. */
export class Cursor implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly #tables: Tables;
  readonly #stored: Topic;
  /** Deliveries read ahead; those before `#taken` are handed out. */
  #ahead: Delivery[] = [];
  #taken = 0;
  #aheadBytes = 0;
  #position: number;
  #nextToLoad: number;
  #broken: EngineError | null = null;

  constructor(tables: Tables, topic: Topic, partition: number, position: number) {
    this.#tables = tables;
    this.#stored = topic;
    this.topic = topic.name;
    this.partition = partition;
    this.#position = position;
    this.#nextToLoad = position;
  }

  /** Deliveries beyond what was handed out, as far as they are still there. */
  get backlog(): number {
    const { next } = tailOf(this.#tables, this.#stored, this.partition);
    if (this.#position >= next) return 0;
    return next - Math.max(this.#position, startOf(this.#tables, this.#stored, this.partition));
  }

  /** Whether there is something to hand out, be it an error. */
  get isReady(): boolean {
    return this.#taken < this.#ahead.length || this.#broken !== null;
  }

  /** Whether a damaged block is what comes next. */
  get isBroken(): boolean {
    return this.#broken !== null && this.#taken === this.#ahead.length;
  }

  /** Blocks to bring in, up to so many bytes read ahead; at least one when none is there. */
  wanted(bytesAhead: number): readonly Located[] {
    if (this.#broken !== null || this.#aheadBytes >= bytesAhead) return [];
    const wanted: Located[] = [];
    let bytes = this.#aheadBytes;
    for (const located of blocksFrom(this.#tables, this.#stored, this.partition, this.#nextToLoad)) {
      wanted.push(located);
      bytes += located.bytes;
      if (bytes >= bytesAhead) break;
    }
    return wanted;
  }

  /**
   * Brings in one of the wanted blocks, in order; one that was removed meanwhile is passed over. A
   * damaged one ends the reading when it is reached.
   */
  load(located: Located): void {
    if (this.#broken !== null) return;
    try {
      const deliveries = readBlock(this.#tables, this.#stored, this.partition, located);
      if (deliveries === null) return;
      const from = Math.max(0, this.#nextToLoad - located.base);
      this.#ahead = [...this.#ahead.slice(this.#taken), ...deliveries.slice(from)];
      this.#taken = 0;
      this.#aheadBytes += located.bytes;
      this.#nextToLoad = located.base + located.records;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#broken = error;
    }
  }

  /** Moves up to `count` deliveries to `into`; returns their bytes. Throws `E_LOG_CORRUPT` where the block is damaged. */
  take(into: Delivery[], count: number, bytesMax: number): number {
    if (this.#broken !== null && this.isBroken) throw this.#broken;
    const end = Math.min(this.#taken + count, this.#ahead.length);
    let bytes = 0;
    while (this.#taken < end && (bytes < bytesMax || into.length === 0)) {
      const delivery = this.#ahead[this.#taken];
      assert(delivery !== undefined, 'a place below the length holds a delivery');
      into.push(delivery);
      bytes += (delivery.key?.length ?? 0) + (delivery.value?.length ?? 0);
      this.#taken += 1;
      this.#position = delivery.offset + 1;
    }
    this.#aheadBytes = Math.max(0, this.#aheadBytes - bytes);
    if (this.#taken === this.#ahead.length) this.#empty();
    return bytes;
  }

  #empty(): void {
    this.#ahead = [];
    this.#taken = 0;
    this.#aheadBytes = 0;
  }
}
