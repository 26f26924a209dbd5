/** The calls of a producer that are under way, and their publications. */
import type { Publication } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import { judge } from './judge.ts';
import { recordBytesBound } from './record-batch.ts';

/** A publication on its way. */
export interface Entry {
  readonly publication: Publication;
  /** At most so many in a batch. */
  readonly bytes: number;
  readonly call: Call;
  /** Its place in the call. */
  readonly index: number;
}

/** One call: its results so far. */
export class Call {
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** In which it was made (`Leases.term`). */
  readonly term: number;
  readonly results: PublishResult[];
  /** What is not refused from the start. */
  readonly entries: readonly Entry[];
  readonly settled: Promise<readonly PublishResult[]>;
  #unsettled: number;
  readonly #resolve: (results: readonly PublishResult[]) => void;

  constructor(
    publications: readonly Publication[],
    options: { deadlineMs: number; term: number; recordBytesMax: number },
  ) {
    this.deadlineMs = options.deadlineMs;
    this.term = options.term;
    const entries: Entry[] = [];
    this.results = publications.map((publication, index) => {
      const refusal = judge(publication, options.recordBytesMax);
      if (refusal === null)
        entries.push({ publication, bytes: recordBytesBound(publication), call: this, index });
      return refusal;
    });
    this.entries = entries;
    this.#unsettled = this.entries.length;
    const { promise, resolve } = Promise.withResolvers<readonly PublishResult[]>();
    this.settled = promise;
    this.#resolve = resolve;
    if (this.isSettled) resolve(this.results);
  }

  get isSettled(): boolean {
    return this.#unsettled === 0;
  }

  /** Once for each entry. */
  settle(index: number, result: PublishResult): void {
    this.results[index] = result;
    this.#unsettled -= 1;
    if (this.isSettled) this.#resolve(this.results);
  }
}

/** None begins after the close, which waits for all of them. */
export class Calls {
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Makes the call; as it ends. Rejects with `E_SINK_CLOSED` after the close. */
  async make<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new EngineError('E_SINK_CLOSED');
    const made = call();
    this.#underWay.add(made);
    try {
      return await made;
    } finally {
      this.#underWay.delete(made);
    }
  }

  /** Resolves when all have ended, whatever became of them. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }
}
