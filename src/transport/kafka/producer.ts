/**
 * Writes publications to their partitions: idempotent, acknowledged by all replicas that are in sync,
 * one request to each broker at a time, which carries what gathered while the last one was under way.
 *
 * Promise: a partition is written to in the order of the calls. A batch is encoded once and sent, the
 * same bytes, until its outcome is known or its time is over; brokers know a batch by its producer and
 * sequence numbers, so that it is written once however often it is sent. When the time is over and the
 * outcome is not known, the producer session ends: what is sent then has other numbers, and brokers
 * that have seen those refuse a latecomer. After such a failure nothing that was not sent yet is sent,
 * and no call is taken before those under way have ended; what is on its way to other partitions
 * keeps its own outcome.
 */
import { assert } from '../../model/assert.ts';
import type { Publication, TopicPartition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import { Backoff, pause } from './backoff.ts';
import type { Brokers } from './brokers.ts';
import type { Entry } from './calls.ts';
import { Call } from './calls.ts';
import { kafkaFault } from './faults.ts';
import type { Broker } from './internals.ts';
import type { OutputBatch, OutputPartition } from './output-partition.ts';
import { OutputTopic } from './output-topic.ts';
import type { ProducerSession } from './protocol/init-producer-id.ts';
import type { PartitionAnswer } from './protocol/produce.ts';
import { askProduce } from './protocol/produce.ts';
import { NO_LEADER, Routes } from './routes.ts';
import type { KafkaSettings, ProduceSettings } from './settings.ts';
import { faultOfCode, forNow, isTooLarge, refusalOf, verdictOf } from './verdict.ts';

/** In whose name a producer writes. */
export interface ProducerIdentity {
  readonly transactionalId: string | null;
  /** The session that batches are made with from now on; asked for when there is none. Rejects with kafkajs's errors or coded ones. */
  session(): Promise<ProducerSession>;
  /** Before something is sent to partitions. Rejects like `session`. */
  enlist(partitions: readonly TopicPartition[]): Promise<void>;
  /** Nothing new is written with it: a batch of it may come late. */
  end(session: ProducerSession): void;
  /** The brokers do not take it any more, and why. */
  lose(session: ProducerSession, fault: EngineError): void;
}

/** What a producer needs. */
export interface ProducerOptions {
  readonly brokers: Pick<Brokers, 'askNode' | 'metadata'>;
  readonly identity: ProducerIdentity;
  readonly kafka: Pick<KafkaSettings, 'requestTimeoutMs' | 'backoffMs' | 'backoffMaxMs'>;
  readonly produce: ProduceSettings;
  /** Whether what was taken in a term may still be written; asked before each request. What waits fails for now when not. */
  readonly mayWrite: (term: number) => boolean;
  /** Is told of what is tried again. */
  readonly tell: (fault: EngineError) => void;
}

/** Bytes of one request, encoded batches, beyond which other partitions wait for the next. Brokers take 100 MiB. */
const REQUEST_BYTES_MAX = 16 * 1024 * 1024;

/** A batch on its way. */
interface Sending {
  readonly partition: OutputPartition;
  readonly batch: OutputBatch;
}

/** The producer. */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #routes: Routes;
  readonly #topics = new Map<string, OutputTopic>();
  /** Calls that are not settled, in order. */
  readonly #calls = new Set<Call>();
  /** Partitions with something to write, longest waiting first. */
  readonly #ready = new Set<OutputPartition>();
  /** Partitions of requests under way. */
  readonly #inHand = new Set<OutputPartition>();
  /** Brokers with a request under way, or left alone for a while; {@link NO_LEADER}: routes are being learnt. */
  readonly #busy = new Set<number>();
  /** By broker. */
  readonly #backoffs = new Map<number, Backoff>();
  readonly #closing = new AbortController();
  #failing: EngineError | null = null;
  /** The last thing that went wrong: why a call's time was over. */
  #lastFault: EngineError | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #pumpDue = false;
  #isClosed = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#routes = new Routes(options.brokers);
  }

  /** As `Sink.publish`, of what was taken in this term. Never rejects; settles within `produce.timeoutMs`. */
  async publish(publications: readonly Publication[], term: number): Promise<readonly PublishResult[]> {
    const { timeoutMs, recordBytesMax } = this.#options.produce;
    const call = new Call(publications, { deadlineMs: performance.now() + timeoutMs, term, recordBytesMax });
    if (this.#failing !== null) {
      for (const { index } of call.entries) call.settle(index, this.#failing);
    } else if (!call.isSettled) {
      this.#calls.add(call);
      for (const entry of call.entries) this.#topic(entry.publication.topic).add(entry);
      this.#route();
      this.#pumpSoon();
      this.#watchDeadline();
    }
    const results = await call.settled;
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#failing = null;
    if (this.#isClosed) this.close();
    return results;
  }

  /** Fails everything that is not written yet, whatever becomes of it. */
  abandon(error: EngineError): void {
    this.#fail(error, () => true);
  }

  /** No call comes any more: when those under way have ended, nothing runs here. */
  close(): void {
    this.#isClosed = true;
    if (this.#calls.size > 0) return;
    this.#closing.abort();
    if (this.#deadline !== null) clearTimeout(this.#deadline);
  }

  #topic(name: string): OutputTopic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const made = new OutputTopic(name, this.#options.produce.recordBytesMax);
    this.#topics.set(name, made);
    return made;
  }

  /** Gives entries their partitions, as far as those are known. */
  #route(): void {
    for (const topic of this.#topics.values())
      for (const partition of topic.route(this.#routes)) this.#ready.add(partition);
  }

  /** The calls of one turn share requests. */
  #pumpSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    queueMicrotask(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#closing.signal.aborted) return;
    const partitions = [...this.#ready].filter((partition) => !this.#inHand.has(partition));
    const byLeader = Map.groupBy(partitions, ({ topic, partition }) => this.#routes.leader(topic, partition));
    const isUnrouted = [...this.#topics.values()].some(({ hasUnrouted }) => hasUnrouted);
    if (isUnrouted || byLeader.has(NO_LEADER) || this.#routes.isStale)
      this.#run(NO_LEADER, () => this.#learn());
    for (const [leader, led] of byLeader)
      if (leader !== NO_LEADER) this.#run(leader, () => this.#request(leader, led));
  }

  /** One thing at a time with each broker. */
  #run(broker: number, work: () => Promise<boolean>): void {
    if (this.#busy.has(broker)) return;
    this.#busy.add(broker);
    this.#work(broker, work)
      .then(() => {
        this.#busy.delete(broker);
        this.#pump();
      })
      .catch((error: unknown) => this.abandon(kafkaFault(error, 'writing')));
  }

  /** After a failure the broker is left alone for a while. `work` tells whether it did what it should. */
  async #work(broker: number, work: () => Promise<boolean>): Promise<void> {
    let isDone = false;
    try {
      isDone = await work();
    } catch (error) {
      this.#faulted(kafkaFault(error, 'writing'));
    }
    if (isDone) {
      this.#lastFault = null;
      this.#backoffs.delete(broker);
      return;
    }
    const backoff = this.#backoffs.get(broker) ?? new Backoff(this.#options.kafka);
    this.#backoffs.set(broker, backoff);
    await pause(backoff.nextMs(), this.#closing.signal);
  }

  /** Whether everything that waits can go somewhere now. */
  async #learn(): Promise<boolean> {
    await this.#routes.learn(this.#topics.keys());
    for (const { name, isIdle } of this.#topics.values()) {
      const fault = isIdle ? null : this.#routes.fault(name);
      if (fault === null) continue;
      this.#faulted(fault);
      this.#fail(fault, () => false);
      return false;
    }
    this.#route();
    const isLed = ({ topic, partition }: OutputPartition): boolean =>
      this.#routes.leader(topic, partition) !== NO_LEADER;
    return (
      [...this.#ready].every(isLed) && ![...this.#topics.values()].some(({ hasUnrouted }) => hasUnrouted)
    );
  }

  /** One request to a broker. Whether all of it is settled. */
  async #request(leader: number, led: readonly OutputPartition[]): Promise<boolean> {
    for (const partition of led) this.#inHand.add(partition);
    let isSettled = false;
    try {
      const sendings = await this.#prepare(led);
      isSettled = sendings.length === 0 || (await this.#send(leader, sendings));
    } catch (error) {
      this.#faulted(kafkaFault(error, `writing to broker ${leader}`));
    } finally {
      for (const partition of led) this.#inHand.delete(partition);
      for (const partition of led) this.#requeue(partition);
    }
    if (!isSettled) await this.#relearn();
    return isSettled;
  }

  /** Behind those that wait for longer. */
  #requeue(partition: OutputPartition): void {
    this.#ready.delete(partition);
    if (!partition.isIdle) this.#ready.add(partition);
  }

  /** Leaders may have moved; those that have are sent to at once. */
  async #relearn(): Promise<void> {
    await this.#routes.learn([]);
    this.#pump();
  }

  async #prepare(led: readonly OutputPartition[]): Promise<Sending[]> {
    const { identity, produce } = this.#options;
    const session = await identity.session();
    const sendings: Sending[] = [];
    let bytes = 0;
    for (const partition of led) {
      if (bytes >= REQUEST_BYTES_MAX) break;
      // What waited may have failed meanwhile.
      if (partition.isIdle) continue;
      const isTransactional = identity.transactionalId !== null;
      const batch = await partition.prepare(session, isTransactional, produce.compression);
      bytes += batch.bytes?.length ?? 0;
      sendings.push({ partition, batch });
    }
    if (sendings.length > 0) await identity.enlist(sendings.map(({ partition }) => partition));
    return sendings;
  }

  /** Whether the broker has had its say on all of it. */
  async #send(leader: number, sendings: readonly Sending[]): Promise<boolean> {
    const answers = await this.#options.brokers.askNode(leader, (broker) => {
      this.#assertMayWrite();
      // What failed until there was a connection must not be written behind its caller's back.
      const open = sendings.filter(isOpen);
      return open.length === 0 ? Promise.resolve([]) : this.#ask(broker, open);
    });
    const codes = new Map(answers.map(({ topic, partition, error }) => [`${topic}/${partition}`, error]));
    const faults = sendings.map((sending) => {
      const { topic, partition } = sending.partition;
      // A broker that leaves a partition out has said nothing of it.
      return this.#answered(sending, codes.get(`${topic}/${partition}`) ?? -1);
    });
    const fault = faults.find((each) => each !== null) ?? null;
    if (fault !== null) this.#faulted(fault);
    return fault === null;
  }

  /** What is on its way keeps its outcome; a batch that may or may not be written is not written late. */
  #assertMayWrite(): void {
    if ([...this.#calls].every(({ term }) => this.#options.mayWrite(term))) return;
    const message = 'nothing is written: this process may not be in its group any more';
    const lapsed = new EngineError('E_KAFKA_FAILED', message, { retriable: true });
    this.#fail(lapsed, ({ isInFlight }) => !isInFlight);
  }

  async #ask(broker: Broker, sendings: readonly Sending[]): Promise<readonly PartitionAnswer[]> {
    const { identity, kafka, produce } = this.#options;
    const batches = sendings.map(({ partition: { topic, partition }, batch }) => {
      assert(batch.bytes !== null, 'a batch is encoded before it is sent');
      batch.isInFlight = true;
      return { topic, partition, bytes: batch.bytes };
    });
    const waitMs = Math.min(kafka.requestTimeoutMs, produce.timeoutMs);
    try {
      return await askProduce(broker, { transactionalId: identity.transactionalId, waitMs, batches });
    } catch (error) {
      for (const { batch } of sendings) batch.isDoubtful = true;
      throw error;
    } finally {
      for (const { batch } of sendings) batch.isInFlight = false;
    }
  }

  /** What keeps the broker from having its say on this batch, if anything. */
  #answered(sending: Sending, code: number): EngineError | null {
    const { partition, batch } = sending;
    // Its time is over.
    if (!isOpen(sending)) return null;
    const verdict = verdictOf(code);
    if (verdict === 'written') {
      partition.written();
      return null;
    }
    const fault = faultOfCode(code, `writing to ${partition.topic}/${partition.partition}`);
    switch (verdict) {
      case 'divide':
        if (batch.entries.length > 1) partition.divide(isTooLarge(code));
        else partition.refused(refusalOf(code, partition.topic));
        return null;
      case 'producer':
        this.#options.identity.lose(batch.session, fault);
        partition.putBack();
        return fault;
      case 'doubtful':
        batch.isDoubtful = true;
        return fault;
      case 'again':
        return fault;
      case 'stop':
        this.#fail(fault, () => false);
        return fault;
    }
  }

  #faulted(fault: EngineError): void {
    this.#lastFault = fault;
    this.#options.tell(fault);
    // Time does not mend it.
    if (!fault.retriable) this.#fail(fault, () => false);
  }

  /**
   * Fails what was not sent, or is known not to be written; of the rest what is `due`. With it ends the
   * session: brokers that see the next one refuse what may still come of this.
   */
  #fail(fault: EngineError, isDue: (batch: OutputBatch) => boolean): void {
    if (this.#calls.size === 0) return;
    const error = forNow(fault);
    this.#failing = error;
    for (const topic of this.#topics.values()) topic.failUnrouted(error);
    for (const partition of this.#ready) {
      const { batch } = partition;
      const isUnknown = batch !== null && (batch.isInFlight || batch.isDoubtful);
      if (batch !== null && (!isUnknown || isDue(batch))) {
        partition.failBatch(error);
        if (isUnknown) this.#options.identity.end(batch.session);
      }
      partition.failWaiting(error);
      if (partition.isIdle) this.#ready.delete(partition);
    }
  }

  #watchDeadline(): void {
    const [oldest] = this.#calls;
    if (this.#deadline !== null || oldest === undefined) return;
    this.#deadline = setTimeout(
      () => {
        this.#deadline = null;
        this.#endOverdue();
        this.#watchDeadline();
      },
      Math.max(1, Math.ceil(oldest.deadlineMs - performance.now())),
    );
  }

  #endOverdue(): void {
    const nowMs = performance.now();
    const isOverdue = ({ call }: Entry): boolean => call.deadlineMs <= nowMs;
    const [oldest] = this.#calls;
    if (oldest === undefined || oldest.deadlineMs > nowMs) return;
    const { timeoutMs } = this.#options.produce;
    const why = this.#lastFault === null ? 'no answer' : this.#lastFault.message;
    const message = `not acknowledged within ${timeoutMs} ms: ${why}`;
    const error = new EngineError(this.#lastFault?.code ?? 'E_KAFKA_UNREACHABLE', message, {
      retriable: true,
    });
    this.#fail(error, ({ entries }) => entries.some(isOverdue));
  }
}

/** Whether the outcome of a batch is still waited for. */
function isOpen({ partition, batch }: Sending): boolean {
  return partition.batch === batch;
}
