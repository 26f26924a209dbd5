/**
 * Kafka as a source: one member of one group, over all topics that the group subscribes to, those that
 * appear later included.
 */
import type { Delivery, NotedPosition, TopicPartition } from '../../model/delivery.ts';
import { describe, EngineError, toFault } from '../../model/errors.ts';
import type { Backlog, PullLimit, Source, SourceListener } from '../../ports/source.ts';
import { pause, settledWithin } from './backoff.ts';
import { Brokers } from './brokers.ts';
import type { KafkaClient } from './client.ts';
import { Coordinator } from './coordinator.ts';
import { Fetcher } from './fetcher.ts';
import { isDealing } from './group-fault.ts';
import type { From } from './holdings.ts';
import { Holdings } from './holdings.ts';
import type { Lease } from './lease.ts';
import { NO_LEASE } from './lease.ts';
import { Member } from './member.ts';
import { commitOffsets } from './offsets.ts';
import type { FetchSettings, KafkaEvent, MemberSettings } from './settings.ts';
import { tellRarely } from './tell-rarely.ts';
import { markOf, TopicWatch } from './topic-watch.ts';

/** What a source reads, and how. */
export interface KafkaSourceOptions {
  readonly client: KafkaClient;
  readonly group: string;
  /** Which topics, among those of the cluster. */
  readonly subscribes: (topic: string) => boolean;
  /** Where to begin in a partition of which the group has committed nothing. Topics and partitions that appear later are read from their start. */
  readonly from: From;
  readonly member: MemberSettings;
  readonly fetch: FetchSettings;
  /** Is awaited for each partition that was assigned, before its committed offset is asked for. */
  readonly beforeReading?: (partitions: readonly TopicPartition[]) => Promise<void>;
  /** Is told what was let go, or not taken after all: `beforeReading` may still be under way then. */
  readonly afterReading?: (partitions: readonly TopicPartition[]) => void;
  /** Of the group; what it reads is written as long as it runs. */
  readonly lease?: Lease | undefined;
  readonly tell: (event: KafkaEvent) => void;
}

/** For commits under way and for the brokers to learn that this member leaves; else they find out by themselves, milliseconds. */
const LEAVE_MS = 5000;

/** The source. */
export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions;
  readonly #brokers: Brokers;
  readonly #coordinator: Coordinator;
  readonly #fetcher: Fetcher;
  readonly #watch: TopicWatch;
  readonly #committing = new Set<Promise<void>>();
  readonly #begun = Promise.withResolvers<void>();
  #member: Member | null = null;
  #failure: EngineError | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: KafkaSourceOptions) {
    const { client, group, fetch, member, subscribes } = options;
    const tell = tellRarely(options.tell);
    this.#options = { ...options, tell };
    this.#brokers = new Brokers(client);
    this.#coordinator = new Coordinator(this.#brokers, group);
    this.#begun.promise.catch(() => undefined);
    this.#fetcher = new Fetcher({
      brokers: this.#brokers,
      fetch,
      backoff: client.settings,
      events: {
        outOfRange: (partition, offset) => void this.#outOfRange(partition, offset),
        stuck: ({ topic, partition }, error) => {
          const fault = toFault(error, 'E_KAFKA_RECORDS');
          tell({ type: 'partition-stuck', group, topic, partition, fault });
        },
        failed: (fault) => this.#failed(fault),
      },
    });
    this.#watch = new TopicWatch({
      brokers: this.#brokers,
      group,
      subscribes,
      refreshMs: member.topicsRefreshMs,
      changed: () => this.#member?.rejoin(),
      remade: (topic) => this.#member?.remade(topic),
      tell,
    });
  }

  async open(listener: SourceListener): Promise<void> {
    this.#assertOpen();
    await this.#watch.start();
    this.#assertOpen();
    const member = this.#makeMember(listener);
    this.#member = member;
    member.run().catch((error: unknown) => this.#fail(error));
    // A group that others keep busy gives out partitions later.
    const patience = new AbortController();
    void pause(this.#options.member.rebalanceTimeoutMs, patience.signal).then(() => this.#begun.resolve());
    await this.#begun.promise.finally(() => patience.abort());
  }

  async pull(limit: PullLimit): Promise<readonly Delivery[]> {
    this.#assertOpen();
    const found = await this.#fetcher.pull(limit, () => this.#failure === null && this.#isMember());
    if (this.#failure !== null) throw this.#failure;
    return found;
  }

  async commit(positions: readonly NotedPosition[]): Promise<void> {
    this.#assertOpen();
    if (positions.length === 0) return;
    const committing = this.#commit(positions);
    this.#committing.add(committing);
    try {
      await committing;
    } finally {
      this.#committing.delete(committing);
    }
  }

  async backlog(): Promise<readonly Backlog[]> {
    this.#assertOpen();
    return this.#fetcher.backlog();
  }

  fenced(partitions: readonly TopicPartition[]): void {
    this.#member?.fenced(partitions);
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#watch.close();
    this.#fetcher.close();
    this.#begun.reject(new EngineError('E_SOURCE_CLOSED'));
    await settledWithin(this.#leave(), LEAVE_MS);
    this.#brokers.close();
  }

  async #leave(): Promise<void> {
    await Promise.allSettled(this.#committing);
    await this.#member?.close();
  }

  #makeMember(listener: SourceListener): Member {
    const { group, client, tell, fetch, beforeReading, afterReading } = this.#options;
    const watch = this.#watch;
    const parts = { coordinator: this.#coordinator, group, tell };
    const holder = new Holdings({
      ...parts,
      brokers: this.#brokers,
      fetcher: this.#fetcher,
      listener,
      fetch,
      from: ({ topic, partition }) => (watch.isNew(topic, partition) ? 'earliest' : this.#options.from),
      beforeReading: beforeReading ?? (async () => undefined),
      afterReading: afterReading ?? (() => undefined),
      committer: () => this.#member?.session ?? null,
    });
    return new Member({
      ...parts,
      settings: this.#options.member,
      backoff: client.settings,
      wants: () => ({ topics: [...watch.read.keys()], mark: markOf(watch.read) }),
      cluster: async () => {
        await watch.refresh().catch((error: unknown) => this.#failed(toEngineError(error)));
        return watch.all;
      },
      holder,
      lease: this.#options.lease ?? NO_LEASE,
      began: () => this.#begun.resolve(),
    });
  }

  #isMember(): boolean {
    return (this.#member?.session ?? null) !== null;
  }

  /** A group that deals anew takes no commits for a moment: then once more, as the same member. */
  async #commit(positions: readonly NotedPosition[]): Promise<void> {
    const session = this.#member?.session ?? null;
    if (session === null) throw commitFault('this process is not in the group');
    const { memberId, generation } = session;
    try {
      await commitOffsets(this.#coordinator, this.#options.group, { memberId, generation }, positions);
    } catch (error) {
      if (!isDealing(error)) throw commitFault(describe(error), error);
      await this.#member?.dealt().catch(() => undefined);
      const now = this.#member?.session ?? null;
      if (now !== session || now.generation === generation) throw commitFault(describe(error), error);
      await commitOffsets(this.#coordinator, this.#options.group, now, positions).catch((again: unknown) => {
        throw commitFault(describe(again), again);
      });
    }
  }

  /** A topic that was made again has other offsets. Never rejects. */
  async #outOfRange(partition: TopicPartition, offset: number): Promise<void> {
    await this.#watch.refresh().catch((error: unknown) => this.#failed(toEngineError(error)));
    const isOther = !this.#watch.all.has(partition.topic) || this.#member?.isRemade(partition) === true;
    if (this.#closing !== null || isOther || !this.#fetcher.reads(partition)) return;
    if (this.#options.fetch.outOfRange !== 'stop') {
      this.#member?.restart(partition);
      return;
    }
    const { topic, partition: number } = partition;
    const where = `offset ${offset} of partition ${number} of topic ${topic}`;
    this.#fail(new EngineError('E_KAFKA_OUT_OF_RANGE', `${where} is not there any more`));
  }

  /** What passes is told; what cannot be cured ends the reading. */
  #failed(fault: EngineError): void {
    if (this.#closing !== null) return;
    const { tell, group } = this.#options;
    tell({ type: 'group-fault', group, fault: toFault(fault, 'E_KAFKA_FAILED') });
    if (fault.code === 'E_KAFKA_TOPIC') this.#watch.lookSoon();
    if (FINAL.has(fault.code)) this.#fail(fault);
  }

  #fail(error: unknown): void {
    this.#failure ??= toEngineError(error);
    this.#begun.reject(this.#failure);
    this.#fetcher.wakePull();
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new EngineError('E_SOURCE_CLOSED');
  }
}

/** Rights and versions do not come by waiting; a login that is refused is the member's to judge. */
const FINAL: ReadonlySet<string> = new Set(['E_KAFKA_FORBIDDEN', 'E_KAFKA_VERSION']);

function commitFault(why: string, cause?: unknown): EngineError {
  return new EngineError('E_COMMIT_FAILED', `offsets were not committed: ${why}`, { cause });
}

function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  return new EngineError('E_KAFKA_FAILED', describe(error), { cause: error });
}
