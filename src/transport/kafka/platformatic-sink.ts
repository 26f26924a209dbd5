/**
 * Kafka as a sink by `@platformatic/kafka`'s producer, chosen by `kafka.produce.client`.
 *
 * Promise: as the port's. One batch of a partition is on its way at a time; after a failure nothing that
 * was not sent is sent, and no call is taken before all batches have ended, those too whose callers were
 * told that their time is over. The library cannot shut out a batch that may still arrive (no epoch of
 * ours): what may still be written is tried until its outcome is known, and if the library itself gives
 * such a batch up, this sink writes nothing more and says so.
 *
 * It does not write transactions.
 */
import type { Publication } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { PublishResult, Sink } from '../../ports/sink.ts';
import { Backoff, pause } from './backoff.ts';
import { Call, Calls } from './calls.ts';
import type { OutputPartition } from './output-partition.ts';
import { OutputTopic } from './output-topic.ts';
import type { Outcome } from './platformatic-writer.ts';
import { PlatformaticWriter } from './platformatic-writer.ts';
import { Routes } from './routes.ts';
import type { KafkaSinkOptions } from './sink.ts';
import { forNow, isTooLarge, refusalOf } from './verdict.ts';

/** Beyond its time a call waits so long for a try that is being made, milliseconds, and looks so often. */
const GRACE_MS = 250;
const POLL_MS = 10;
/** Numbers are the library's. */
const NO_SESSION = { id: -1, epoch: -1 };

/** The sink. Connects when it is first used. */
export class PlatformaticSink implements Sink {
  readonly #options: KafkaSinkOptions;
  readonly #writer: PlatformaticWriter;
  readonly #routes: Routes;
  readonly #gate = new Calls();
  readonly #topics = new Map<string, OutputTopic>();
  /** Calls that are not settled, in order. */
  readonly #calls = new Set<Call>();
  /** Partitions with something to write. */
  readonly #ready = new Set<OutputPartition>();
  readonly #closing = new AbortController();
  #isLearning = false;
  #pumpDue = false;
  #deadline: NodeJS.Timeout | null = null;
  /** Why nothing is taken now. */
  #failing: EngineError | null = null;
  /** Why nothing is taken any more. */
  #lost: EngineError | null = null;
  #lastFault: EngineError | null = null;

  constructor(options: KafkaSinkOptions) {
    const { client, produce } = options;
    this.#options = options;
    this.#writer = new PlatformaticWriter({
      kafka: client.settings,
      produce,
      mayWrite: () => this.#mayWrite,
      tell: (fault) => this.#faulted(fault),
      tried: () => this.#endTries(),
    });
    this.#routes = new Routes({
      metadata: async (names) => ({ brokers: [], topics: await this.#writer.topics(names ?? []) }),
    });
  }

  publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    const term = this.#options.leases?.term ?? 0;
    return this.#gate.make(() => this.#publish(publications, term));
  }

  /** Within twice `produce.timeoutMs`. */
  async close(): Promise<void> {
    await this.#gate.close();
    this.#closing.abort();
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    await this.#writer.close(this.#options.produce.timeoutMs);
  }

  async #publish(publications: readonly Publication[], term: number): Promise<readonly PublishResult[]> {
    const { timeoutMs, recordBytesMax } = this.#options.produce;
    const call = new Call(publications, { deadlineMs: performance.now() + timeoutMs, term, recordBytesMax });
    if (this.#failing !== null) {
      for (const { index } of call.entries) call.settle(index, this.#failing);
    } else if (!call.isSettled) {
      this.#calls.add(call);
      for (const entry of call.entries) this.#topic(entry.publication.topic).add(entry);
      this.#pumpSoon();
      this.#watchDeadline();
    }
    const results = await call.settled;
    this.#calls.delete(call);
    this.#recover();
    return results;
  }

  #topic(name: string): OutputTopic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const made = new OutputTopic(name, this.#options.produce.recordBytesMax);
    this.#topics.set(name, made);
    return made;
  }

  /** The calls of one turn share batches. */
  #pumpSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    queueMicrotask(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (const topic of this.#topics.values())
      for (const partition of topic.route(this.#routes)) this.#ready.add(partition);
    if (this.#routes.isStale || [...this.#topics.values()].some(({ hasUnrouted }) => hasUnrouted))
      this.#learnSoon();
    if (this.#writer.isUsedUp && !this.#renewed()) return;
    if (this.#ready.size > 0 && !this.#mayWrite) this.#lapse();
    for (const partition of this.#ready) if (partition.batch === null) this.#send(partition);
  }

  /** Fails what is in no batch: others may write what it was made of. */
  #lapse(): void {
    const message = 'nothing is written: this process may not be in its group any more';
    this.#fail(new EngineError('E_KAFKA_FAILED', message, { retriable: true }));
  }

  get #mayWrite(): boolean {
    const { leases } = this.#options;
    return leases === undefined || [...this.#calls].every(({ term }) => leases.mayWrite(term));
  }

  /** Whether nothing is on its way, so that a new producer could take over. */
  #renewed(): boolean {
    return this.#writer.isIdle && this.#writer.abort();
  }

  /** Takes the partition's next batch; its outcome calls back. */
  #send(partition: OutputPartition): void {
    if (partition.isIdle) {
      this.#ready.delete(partition);
      return;
    }
    const batch = partition.take(NO_SESSION);
    this.#writer
      .send(partition, batch.entries)
      .then((outcome) => {
        if (outcome.type === 'unknown') this.#lose(outcome.fault);
        if (partition.batch === batch) this.#settle(partition, outcome);
        this.#recover();
        this.#pump();
      })
      .catch((error: unknown) => this.#fail(this.#lose(error)));
  }

  #settle(partition: OutputPartition, outcome: Outcome): void {
    switch (outcome.type) {
      case 'written':
        partition.written();
        this.#lastFault = null;
        return;
      case 'refused':
        if (partition.batch?.entries.length === 1)
          partition.refused(refusalOf(outcome.code, partition.topic));
        else partition.divide(isTooLarge(outcome.code));
        if (this.#failing !== null) partition.failWaiting(this.#failing);
        return;
      case 'failed':
      case 'unknown':
        if (this.#failing === null) this.#faulted(outcome.fault);
        partition.failBatch(this.#fail(this.#failing ?? outcome.fault));
    }
  }

  #learnSoon(): void {
    if (this.#isLearning || !this.#isWriting) return;
    this.#isLearning = true;
    this.#learn()
      .then(() => {
        this.#isLearning = false;
        this.#pump();
      })
      .catch((error: unknown) => this.#fail(this.#lose(error)));
  }

  /** Somebody waits, and may yet have it written. */
  get #isWriting(): boolean {
    return this.#calls.size > 0 && this.#failing === null && !this.#closing.signal.aborted;
  }

  /** Until the brokers have told where everything goes that waits, or it does not wait any more. */
  async #learn(): Promise<void> {
    const backoff = new Backoff(this.#options.client.settings);
    while (this.#isWriting) {
      try {
        await this.#routes.learn(this.#topics.keys());
      } catch (error) {
        this.#faulted(asFault(error));
        await pause(backoff.nextMs(), this.#closing.signal);
        continue;
      }
      for (const { name, isIdle } of this.#topics.values()) {
        const fault = isIdle ? null : this.#routes.fault(name);
        if (fault === null) continue;
        this.#faulted(fault);
        this.#fail(fault);
      }
      return;
    }
  }

  /** Fails what is in no batch; nothing is taken before the batches have ended. The error that was told. */
  #fail(fault: EngineError): EngineError {
    const error = forNow(fault);
    if (this.#calls.size === 0 && this.#writer.isIdle) return error;
    this.#failing = error;
    for (const topic of this.#topics.values()) topic.failUnrouted(error);
    for (const partition of this.#ready) partition.failWaiting(error);
    return error;
  }

  #recover(): void {
    if (this.#calls.size === 0 && this.#writer.isIdle) this.#failing = this.#lost;
  }

  /** From now on nothing is written. */
  #lose(cause: unknown): EngineError {
    const { message } = asFault(cause);
    this.#lost = new EngineError(
      'E_KAFKA_FAILED',
      `nothing more is written, as what was sent may still arrive after it: ${message}`,
      {
        cause,
        retriable: true,
        hint: 'Restart the process; kafka.produce.client faultline goes on by itself.',
      },
    );
    this.#failing = this.#lost;
    this.#faulted(this.#lost);
    return this.#lost;
  }

  #faulted(fault: EngineError): void {
    this.#lastFault = fault;
    this.#options.tell(fault);
  }

  #watchDeadline(): void {
    const [oldest] = this.#calls;
    if (this.#deadline !== null || oldest === undefined) return;
    const waitMs = Math.max(POLL_MS, Math.ceil(oldest.deadlineMs - performance.now()));
    this.#deadline = setTimeout(() => {
      this.#deadline = null;
      this.#endOverdue();
      this.#watchDeadline();
    }, waitMs);
  }

  #endOverdue(): void {
    const nowMs = performance.now();
    const [oldest] = this.#calls;
    if (oldest === undefined || oldest.deadlineMs > nowMs) return;
    const why = this.#lastFault === null ? 'no answer' : this.#lastFault.message;
    const message = `not acknowledged within ${this.#options.produce.timeoutMs} ms: ${why}`;
    const code = this.#lastFault?.code ?? 'E_KAFKA_UNREACHABLE';
    const error = this.#fail(new EngineError(code, message, { retriable: true }));
    if (this.#writer.abort()) return;
    // A try that is just being made mostly ends in no time, and then nothing is left open.
    if (!this.#writer.isDoubtful && nowMs < oldest.deadlineMs + GRACE_MS) return;
    for (const partition of this.#ready)
      if (partition.batch?.entries.some(({ call }) => call.deadlineMs <= nowMs)) partition.failBatch(error);
  }

  /** What failed because its time was over is not tried any longer, once it can be ended. */
  #endTries(): void {
    if (this.#failing !== null && this.#calls.size === 0 && !this.#writer.isIdle) this.#writer.abort();
  }
}

function asFault(error: unknown): EngineError {
  return error instanceof EngineError
    ? error
    : new EngineError('E_KAFKA_FAILED', String(error), { cause: error });
}
