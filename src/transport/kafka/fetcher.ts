/**
 * Fetches what the partitions of this member hold, one loop for each broker that leads some of them,
 * ahead of its use, and hands it out in turn.
 *
 * Promise: what waits to be handed out is bounded by config, each partition with its share, so that
 * none that stands still keeps others from being read; an answer that comes after its partition was
 * let go is dropped.
 */
import type { Delivery, TopicPartition } from '../../model/delivery.ts';
import type { EngineError } from '../../model/errors.ts';
import type { Backlog, PullLimit } from '../../ports/source.ts';
import { Wake } from '../wake.ts';
import type { BackoffSettings } from './backoff.ts';
import { Backoff, pause } from './backoff.ts';
import type { Brokers } from './brokers.ts';
import { kafkaFault } from './faults.ts';
import { errorOfCode } from './internals.ts';
import { placeOf } from './places.ts';
import type { Fetched } from './protocol/fetch.ts';
import { askRecords } from './protocol/fetch.ts';
import { askOffsets, END } from './protocol/list-offsets.ts';
import type { Reading } from './reading.ts';
import type { FetchSettings } from './settings.ts';
import { takeTurns } from './turns.ts';

/** What a fetcher needs. */
export interface FetcherOptions {
  readonly brokers: Pick<Brokers, 'leaderOf' | 'askNode' | 'metadata' | 'onLearnt'>;
  readonly fetch: FetchSettings;
  readonly backoff: BackoffSettings;
  readonly events: FetcherEvents;
}

/** What fetches find out. */
export interface FetcherEvents {
  /** The brokers do not have the position: this reading stands still, until its partition is added anew. */
  outOfRange(reading: TopicPartition, offset: number): void;
  /** What comes next in this partition cannot be read: it stands still, until it is added anew. */
  stuck(partition: TopicPartition, fault: EngineError): void;
  /** Something failed that is tried again. */
  failed(fault: EngineError): void;
}

/** Kafka's errors that mean: another broker leads, none does at the moment, or the topic is gone. */
const MOVED: ReadonlySet<number> = new Set([3, 5, 6, 9, 56, 74, 75, 78, 100]);
const OUT_OF_RANGE = 1;
/** How long a broker may wait where a partition is left out that will soon want more, milliseconds. */
const BUSY_WAIT_MS = 20;
/** Below this share of its bytes a partition is fetched again. */
const REFILL_SHARE = 0.5;
/** A loop that has nothing to fetch is told of what changes; it looks again so often all the same, milliseconds. */
const IDLE_MS = 1000;
/** The end of a partition that is not fetched is asked for so often, milliseconds. */
const END_MS = 5000;

/** The fetcher. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #readings = new Map<string, Reading>();
  readonly #loops = new Map<number, Wake>();
  readonly #pulling = new Wake();
  readonly #closing = new AbortController();
  #isFinding = false;
  #turn = 0;
  /** Answers that brought something. */
  #served = 0;

  constructor(options: FetcherOptions) {
    this.#options = options;
    options.brokers.onLearnt(() => this.#startLoops());
  }

  /** Reads these too, from where they stand. */
  add(readings: readonly Reading[]): void {
    for (const reading of readings) this.#readings.set(placeOf(reading), reading);
    this.#startLoops();
  }

  /** Reads them no more; what was fetched of them is dropped. */
  remove(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#readings.delete(placeOf(partition));
    this.#wakeLoops();
  }

  /** Whether it was neither let go nor added anew since. */
  reads(reading: TopicPartition): boolean {
    return this.#readings.get(placeOf(reading)) === reading;
  }

  /** As the port's `pull`; nothing while `mayGive` says no. */
  async pull(limit: PullLimit, mayGive: () => boolean): Promise<readonly Delivery[]> {
    const endMs = performance.now() + limit.waitMs;
    for (;;) {
      if (this.#closing.signal.aborted) return [];
      const found = mayGive() ? this.#take(limit) : [];
      const leftMs = endMs - performance.now();
      if (found.length > 0 || leftMs <= 0 || limit.signal.aborted) return found;
      await this.#pulling.wait(leftMs, limit.signal);
    }
  }

  /** Ends the wait of a pull, which then looks again. */
  wakePull(): void {
    this.#pulling.notify();
  }

  /** How much each partition holds beyond what was handed out, as of {@link END_MS} ago at most while its leader answers. */
  backlog(): readonly Backlog[] {
    return [...this.#readings.values()].map(({ topic, partition, backlog }) => ({
      topic,
      partition,
      deliveries: backlog,
    }));
  }

  /** Ends all loops, and a pull that waits. */
  close(): void {
    this.#closing.abort();
    this.#pulling.notify();
  }

  #take(limit: PullLimit): readonly Delivery[] {
    this.#turn += 1;
    const { bufferBytesMax: unpackedBytesMax } = this.#options.fetch;
    const taken = takeTurns(this.#readings.values(), limit, { turn: this.#turn, unpackedBytesMax });
    for (const reading of this.#readings.values()) this.#tellFault(reading);
    this.#wakeLoops();
    return taken;
  }

  #tellFault(reading: Reading): void {
    const fault = reading.takeFault();
    if (fault !== null) this.#options.events.stuck(reading, fault);
  }

  #wakeLoops(): void {
    for (const wake of this.#loops.values()) wake.notify();
  }

  /** Each broker that leads something that is read has a loop. */
  #startLoops(): void {
    if (this.#closing.signal.aborted) return;
    for (const { topic, partition } of this.#readings.values()) {
      const node = this.#options.brokers.leaderOf(topic, partition);
      if (node === null) this.#findLeaders();
      else if (!this.#loops.has(node)) void this.#loop(node);
    }
    this.#wakeLoops();
  }

  /** Never rejects. */
  async #loop(node: number): Promise<void> {
    const { signal } = this.#closing;
    const wake = new Wake();
    const backoff = new Backoff(this.#options.backoff);
    this.#loops.set(node, wake);
    while (!signal.aborted) {
      const led = this.#ledBy(node);
      if (led.length === 0) break;
      await this.#learnEnds(node, led);
      const wanted = led.filter((reading) => this.#isWanted(reading));
      if (wanted.length === 0) await wake.wait(idleMs(led), signal);
      else await this.#fetch(node, wanted.toSorted(byNeed), backoff);
    }
    this.#loops.delete(node);
  }

  /** Asks where those end that no fetch tells it of: paused, full or stuck, they would seem to be caught up. Never rejects. */
  async #learnEnds(node: number, led: readonly Reading[]): Promise<void> {
    const { brokers, fetch, events } = this.#options;
    const nowMs = performance.now();
    const old = led.filter(({ endAtMs }) => nowMs - endAtMs >= END_MS);
    if (old.length === 0) return;
    for (const reading of old) reading.endAtMs = nowMs;
    const queries = old.map(({ topic, partition }) => ({ topic, partition, time: END }));
    try {
      const answers = await brokers.askNode(node, (broker) => askOffsets(broker, queries, fetch.isolation));
      const byPlace = new Map(old.map((reading) => [placeOf(reading), reading]));
      for (const answer of answers)
        if (answer.error === 0) byPlace.get(placeOf(answer))?.learnEnd(answer.offset);
    } catch (error) {
      if (!this.#closing.signal.aborted)
        events.failed(kafkaFault(error, `asking broker ${node} where partitions end`));
    }
  }

  #ledBy(node: number): readonly Reading[] {
    const { brokers } = this.#options;
    return [...this.#readings.values()].filter(
      ({ topic, partition }) => brokers.leaderOf(topic, partition) === node,
    );
  }

  #isWanted(reading: Reading): boolean {
    return this.#mayFetch(reading) && reading.bufferedBytes < this.#shareBytes() * REFILL_SHARE;
  }

  #mayFetch(reading: Reading): boolean {
    return !reading.isStuck && reading.retryAtMs <= performance.now();
  }

  /** Of the bytes that may wait, what one partition may take. */
  #shareBytes(): number {
    return this.#options.fetch.bufferBytesMax / Math.max(1, this.#readings.size);
  }

  /** One request. Never rejects. */
  async #fetch(node: number, wanted: readonly Reading[], backoff: Backoff): Promise<void> {
    const { brokers, fetch, events } = this.#options;
    const share = this.#shareBytes();
    const partitions = wanted.map((reading) => ({
      topic: reading.topic,
      partition: reading.partition,
      offset: reading.fetchFrom,
      bytesMax: Math.max(1, Math.floor(Math.min(fetch.partitionBytesMax, share - reading.bufferedBytes))),
    }));
    const waitMs = this.#isBusy(node, wanted) ? Math.min(BUSY_WAIT_MS, fetch.waitMs) : fetch.waitMs;
    const { bytesMin, bytesMax, isolation } = fetch;
    try {
      const answer = await brokers.askNode(node, (broker) =>
        askRecords(broker, { waitMs, bytesMin, bytesMax, isolation, partitions }),
      );
      if (answer.error !== 0) throw errorOfCode(answer.error);
      const asked = new Map(wanted.map((reading, i) => [placeOf(reading), { reading, ...partitions[i] }]));
      for (const fetched of answer.partitions) {
        const { reading, offset } = asked.get(placeOf(fetched)) ?? {};
        const isCurrent = reading !== undefined && this.#readings.get(placeOf(fetched)) === reading;
        if (isCurrent && reading.fetchFrom === offset) this.#accept(reading, fetched);
      }
      backoff.reset();
      this.#pulling.notify();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      events.failed(kafkaFault(error, `fetching from broker ${node}`));
      const untilMs = performance.now() + backoff.nextMs();
      for (const reading of wanted) reading.retryAtMs = untilMs;
      this.#findLeaders();
    }
  }

  /** Whether a partition of the broker is left out that is about to want more. */
  #isBusy(node: number, wanted: readonly Reading[]): boolean {
    const left = new Set(wanted);
    return this.#ledBy(node).some((reading) => !left.has(reading) && !reading.isStuck && !reading.isPaused);
  }

  #accept(reading: Reading, fetched: Fetched): void {
    const { fetch, backoff, events } = this.#options;
    if (fetched.error === 0) {
      reading.add(fetched, fetch);
      if (fetched.records.length > 0) reading.servedAt = ++this.#served;
      this.#tellFault(reading);
    } else if (fetched.error === OUT_OF_RANGE) {
      reading.isOutOfRange = true;
      events.outOfRange(reading, reading.fetchFrom);
    } else {
      const isMoved = MOVED.has(fetched.error);
      reading.retryAtMs = performance.now() + (isMoved ? backoff.backoffMs : backoff.backoffMaxMs);
      if (isMoved) this.#findLeaders();
      const { topic, partition } = reading;
      const doing = `fetching partition ${partition} of topic ${topic}`;
      events.failed(kafkaFault(errorOfCode(fetched.error), doing));
    }
  }

  /** Asks who leads what is read until all have a leader; one search at a time. */
  #findLeaders(): void {
    if (this.#isFinding) return;
    this.#isFinding = true;
    void this.#find().finally(() => {
      this.#isFinding = false;
    });
  }

  /** Never rejects. */
  async #find(): Promise<void> {
    const { brokers, events } = this.#options;
    const { signal } = this.#closing;
    const backoff = new Backoff(this.#options.backoff);
    while (!signal.aborted && this.#readings.size > 0) {
      try {
        await brokers.metadata([...new Set([...this.#readings.values()].map(({ topic }) => topic))]);
      } catch (error) {
        if (!signal.aborted) events.failed(kafkaFault(error, 'asking who leads the partitions'));
      }
      const isLed = ({ topic, partition }: Reading): boolean => brokers.leaderOf(topic, partition) !== null;
      if ([...this.#readings.values()].every(isLed)) return;
      await pause(backoff.nextMs(), signal);
    }
  }
}

/** Until the first partition may be tried again, at most {@link IDLE_MS}. */
function idleMs(readings: readonly Reading[]): number {
  const nowMs = performance.now();
  const waitsMs = readings.map(({ retryAtMs }) => retryAtMs - nowMs).filter((ms) => ms > 0);
  return Math.min(IDLE_MS, ...waitsMs);
}

/** Brokers fill an answer in the order of the request: those that got nothing for the longest time come first. */
function byNeed(a: Reading, b: Reading): number {
  return a.servedAt - b.servedAt;
}
