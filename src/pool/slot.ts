/**
 * One slot: a thread with an identity that outlives the thread, and the batches in its hands.
 *
 * When the thread hangs or dies, exactly one delivery is blamed: the one that the progress word
 * names. Everything else that was in hand comes back unprocessed. Detects and blames, decides
 * nothing; does not know what the thread is made of.
 */
import { assert } from '../model/assert.ts';
import type { Batch, DeliveryResult, Outcome } from '../model/batch.ts';
import { NO_TALLY, UNPROCESSED } from '../model/batch.ts';
import type { Fault } from '../model/errors.ts';
import { describe, EngineError } from '../model/errors.ts';
import type { TaskAnalysis } from '../model/task.ts';
import { packBatch } from '../wire/batch.ts';
import { unpackOutcome } from '../wire/outcome.ts';
import type { FreeBuffers } from './buffers.ts';
import { Stillness } from './stillness.ts';
import { BATCH_DELIVERIES_LIMIT, clearProgress, loadProgress, progressIn } from './worker/progress.ts';
import type { ThreadReply, ThreadRequest } from './worker/protocol.ts';

/** A batch in hand, and one waiting. */
export const BATCHES_MAX = 2;

/** Threads that die in a row before they begin a delivery. */
const IDLE_DEATHS_MAX = 3;

/** A thread that is replaced when it ends. */
export interface Thread {
  /** Rejects when the thread ends before it has answered; all requests of that thread do, in one turn. */
  post(request: ThreadRequest): Promise<ThreadReply>;
  /** Ends a thread that has begun to work; another takes its place. */
  end(): void;
  /** Ends it for good. */
  close(): Promise<void>;
}

/** Makes the slot's thread. `ended` is called at the end of each that takes its place, before its requests reject. */
export type CreateThread = (ended: () => void) => Thread;

/** What a slot is made of. */
export interface SlotOptions {
  readonly tasks: readonly TaskAnalysis[];
  /** For batches. */
  readonly buffers: FreeBuffers;
  /** For outcomes. */
  readonly outcomes: FreeBuffers;
  /** Shared with the thread. */
  readonly progress: Int32Array;
  readonly tickMs: number;
  /** How long a thread may take to start and load its analyzers, and to end. */
  readonly startMs: number;
}

interface InHand {
  readonly batch: Batch;
  /** The thread has it; else it waits for another thread. */
  posted: boolean;
  readonly reply: PromiseWithResolvers<Outcome>;
}

/** The delivery that is blamed for the end of a thread. */
interface Blame {
  readonly batch: Batch;
  readonly index: number;
  /** Where it took too long; else it is why the thread ended. */
  readonly fault?: Fault;
}

/** See above. */
export class Slot {
  readonly #thread: Thread;
  readonly #options: SlotOptions;
  readonly #stillness: Stillness;
  readonly #inHand = new Set<InHand>();
  /** What the present thread was seen to do: nothing, take a batch, answer one. */
  #life: 'new' | 'given' | 'proven' = 'new';
  #idleDeaths = 0;
  #blame: Blame | undefined;
  /** The thread was told to end, and has not yet; where it is for a new one, it did nothing wrong. */
  #ending: 'fault' | 'renewal' | undefined;
  /** Set while the first thread loads its analyzers. */
  #starting: PromiseWithResolvers<void> | undefined;
  /** Set: it takes nothing any more. */
  #failure: EngineError | undefined;

  constructor(createThread: CreateThread, options: SlotOptions) {
    this.#thread = createThread(() => this.#ended());
    this.#options = options;
    this.#stillness = new Stillness(options.tickMs);
  }

  /** It has no batch. */
  get idle(): boolean {
    return this.#inHand.size === 0;
  }

  /** Resolves when the thread has loaded its analyzers. Rejects with `E_ANALYZER_LOAD` or `E_POOL_FAILED`. */
  start(): Promise<void> {
    const starting = Promise.withResolvers<void>();
    this.#starting = starting;
    this.#thread.post(null).then(
      (reply) => {
        this.#starting = undefined;
        if (reply.type === 'failed') starting.reject(fromFault(reply.fault));
        else starting.resolve();
      },
      (error: unknown) => this.#fail(asPoolError(error)),
    );
    return starting.promise;
  }

  /** Runs a batch. Rejects only when the slot cannot work at all. */
  run(batch: Batch): Promise<Outcome> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    assert(this.#inHand.size < BATCHES_MAX, 'a slot has at most two batches');
    assert(batch.items.length < BATCH_DELIVERIES_LIMIT, 'a batch has fewer than 2^20 deliveries');
    if (this.#inHand.size === 0) this.#stillness.restart();
    const inHand: InHand = { batch, posted: false, reply: Promise.withResolvers() };
    this.#inHand.add(inHand);
    this.#postAll();
    return inHand.reply.promise;
  }

  /** The watchdog's tick. */
  tick(elapsedMs: number): void {
    if (this.#inHand.size === 0 && this.#starting === undefined) return;
    const word = loadProgress(this.#options.progress);
    const stillMs = this.#stillness.observe(word, elapsedMs);
    const suspect = this.#ending === undefined ? this.#named(word) : undefined;
    if (stillMs <= this.#patienceMs(suspect)) return;
    if (this.#ending !== undefined || (suspect === undefined && this.#life !== 'proven')) {
      const message = `a thread did not ${this.#ending === undefined ? 'start' : 'end'} within ${this.#options.startMs} ms`;
      this.#fail(new EngineError('E_POOL_FAILED', message));
      return;
    }
    this.#blame = suspect && { ...suspect, fault: timeoutOf(this.#taskOf(suspect)) };
    this.#end('fault');
  }

  /** Ends the thread; what is in hand comes back unprocessed. */
  async close(): Promise<void> {
    this.#failure ??= new EngineError('E_POOL_FAILED', 'the pool is closed');
    for (const inHand of this.#inHand)
      this.#release(inHand).reply.resolve(lostOutcome(inHand.batch, undefined, undefined));
    await this.#thread.close();
  }

  /** Posts what may begin. What runs alone waits for a thread that has run nothing else: then only it can be to blame. */
  #postAll(): void {
    if (this.#ending !== undefined) return;
    for (const inHand of this.#inHand) {
      if (inHand.posted) continue;
      if (this.#life !== 'new' && inHand.batch.items[0]?.alone === true) {
        if (isFirst(inHand, this.#inHand)) this.#renew();
        return;
      }
      this.#post(inHand);
    }
  }

  #post(inHand: InHand): void {
    if (this.#life === 'new') this.#life = 'given';
    inHand.posted = true;
    const packed = packBatch(inHand.batch, (bytes) => this.#options.buffers.take(bytes));
    this.#thread
      .post({ batch: packed, spare: this.#options.outcomes.spare() })
      .then(
        (reply) => this.#answered(inHand, reply),
        (error: unknown) => this.#lost(inHand, error),
      )
      .catch((error: unknown) => this.#fail(asPoolError(error)));
  }

  #renew(): void {
    this.#blame = undefined;
    this.#end('renewal');
  }

  #end(why: 'fault' | 'renewal'): void {
    this.#ending = why;
    this.#stillness.restart();
    this.#thread.end();
  }

  #answered(inHand: InHand, reply: ThreadReply): void {
    if (!this.#inHand.has(inHand)) return;
    this.#idleDeaths = 0;
    this.#life = 'proven';
    if (reply.type === 'outcome') {
      this.#options.buffers.give(reply.batch);
      const { outcome } = reply;
      const release = (): void => this.#options.outcomes.give(outcome);
      this.#release(inHand).reply.resolve({ ...unpackOutcome(outcome), release });
      this.#postAll();
      return;
    }
    assert(reply.type === 'failed', 'a batch is answered by an outcome or a fault');
    this.#fail(fromFault(reply.fault));
  }

  #lost(inHand: InHand, error: unknown): void {
    if (!this.#inHand.has(inHand)) return;
    if (this.#idleDeaths >= IDLE_DEATHS_MAX) this.#fail(asPoolError(error));
    else this.#release(inHand).reply.resolve(lostOutcome(inHand.batch, this.#blame, error));
  }

  /** A thread is gone: finds whom to blame, and makes ready for the next one. */
  #ended(): void {
    if (this.#ending === undefined) this.#blame = this.#named(loadProgress(this.#options.progress));
    if (this.#blame !== undefined) this.#idleDeaths = 0;
    else if (this.#inHand.size > 0 && this.#ending !== 'renewal') this.#idleDeaths += 1;
    this.#ending = undefined;
    this.#life = 'new';
    this.#stillness.restart();
    clearProgress(this.#options.progress);
    // Not at once: the next thread is made after this.
    queueMicrotask(() => this.#postAll());
  }

  /** The delivery in hand that the word names. */
  #named(word: number): Pick<Blame, 'batch' | 'index'> | undefined {
    for (const { batch } of this.#inHand) {
      const index = progressIn(word, batch.id);
      if (index !== undefined) return { batch, index };
    }
    return undefined;
  }

  /** How long the word may stand still. */
  #patienceMs(suspect: Pick<Blame, 'batch' | 'index'> | undefined): number {
    const [first] = this.#inHand;
    if (suspect !== undefined) return this.#taskOf(suspect).eventTimeoutMs;
    if (first === undefined || this.#ending !== undefined || this.#life !== 'proven')
      return this.#options.startMs;
    // It could begin, and does not: something that was left behind blocks it.
    return this.#taskOf({ batch: first.batch, index: 0 }).eventTimeoutMs;
  }

  #taskOf({ batch, index }: Pick<Blame, 'batch' | 'index'>): TaskAnalysis {
    const task = this.#options.tasks[batch.items[index]?.task ?? -1];
    assert(task !== undefined, 'the progress word names a delivery of a known task');
    return task;
  }

  /** The slot is given up: what is in hand is rejected, and so is all that follows. */
  #fail(error: EngineError): void {
    this.#failure ??= error;
    this.#starting?.reject(this.#failure);
    this.#starting = undefined;
    for (const inHand of this.#inHand) this.#release(inHand).reply.reject(error);
    // Its end is awaited by close(); here it only must not be left unhandled.
    this.#thread.close().catch(() => undefined);
  }

  #release(inHand: InHand): InHand {
    this.#inHand.delete(inHand);
    return inHand;
  }
}

function isFirst<T>(item: T, set: ReadonlySet<T>): boolean {
  const [first] = set;
  return first === item;
}

function timeoutOf({ eventTimeoutMs }: TaskAnalysis): Fault {
  const message = `not done after ${eventTimeoutMs} ms; its thread was ended`;
  return { code: 'E_EVENT_TIMEOUT', message, retriable: true };
}

/** What comes back of a batch whose thread is gone. */
function lostOutcome(batch: Batch, blame: Blame | undefined, error: unknown): Outcome {
  const message = `its thread ended: ${describe(error)}`;
  const fault = blame?.fault ?? { code: 'E_EVENT_WORKER_DIED', message, retriable: true };
  const guilty = blame?.batch === batch ? blame.index : -1;
  const results = batch.items.map((_, index): DeliveryResult =>
    guilty === index ? { status: 'suspect', fault } : UNPROCESSED,
  );
  return { results, elapsedMs: 0, cpuMs: 0, tally: NO_TALLY, logs: [] };
}

function fromFault({ code, message, details }: Fault): EngineError {
  return new EngineError(code, message, details && { details });
}

function asPoolError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  return new EngineError('E_POOL_FAILED', `a worker thread ended before it could work: ${describe(error)}`, {
    cause: error,
  });
}
