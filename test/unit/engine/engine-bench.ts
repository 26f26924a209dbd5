/**
 * An engine on stand-ins: deliveries are fed, batches answered and requests acknowledged by hand.
 *
 * Its source keeps the port's promises for any number of partitions and can be told to break off: to
 * refuse or never answer a commit, to never answer a pull.
 */
import type { DeliveryResult } from '../../../src/model/batch.ts';
import type { Assignment, Delivery, NotedPosition, TopicPartition } from '../../../src/model/delivery.ts';
import type { EngineError, Fault } from '../../../src/model/errors.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import type { Backlog, PullLimit, Source, SourceListener } from '../../../src/ports/source.ts';
import { Engine } from '../../../src/engine/engine.ts';
import type { EngineReport } from '../../../src/engine/engine.ts';
import type { EngineOptions } from '../../../src/engine/options.ts';
import {
  bytes,
  HandClock,
  HandPool,
  HandSink,
  HandTransactions,
  LIMITS,
  POLICY,
  settle,
  TASK,
} from './support.ts';

const ONE_PARTITION: readonly Assignment[] = [{ topic: 'app-crash', partition: 0, committed: null }];

/** A source that is fed by hand. */
export class HandSource implements Source {
  readonly committed: NotedPosition[] = [];
  waiting: Delivery[] = [];
  listener: SourceListener | null = null;
  commitError: EngineError | null = null;
  /** What its transactions said to be another's. */
  readonly fencedOff: TopicPartition[] = [];
  /** Commits and pulls that are never answered. */
  commitsHang = false;
  pullsHang = false;
  readonly #clock: HandClock;
  readonly #partitions: readonly Assignment[];

  constructor(clock: HandClock, partitions: readonly Assignment[] = ONE_PARTITION) {
    this.#clock = clock;
    this.#partitions = partitions;
  }

  open(listener: SourceListener): Promise<void> {
    this.listener = listener;
    listener.assigned(this.#partitions);
    return Promise.resolve();
  }

  async pull(limit: PullLimit): Promise<readonly Delivery[]> {
    if (this.pullsHang) return new Promise(() => undefined);
    const atOnce = this.#take(limit);
    if (atOnce.length > 0 || limit.signal.aborted) return atOnce;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(limit.waitMs, resolve);
      limit.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
    return this.#take(limit);
  }

  commit(positions: readonly NotedPosition[]): Promise<void> {
    if (this.commitsHang) return new Promise(() => undefined);
    if (this.commitError !== null) return Promise.reject(this.commitError);
    this.committed.push(...positions);
    return Promise.resolve();
  }

  fenced(partitions: readonly TopicPartition[]): void {
    this.fencedOff.push(...partitions);
  }

  backlog(): Promise<readonly Backlog[]> {
    return Promise.resolve(
      this.#partitions.map(({ topic, partition }) => ({
        topic,
        partition,
        deliveries: this.waiting.filter((one) => one.topic === topic && one.partition === partition).length,
      })),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The offset that was last committed of a partition. */
  offsetOf(topic = 'app-crash', partition = 0): number | undefined {
    return this.committed.findLast((one) => one.topic === topic && one.partition === partition)?.offset;
  }

  #take({ deliveriesMax, paused }: PullLimit): Delivery[] {
    const open = this.#partitions.filter(({ topic, partition }) => !paused(topic, partition));
    const taken = open
      .flatMap(({ topic, partition }) =>
        this.waiting.filter((one) => one.topic === topic && one.partition === partition),
      )
      .slice(0, deliveriesMax);
    this.waiting = this.waiting.filter((one) => !taken.includes(one));
    return taken;
  }
}

/** What a bench may be made with. */
export interface BenchOptions extends Partial<Omit<EngineOptions, 'groups' | 'transactions'>> {
  readonly partitions?: readonly Assignment[];
  readonly slots?: number;
  readonly exactlyOnce?: boolean;
}

/** The engine, and hands for all that stands around it. */
export class EngineBench {
  readonly clock: HandClock = new HandClock();
  readonly source: HandSource;
  readonly pool: HandPool;
  readonly sink: HandSink = new HandSink();
  readonly transactions: HandTransactions = new HandTransactions();
  readonly told: ProbeEvent[] = [];
  readonly engine: Engine;
  readonly ended: Promise<EngineReport>;
  /** What `ended` came to. */
  report: EngineReport | null = null;

  constructor({ partitions, slots = 1, exactlyOnce = false, ...more }: BenchOptions = {}) {
    this.source = new HandSource(this.clock, partitions);
    this.pool = new HandPool(slots);
    this.engine = new Engine({
      groups: [{ name: 'group', source: this.source }],
      tasks: [TASK],
      sink: this.sink,
      transactions: exactlyOnce ? this.transactions : null,
      pool: this.pool,
      clock: this.clock,
      random: () => 0,
      probe: (event) => this.told.push(event),
      limits: LIMITS,
      publish: POLICY,
      untilIdle: false,
      ...more,
    });
    this.ended = this.engine.run();
    this.ended.then(
      (report) => (this.report = report),
      () => undefined,
    );
  }

  /** Feeds, and lets a pull come by. */
  async feed(...deliveries: Delivery[]): Promise<void> {
    this.source.waiting.push(...deliveries);
    await this.clock.advance(LIMITS.pullWaitMs);
  }

  /** Answers the oldest batch. */
  async answer(...results: DeliveryResult[]): Promise<void> {
    this.pool.running.shift()?.answer(results);
    await settle();
  }

  /** Answers every delivery of every batch, also of those that follow, until there are none. */
  async answerAll(how: (offset: number) => DeliveryResult = (offset) => done(offset)): Promise<void> {
    for (let next = this.pool.running.shift(); next !== undefined; next = this.pool.running.shift()) {
      next.answer(next.batch.items.map((item) => how(item.delivery.offset)));
      await settle();
    }
  }

  /** The sink, or what writes transactions, takes all it was given. */
  async acknowledge(): Promise<void> {
    await this.clock.advance(POLICY.lingerMs);
    for (let i = 0; i < 100 && this.sink.requests.length + this.transactions.requests.length > 0; i++) {
      for (const { publications, answer } of this.sink.requests.splice(0))
        answer(publications.map(() => null));
      for (const { transaction, answer } of this.transactions.requests.splice(0))
        answer(transaction.publications.map(() => null));
      await this.clock.advance(POLICY.lingerMs);
    }
  }

  /** What was told of one kind. */
  toldOf<Type extends ProbeEvent['type']>(type: Type): Extract<ProbeEvent, { type: Type }>[] {
    return this.told.filter((event): event is Extract<ProbeEvent, { type: Type }> => event.type === type);
  }

  /** Offsets in the batches that are not answered, by batch. */
  get inHand(): number[][] {
    return this.pool.running.map(({ batch }) => batch.items.map(({ delivery: { offset } }) => offset));
  }
}

/** Done, with one finding. */
export function done(id: number | string): DeliveryResult {
  const finding = { id: bytes(String(id)), value: bytes(`finding ${id}`), category: 'PERF_CRASH' };
  return { status: 'done', findings: [finding] };
}

/** Done, with nothing to publish. */
export const SILENT: DeliveryResult = { status: 'done', findings: [] };

/** Cannot be analysed, now or later. */
export const BAD: DeliveryResult = failed('E_EVENT_SCHEMA', false);

/** Failed; tried again. */
export const AGAIN: DeliveryResult = failed('E_EVENT_ANALYZE', true);

function failed(code: Fault['code'], retriable: boolean): DeliveryResult {
  return { status: 'failed', fault: { code, message: 'm', retriable } };
}
