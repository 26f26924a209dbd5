/**
 * The writer: the id under which a process writes blocks, and the numbers that chain its transactions.
 *
 * How order is kept when a transaction fails while the next one is already on its way: each
 * transaction writes its last number under the writer's id, and the callback of the next one goes on
 * only when it finds the number of the transaction before it there. The same number shows whether
 * everything acknowledged is still there: `E_LOG_LOST` when it is not.
 */
import { assert } from '../../model/assert.ts';
import { EngineError } from '../../model/errors.ts';
import type { Environment } from './environment.ts';
import { blockKey, decodeTail, encodeEntry, encodeTail, indexKey, tailKey } from './layout.ts';
import type { PackedBlock } from './pack.ts';

/** The numbers of one transaction: those of its blocks, in order; it has one also when it has no block. */
export interface Numbers {
  readonly first: number;
  readonly last: number;
  /** The number that must stand under the writer's id; `null` when nothing was under way before. */
  readonly after: number | null;
}

/** The writer of an open log. */
export class Writer {
  readonly #environment: Environment;
  #id: number | null = null;
  #given = 0;
  /** The highest number that was acknowledged. */
  #acknowledged = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Whether it has its id, without which it cannot write. */
  get isRegistered(): boolean {
    return this.#id !== null;
  }

  /** Gets the id. Rejects as {@link Environment.write} does. */
  async register(): Promise<void> {
    const { meta, writers } = this.#environment.tables;
    let id = 0;
    await this.#environment.write(() => {
      this.#environment.inside(() => {
        id = (meta.get('writers') ?? 0) + 1;
        void meta.put('writers', id);
        void writers.put(id, 0);
      });
    });
    this.#id = id;
  }

  /** Numbers for a transaction of so many blocks that takes effect only behind the one numbered `after`. */
  number(blocks: number, after: number | null): Numbers {
    const first = this.#given + 1;
    this.#given += Math.max(blocks, 1);
    return { first, last: this.#given, after };
  }

  /** All up to this number is promised to be in the log. */
  acknowledge({ last }: Numbers): void {
    this.#acknowledged = last;
  }

  /** The number of its last transaction that is committed, be it on the disk or not. */
  committed(): number {
    this.#environment.refresh();
    return this.#found();
  }

  /** Instructions: puts the blocks, which nobody can find yet. */
  put(blocks: readonly PackedBlock[], { first }: Numbers): void {
    const { tables } = this.#environment;
    blocks.forEach(({ packed }, i) => void tables.blocks.put(blockKey(this.#own(), first + i), packed));
  }

  /** Inside the transaction: `E_LOG_LOST` when something that was acknowledged is not in the log any more. */
  loss(): EngineError | null {
    if (this.#id === null) return null;
    const found = this.#found();
    if (found >= this.#acknowledged) return null;
    const details = { writer: this.#id, acknowledged: this.#acknowledged, found };
    const message = `block ${details.acknowledged} of writer ${this.#id} was acknowledged, the log in ${this.#environment.dir} ends at ${found}`;
    return new EngineError('E_LOG_LOST', message, { details });
  }

  /** Inside the transaction: `E_LOG_IO` when the transaction before this one has failed. */
  disorder({ after }: Numbers): EngineError | null {
    if (after === null || this.#found() === after) return null;
    const message = `block ${after} of writer ${this.#own()} is missing: its transaction failed`;
    return new EngineError('E_LOG_IO', message);
  }

  /** Inside the transaction: takes back what {@link Writer.put} has put. */
  takeBack(blocks: readonly PackedBlock[], { first }: Numbers): void {
    const { tables } = this.#environment;
    blocks.forEach((_, i) => void tables.blocks.remove(blockKey(this.#own(), first + i)));
  }

  /** Inside the transaction: gives the blocks their offsets. */
  index(blocks: readonly PackedBlock[], { first }: Numbers): void {
    blocks.forEach((block, i) => this.#index(block, first + i));
  }

  /** Inside the transaction: lets the next one go on. */
  advance({ last }: Numbers): void {
    void this.#environment.tables.writers.put(this.#own(), last);
  }

  #index(block: PackedBlock, sequence: number): void {
    const { tails, index } = this.#environment.tables;
    const { topic, partition, records, bytes, crc, lowestMs, highestMs } = block;
    const key = tailKey(topic.id, partition);
    const tail = decodeTail(tails.get(key));
    const entry = encodeEntry({ writer: this.#own(), sequence, records, bytes, crc, lowestMs, highestMs });
    void index.put(indexKey(topic.id, partition, tail.next), entry);
    const next = { next: tail.next + records, records: tail.records + records, bytes: tail.bytes + bytes };
    void tails.put(key, encodeTail(next));
  }

  #found(): number {
    return this.#environment.tables.writers.get(this.#own()) ?? 0;
  }

  #own(): number {
    assert(this.#id !== null, 'a writer that writes is registered');
    return this.#id;
  }
}
