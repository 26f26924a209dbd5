/**
 * Appends: gathers what several callers publish, packs it into blocks, and writes them in
 * transactions of which a few may be under way at once; with positions of a group, if asked, in the
 * same one.
 *
 * Promises: records take effect in the order of the calls or not at all (ports/sink.ts; how: writer.ts);
 * offsets are assigned inside the transaction, so several processes may append; the caller's thread
 * never waits for the disk. It does not retry: that is the engine's business.
 */
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import type { Environment } from './environment.ts';
import { writeFailure } from './failure.ts';
import type { GroupPositions } from './groups.ts';
import { groupLoss, putPositions } from './groups.ts';
import type { AppendRecord } from './judge.ts';
import { judge } from './judge.ts';
import type { PackedBlock } from './pack.ts';
import { Buffers, Packer } from './pack.ts';
import type { Topic, Topics } from './topics.ts';
import type { Numbers } from './writer.ts';
import { Writer } from './writer.ts';

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

/** What one call asks for. */
interface Request {
  readonly records: readonly AppendRecord[];
  /** The topics of its records. */
  readonly topics: ReadonlySet<string>;
  readonly bytes: number;
  /** To be stored with the records, in a transaction of its own. */
  readonly commit: GroupPositions | null;
  /** `null`: all of it is written. */
  readonly settle: (error: EngineError | null) => void;
}

/** What one transaction of LMDB writes. */
interface Transaction {
  readonly requests: readonly Request[];
  readonly commit: GroupPositions | null;
  readonly blocks: readonly PackedBlock[];
  readonly numbers: Numbers;
  readonly buffer: Buffer;
  readonly bytes: number;
  /** It has run, which is not to say that it will be committed. */
  isApplied: boolean;
  /** Why it wrote nothing and those behind it must not. */
  refusal: EngineError | null;
  /** Why it wrote nothing, though those behind it may. */
  groupLoss: EngineError | null;
  isAcknowledged: boolean;
}

/** Writes for an open log. */
export class Appender {
  readonly #environment: Environment;
  readonly #topics: Topics;
  readonly #options: AppenderOptions;
  readonly #writer: Writer;
  readonly #buffers = new Buffers();
  readonly #queue: Request[] = [];
  /** In the order of their making. */
  readonly #underWay = new Set<Transaction>();
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
    this.#writer = new Writer(environment);
  }

  /** Appends in order. `results[i]` belongs to `records[i]`; never rejects. */
  async append(records: readonly AppendRecord[]): Promise<readonly PublishResult[]> {
    const { results, ...judged } = judge(records, this.#options.recordBytesMax);
    if (judged.records.length === 0) return results;
    return new Promise((resolve) => {
      const settle = (error: EngineError | null): void =>
        resolve(error === null ? results : results.map((result) => result ?? error));
      this.#request({ ...judged, commit: null, settle });
    });
  }

  /**
   * Appends all of the records and stores the positions, or does nothing; as ports/transactions.ts
   * promises. Rejects with `E_GROUP_LOST` when this process does not read for the group.
   */
  async transact(
    records: readonly AppendRecord[],
    commit: GroupPositions,
  ): Promise<readonly PublishResult[]> {
    const { results, ...judged } = judge(records, this.#options.recordBytesMax);
    if (judged.records.length < records.length) {
      const aborted = new EngineError('E_TRANSACTION_ABORTED');
      return results.map((result) => result ?? aborted);
    }
    return new Promise((resolve, reject) => {
      const settle = (error: EngineError | null): void => (error === null ? resolve(results) : reject(error));
      this.#request({ ...judged, commit, settle });
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
    return this.#writer.loss();
  }

  #request(request: Request): void {
    if (this.#failing !== null) {
      void this.#refuse([request], this.#failing);
      return;
    }
    this.#queue.push(request);
    this.#pumpSoon();
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
      if (unknown.length > 0 || !this.#writer.isRegistered) {
        void this.#prepare(unknown);
        return;
      }
      this.#write(this.#gather());
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
      if (!this.#writer.isRegistered) await this.#writer.register();
      this.#preparing = false;
      this.#pump();
    } catch (error) {
      this.#preparing = false;
      this.#fail(error);
    }
  }

  /** What goes into the next transaction, in the order of the calls. */
  #gather(): readonly Request[] {
    let bytes = 0;
    let count = 0;
    for (const request of this.#queue) {
      const fits = request.commit === null && bytes + request.bytes <= TRANSACTION_BYTES_MAX;
      if (count > 0 && !fits) break;
      bytes += request.bytes;
      count += 1;
      if (request.commit !== null) break;
    }
    return this.#queue.splice(0, count);
  }

  #write(requests: readonly Request[]): void {
    const transaction = this.#pack(requests);
    const { blocks, numbers, bytes } = transaction;
    this.#underWay.add(transaction);
    const written = this.#environment.write(() => {
      this.#writer.put(blocks, numbers);
      this.#environment.inside(() => this.#apply(transaction));
    }, bytes);
    written.then(
      () => this.#settle(transaction, null),
      (error: unknown) => this.#settle(transaction, error),
    );
  }

  #pack(requests: readonly Request[]): Transaction {
    const packer = new Packer(this.#transactions++);
    let topic: Topic | null = null;
    for (const { records } of requests) {
      for (const record of records) {
        if (topic?.name !== record.topic) topic = this.#topics.require(record.topic);
        packer.add({ topic, record });
      }
    }
    const { bytes } = packer;
    const buffer = this.#buffers.take(bytes);
    const blocks = packer.pack(buffer);
    const after = [...this.#underWay].at(-1)?.numbers.last ?? null;
    const numbers = this.#writer.number(blocks.length, after);
    const commit = requests[0]?.commit ?? null;
    const state = { isApplied: false, refusal: null, groupLoss: null, isAcknowledged: false };
    return { requests, commit, blocks, numbers, buffer, bytes, ...state };
  }

  /** Runs inside the transaction, after its blocks are put. */
  #apply(transaction: Transaction): void {
    const { commit, blocks, numbers } = transaction;
    transaction.refusal = this.#writer.loss() ?? this.#writer.disorder(numbers);
    if (transaction.refusal !== null) {
      this.#writer.takeBack(blocks, numbers);
      return;
    }
    transaction.groupLoss = commit === null ? null : groupLoss(this.#environment, commit.group);
    if (transaction.groupLoss === null) {
      this.#writer.index(blocks, numbers);
      if (commit !== null) putPositions(this.#environment, commit);
    } else {
      this.#writer.takeBack(blocks, numbers);
    }
    this.#writer.advance(numbers);
    transaction.isApplied = true;
    if (this.#options.durability === 'process' && !this.#isWatching) {
      this.#isWatching = true;
      setImmediate(() => this.#watchCommits(0));
    }
  }

  /**
   * For `process`: acknowledges what can be read, since that is committed, while LMDB still waits
   * for the disk.
   */
  #watchCommits(looks: number): void {
    this.#isWatching = this.#underWay.size > 0;
    // Nothing is under way any more, and perhaps the log is closed.
    if (!this.#isWatching) return;
    const committed = this.#writer.committed();
    let isWaited = false;
    for (const transaction of this.#underWay) {
      if (transaction.isApplied && transaction.numbers.last <= committed) this.#acknowledge(transaction);
      isWaited ||= !transaction.isAcknowledged;
    }
    this.#isWatching = isWaited;
    if (!isWaited) return;
    if (looks < LOOKS_AT_ONCE) setImmediate(() => this.#watchCommits(looks + 1));
    else setTimeout(() => this.#watchCommits(looks), LOOK_MS);
  }

  #acknowledge(transaction: Transaction): void {
    if (transaction.isAcknowledged) return;
    transaction.isAcknowledged = true;
    this.#writer.acknowledge(transaction.numbers);
    for (const { settle } of transaction.requests) settle(transaction.groupLoss);
    this.#options.onAppended();
    if (this.#failing !== null) void this.#heal(this.#failing);
  }

  #settle(transaction: Transaction, error: unknown): void {
    this.#underWay.delete(transaction);
    this.#buffers.give(transaction.buffer);
    const failure = error ?? transaction.refusal;
    if (failure === null) this.#acknowledge(transaction);
    else this.#fail(failure, transaction);
    if (this.#failing === null) this.#pump();
    else void this.#heal(this.#failing);
    this.#tellIdle();
  }

  /** Refuses what the transaction was to write, and all that waits; what is under way refuses itself. */
  #fail(error: unknown, transaction: Transaction | null = null): void {
    this.#failing ??= writeFailure(error, this.#environment.dir);
    if (transaction?.isAcknowledged === false) {
      const isDoubtful = transaction.commit !== null && this.#canBeRead(transaction);
      void this.#refuse(transaction.requests, isDoubtful ? doubt(this.#failing) : this.#failing);
    }
    void this.#refuse(this.#queue.splice(0), this.#failing);
    void this.#heal(this.#failing);
  }

  /** After a failure: whether it was the flush that failed, behind the commit. */
  #canBeRead({ isApplied, numbers }: Transaction): boolean {
    return isApplied && numbers.last <= this.#writer.committed();
  }

  async #refuse(requests: readonly Request[], failing: Promise<EngineError>): Promise<void> {
    const error = await failing;
    for (const { settle } of requests) settle(error);
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

/** Whoever writes the same again may write it twice; so nobody may. */
async function doubt(failing: Promise<EngineError>): Promise<EngineError> {
  const cause = await failing;
  const message = `a transaction can be read but may not be on the disk: ${cause.message}`;
  return new EngineError('E_TRANSACTION_UNKNOWN', message, { cause });
}
