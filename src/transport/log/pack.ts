/**
 * Packs records into blocks, one run per partition. No I/O.
 *
 * Blocks of one transaction share a buffer that is used again afterwards: fresh memory of this size
 * costs more in page faults than the copying.
 */
import { assert } from '../../model/assert.ts';
import { partitionOf } from '../../wire/partitioner.ts';
import type { BlockRecord, BlockSummary } from './block.ts';
import { BLOCK_HEADER_BYTES, encodeBlock, packedBytes } from './block.ts';
import type { Topic } from './topics.ts';

/** A record and where it goes. */
export interface Addressed {
  readonly topic: Topic;
  readonly record: BlockRecord;
}

/** A packed block that has no offset yet. */
export interface PackedBlock extends BlockSummary {
  readonly topic: Topic;
  readonly partition: number;
  /** A view of the shared buffer. */
  readonly packed: Buffer;
}

/** A block is closed when it has reached this size. */
export const BLOCK_BYTES_MAX: number = 256 * 1024;

/** A shared buffer that is larger than this is not kept. */
const BUFFER_KEPT_BYTES_MAX = 8 * 1024 * 1024;

/** The buffers of transactions, taken and given back. */
export class Buffers {
  readonly #free: Buffer[] = [];

  /** A buffer of at least so many bytes. */
  take(bytes: number): Buffer {
    const free = this.#free.pop();
    if (free !== undefined && free.length >= bytes) return free;
    return Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(2 * bytes, BUFFER_KEPT_BYTES_MAX)));
  }

  /** Takes one back. */
  give(buffer: Buffer): void {
    if (buffer.length <= BUFFER_KEPT_BYTES_MAX) this.#free.push(buffer);
  }
}

/** A run of records of one partition that fits into one block. */
interface Run {
  readonly topic: Topic;
  readonly partition: number;
  readonly records: BlockRecord[];
  bytes: number;
}

/** Blocks in the making: those of one partition stay in the order of their records. */
export class Packer {
  readonly #open = new Map<number, (Run | undefined)[]>();
  readonly #runs: Run[] = [];
  readonly #spread: number;
  #bytes = 0;

  /** `spread`: records without a key go to partition `spread` mod the topic's partitions. */
  constructor(spread: number) {
    this.#spread = spread;
  }

  /** Bytes that {@link Packer.pack} needs. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a record behind those of its partition. */
  add({ topic, record }: Addressed): void {
    const bytes = packedBytes(record);
    const run = this.#run(topic, this.#partition(topic, record.key), bytes);
    run.records.push(record);
    run.bytes += bytes;
    this.#bytes += bytes;
  }

  /** Packs all of them into `buffer`. */
  pack(buffer: Buffer): readonly PackedBlock[] {
    assert(buffer.length >= this.#bytes, 'the buffer holds all blocks');
    let at = 0;
    return this.#runs.map(({ topic, partition, records, bytes }) => {
      const packed = buffer.subarray(at, at + bytes);
      at += bytes;
      return { topic, partition, packed, ...encodeBlock(records, packed) };
    });
  }

  #partition(topic: Topic, key: Uint8Array | null): number {
    return key === null ? this.#spread % topic.partitions : partitionOf(key, topic.partitions);
  }

  #run(topic: Topic, partition: number, bytes: number): Run {
    const open = this.#open.get(topic.id) ?? [];
    this.#open.set(topic.id, open);
    const current = open[partition];
    if (current !== undefined && current.bytes + bytes <= BLOCK_BYTES_MAX) return current;
    const run: Run = { topic, partition, records: [], bytes: BLOCK_HEADER_BYTES };
    this.#bytes += BLOCK_HEADER_BYTES;
    this.#runs.push(run);
    open[partition] = run;
    return run;
  }
}
