/**
 * Appends: gathers what several callers publish, packs it into blocks, and writes them in
 * transactions of which a few may be under way at once.
 *
 * Promises: records take effect in the order of the calls or not at all (ports/sink.ts); offsets are
 * assigned inside the transaction, so several processes may append; the caller's thread never waits
 * for the disk. It does not retry: that is the engine's business.
 *
 * How order is kept when a transaction fails while the next one is already on its way: each
 * transaction writes the sequence number of its last block under its writer's id, and its callback
 * goes on only when it finds the number of the transaction before it there. The same number shows
 * whether everything acknowledged is still there: `E_LOG_LOST` when it is not.
 */
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import type { BlockRecord } from './block.ts';
import type { Environment } from './environment.ts';
import { writeFailure } from './failure.ts';
import { blockKey, decodeTail, encodeEntry, encodeTail, indexKey, tailKey } from './layout.ts';
import type { PackedBlock } from './pack.ts';
import { Buffers, Packer } from './pack.ts';
import type { Topic, Topics } from './topics.ts';
import { isTopicName } from './topics.ts';

/** A record and its topic. */
export interface AppendRecord extends BlockRecord {
  readonly topic: string;
}

/** When an append is acknowledged: `disk` survives power loss, `process` survives the death of the process. */
export type Durability = 'disk' | 'process';

/** How to append. */
export interface AppenderOptions {
  readonly durability: Durability;
  /** Key, value and headers of one record, bytes. */
  readonly recordBytesMax: number;
  /** Called when records have become visible. */
  readonly onAppended: () => void;
}

/** Transactions under way at once; LMDB holds a thread of libuv's four for each. */
const TRANSACTIONS_MAX = 3;

/** A transaction takes no further request when it holds so many bytes. */
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;

/** `process`: looks at what is committed in this many turns, then every {@link LOOK_MS}. */
const LOOKS_AT_ONCE = 4;
const LOOK_MS = 1;

/** One call of {@link Appender.append}. */
interface Request {
  readonly records: readonly AppendRecord[];
  /** `null`: to be written. */
  readonly results: readonly PublishResult[];
  /** The topics of its records. */
  readonly topics: ReadonlySet<string>;
  readonly bytes: number;
  readonly resolve: (results: readonly PublishResult[]) => void;
}

/** What one transaction of LMDB writes. */
interface Transaction {
  readonly requests: readonly Request[];
  readonly blocks: readonly PackedBlock[];
  readonly buffer: Buffer;
  readonly bytes: number;
  /** The number that must stand under the writer's id; `null` when nothing was under way before. */
  readonly after: number | null;
  /** Numbers of its blocks: `first` … `last`. */
  readonly first: number;
  readonly last: number;
  isApplied: boolean;
  /** Why it wrote nothing. */
  refusal: EngineError | null;
  isAcknowledged: boolean;
}

/** The writer of a process. */
export class Appender {
  readonly #environment: Environment;
  readonly #topics: Topics;
  readonly #options: AppenderOptions;
  readonly #buffers = new Buffers();
  readonly #queue: Request[] = [];
  /** In the order of their making. */
  readonly #underWay = new Set<Transaction>();
  #writer: number | null = null;
  #sequence = 0;
  /** The highest number that was acknowledged. */
  #acknowledged = 0;
  #transactions = 0;
  #pumpDue = false;
  #preparing = false;
  #isWatching = false;
  #failing: Promise<EngineError> | null = null;
  #onIdle: (() => void)[] = [];

  constructor(environment: Environment, topics: Topics, options: AppenderOptions) {
    this.#environment = environment;
    this.#topics = topics;
    this.#options = options;
  }

  /** Appends in order. `results[i]` belongs to `records[i]`; never rejects. */
  async append(records: readonly AppendRecord[]): Promise<readonly PublishResult[]> {
    const topics = new Set<string>();
    let bytes = 0;
    const results = records.map((record) => {
      const size = recordBytes(record);
      const refusal = this.#judge(record, size);
      if (refusal === null) {
        topics.add(record.topic);
        bytes += size;
      }
      return refusal;
    });
    if (topics.size === 0) return results;
    return new Promise((resolve) => {
      const request: Request = { records, results, topics, bytes, resolve };
      if (this.#failing !== null) {
        void this.#refuse([request], this.#failing);
        return;
      }
      this.#queue.push(request);
      this.#pumpSoon();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#queue.length > 0 || this.#underWay.size > 0 || this.#preparing || this.#failing !== null) {
      await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    }
  }

  /** Inside a transaction: `E_LOG_LOST` when something that was acknowledged is not in the log any more. */
  loss(): EngineError | null {
    if (this.#writer === null) return null;
    const found = this.#environment.tables.writers.get(this.#writer) ?? 0;
    if (found >= this.#acknowledged) return null;
    const details = { writer: this.#writer, acknowledged: this.#acknowledged, found };
    const message = `block ${details.acknowledged} of writer ${this.#writer} was acknowledged, the log in ${this.#environment.dir} ends at ${found}`;
    return new EngineError('E_LOG_LOST', message, { details });
  }

  /** What is wrong with a record, whatever the state of the disk. */
  #judge({ topic }: AppendRecord, bytes: number): PublishResult {
    if (!isTopicName(topic)) {
      return new EngineError('E_SINK_REJECTED', `${JSON.stringify(topic)} cannot be the name of a topic`);
    }
    const { recordBytesMax } = this.#options;
    if (bytes <= recordBytesMax) return null;
    const message = `a record of ${bytes} bytes for topic ${topic} is larger than ${recordBytesMax}`;
    return new EngineError('E_RECORD_TOO_LARGE', message, { details: { topic, bytes, recordBytesMax } });
  }

  /** One turn later, so that the calls of one turn share a transaction. */
  #pumpSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    setImmediate(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#underWay.size < TRANSACTIONS_MAX && !this.#preparing) {
      const unknown = this.#unknownTopics();
      if (unknown.length > 0 || this.#writer === null) {
        void this.#prepare(unknown);
        return;
      }
      this.#write(this.#writer, this.#gather());
    }
  }

  #unknownTopics(): readonly string[] {
    const wanted = new Set(this.#queue.flatMap(({ topics }) => [...topics]));
    return [...wanted].filter((topic) => this.#topics.find(topic) === null);
  }

  /** Makes new topics and, once, the writer's id. */
  async #prepare(topics: readonly string[]): Promise<void> {
    this.#preparing = true;
    try {
      if (topics.length > 0) await this.#topics.make(topics);
      this.#writer ??= await this.#register();
      this.#preparing = false;
      this.#pump();
    } catch (error) {
      this.#preparing = false;
      this.#fail(error);
    }
  }

  async #register(): Promise<number> {
    const { meta, writers } = this.#environment.tables;
    let writer = 0;
    await this.#environment.write(() => {
      this.#environment.inside(() => {
        writer = (meta.get('writers') ?? 0) + 1;
        void meta.put('writers', writer);
        void writers.put(writer, 0);
      });
    });
    return writer;
  }

  #gather(): readonly Request[] {
    let bytes = 0;
    let count = 0;
    for (const request of this.#queue) {
      if (count > 0 && bytes + request.bytes > TRANSACTION_BYTES_MAX) break;
      bytes += request.bytes;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #write(writer: number, requests: readonly Request[]): void {
    const transaction = this.#pack(requests);
    const { blocks, first } = transaction;
    this.#underWay.add(transaction);
    const { tables } = this.#environment;
    const written = this.#environment.write(() => {
      blocks.forEach(({ packed }, i) => void tables.blocks.put(blockKey(writer, first + i), packed));
      this.#environment.inside(() => this.#apply(writer, transaction));
    }, transaction.bytes);
    written.then(
      () => this.#settle(transaction, null),
      (error: unknown) => this.#settle(transaction, error),
    );
  }

  #pack(requests: readonly Request[]): Transaction {
    const packer = new Packer(this.#transactions++);
    for (const { records, results } of requests) {
      let topic: Topic | null = null;
      records.forEach((record, i) => {
        if (results[i] !== null) return;
        if (topic?.name !== record.topic) topic = this.#topics.require(record.topic);
        packer.add({ topic, record });
      });
    }
    const buffer = this.#buffers.take(packer.bytes);
    const blocks = packer.pack(buffer);
    const after = [...this.#underWay].at(-1)?.last ?? null;
    const first = this.#sequence + 1;
    this.#sequence += blocks.length;
    const state = { isApplied: false, refusal: null, isAcknowledged: false };
    return { requests, blocks, buffer, bytes: packer.bytes, after, first, last: this.#sequence, ...state };
  }

  /** Runs inside the transaction, after its blocks are put: gives them their offsets. */
  #apply(writer: number, transaction: Transaction): void {
    const { tables } = this.#environment;
    const { blocks, first, last } = transaction;
    transaction.refusal = this.loss() ?? this.#disorder(writer, transaction);
    if (transaction.refusal !== null) {
      blocks.forEach((_, i) => void tables.blocks.remove(blockKey(writer, first + i)));
      return;
    }
    blocks.forEach((block, i) => this.#index(block, writer, first + i));
    void tables.writers.put(writer, last);
    transaction.isApplied = true;
    if (this.#options.durability === 'process' && !this.#isWatching) {
      this.#isWatching = true;
      setImmediate(() => this.#watchCommits(writer, 0));
    }
  }

  /** Whether the transaction before this one has failed. */
  #disorder(writer: number, { after }: Transaction): EngineError | null {
    const found = this.#environment.tables.writers.get(writer) ?? 0;
    if (after === null || found === after) return null;
    return new EngineError(
      'E_LOG_IO',
      `block ${after} of writer ${writer} is missing: its transaction failed`,
    );
  }

  #index(block: PackedBlock, writer: number, sequence: number): void {
    const { tails, index } = this.#environment.tables;
    const { topic, partition, records, bytes, crc, lowestMs, highestMs } = block;
    const key = tailKey(topic.id, partition);
    const tail = decodeTail(tails.get(key));
    const entry = encodeEntry({ writer, sequence, records, bytes, crc, lowestMs, highestMs });
    void index.put(indexKey(topic.id, partition, tail.next), entry);
    const next = { next: tail.next + records, records: tail.records + records, bytes: tail.bytes + bytes };
    void tails.put(key, encodeTail(next));
  }

  /**
   * For `process`: acknowledges what can be read, since that is committed, while LMDB still waits
   * for the disk.
   */
  #watchCommits(writer: number, looks: number): void {
    this.#isWatching = this.#underWay.size > 0;
    if (!this.#isWatching) return;
    const { tables } = this.#environment;
    this.#environment.refresh();
    const committed = tables.writers.get(writer) ?? 0;
    let isWaited = false;
    for (const transaction of this.#underWay) {
      if (transaction.isApplied && transaction.last <= committed) this.#acknowledge(transaction);
      isWaited ||= !transaction.isAcknowledged;
    }
    this.#isWatching = isWaited;
    if (!isWaited) return;
    if (looks < LOOKS_AT_ONCE) setImmediate(() => this.#watchCommits(writer, looks + 1));
    else setTimeout(() => this.#watchCommits(writer, looks), LOOK_MS);
  }

  #acknowledge(transaction: Transaction): void {
    if (transaction.isAcknowledged) return;
    transaction.isAcknowledged = true;
    this.#acknowledged = transaction.last;
    for (const { results, resolve } of transaction.requests) resolve(results);
    this.#options.onAppended();
    if (this.#failing !== null) void this.#heal(this.#failing);
  }

  #settle(transaction: Transaction, error: unknown): void {
    this.#underWay.delete(transaction);
    this.#buffers.give(transaction.buffer);
    const failure = error ?? transaction.refusal;
    if (failure === null) this.#acknowledge(transaction);
    else this.#fail(failure, transaction.isAcknowledged ? [] : transaction.requests);
    if (this.#failing === null) this.#pump();
    else void this.#heal(this.#failing);
    this.#tellIdle();
  }

  /** Refuses `requests` and all that wait; what is under way refuses itself. */
  #fail(error: unknown, requests: readonly Request[] = []): void {
    this.#failing ??= writeFailure(error, this.#environment.dir);
    void this.#refuse([...requests, ...this.#queue.splice(0)], this.#failing);
    void this.#heal(this.#failing);
  }

  async #refuse(requests: readonly Request[], failing: Promise<EngineError>): Promise<void> {
    const error = await failing;
    for (const { results, resolve } of requests) resolve(results.map((result) => result ?? error));
  }

  /** Takes requests again when no call waits for its answer any more. */
  async #heal(failing: Promise<EngineError>): Promise<void> {
    await failing;
    const isWaited = [...this.#underWay].some(({ isAcknowledged }) => !isAcknowledged);
    if (isWaited || this.#failing !== failing) return;
    this.#failing = null;
    this.#tellIdle();
  }

  #tellIdle(): void {
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }
}

/** Bytes of key, value and headers; a name counts its characters. */
function recordBytes({ key, value, headers }: AppendRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of headers) bytes += name.length + header.length;
  return bytes;
}
