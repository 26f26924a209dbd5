/**
 * One member of a consumer group: joins, is dealt partitions, lets go of those that others are to have,
 * and joins again whenever partitions are dealt anew.
 *
 * Promise: a partition is let go (drained, committed, fenced) before the group learns that it is free,
 * and what stays is read on without a stop (cooperative rebalance, KIP-429). Whoever is thrown out of
 * the group lets go of everything, and joins as a new member.
 */
import type { TopicPartition } from '../../model/delivery.ts';
import { EngineError, toFault } from '../../model/errors.ts';
import { Wake } from '../wake.ts';
import type { BackoffSettings } from './backoff.ts';
import { Backoff } from './backoff.ts';
import type { Coordinator } from './coordinator.ts';
import { deal } from './deal.ts';
import { protocolError } from './faults.ts';
import { groupFault, isDealing } from './group-fault.ts';
import { errorOfCode } from './internals.ts';
import { byTopic, placeOf } from './places.ts';
import type { Joined } from './protocol/join-group.ts';
import { askJoin } from './protocol/join-group.ts';
import { decodeAssignment, encodeAssignment, encodeSubscription } from './protocol/subscription.ts';
import { Session } from './session.ts';
import type { KafkaEvent, MemberSettings } from './settings.ts';

/** What a member needs. */
export interface MemberOptions {
  readonly coordinator: Coordinator;
  readonly group: string;
  readonly settings: MemberSettings;
  readonly backoff: BackoffSettings;
  /** The topics that it wants now, and a mark that differs when they or their partitions change. */
  readonly wants: () => { readonly topics: readonly string[]; readonly mark: string };
  /** Partitions of all topics of the cluster, for the member that deals. */
  readonly cluster: () => Promise<ReadonlyMap<string, number>>;
  readonly holder: Holder;
  /** The first partitions, if any, are there. */
  readonly began: () => void;
  readonly tell: (event: KafkaEvent) => void;
}

/** Whether a partition goes on where the group has committed, or where the config says, since the brokers do not have that any more. */
export type HeldPosition = 'committed' | 'lost';

/** Who reads the partitions. */
export interface Holder {
  /** Takes those that can be taken now, and says which; the others are offered again. Rejects only with what cannot be cured. */
  take(partitions: readonly TopicPartition[], position: HeldPosition): Promise<readonly TopicPartition[]>;
  /** Gives out nothing of these any more. */
  stop(partitions: readonly TopicPartition[]): void;
  /** Lets them go; bounded in time, never rejects. `lost`: at once, for others may have them. */
  letGo(partitions: readonly TopicPartition[], how?: 'lost'): Promise<void>;
}

/** Our way to deal: the group takes only members that know it. */
const PROTOCOL = 'faultline-sticky';
const MEMBER_ID_REQUIRED = 79;
/** Without anything to do it looks again so often; it is told of all that changes, milliseconds. */
const IDLE_MS = 10_000;

/** The member. */
export class Member {
  readonly #options: MemberOptions;
  readonly #closing = new AbortController();
  readonly #wake = new Wake();
  readonly #held = new Map<string, TopicPartition>();
  /** The generation that dealt them. */
  #heldSince = -1;
  /** Dealt, and not taken yet. */
  #offered: readonly TopicPartition[] = [];
  /** Their position is lost: to be let go and taken anew. */
  readonly #restarting = new Map<string, TopicPartition>();
  #session: Session | null = null;
  #memberId = '';
  #mustJoin = false;
  #hasBegun = false;
  #joining: Promise<void> | null = null;

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  /** What commits are made with; `null` while the group does not know this member. */
  get session(): Session | null {
    return this.#session?.isAlive === true ? this.#session : null;
  }

  /** Resolves when the group has dealt, if it is about to. */
  async dealt(): Promise<void> {
    await this.#joining;
  }

  /** What it wants has changed. */
  rejoin(): void {
    this.#mustJoin = true;
    this.#wake.notify();
  }

  /** The brokers do not have its position: lets it go and takes it anew, if it is still held then. */
  restart(partition: TopicPartition): void {
    this.#restarting.set(placeOf(partition), partition);
    this.#wake.notify();
  }

  /** Until it is closed. Rejects with what cannot be cured: coded. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff(this.#options.backoff);
    while (!signal.aborted) {
      try {
        await this.#letGoIfLost();
        await this.#round();
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        if (this.#survive(error)) await this.#wake.wait(backoff.nextMs(), signal);
      }
    }
  }

  /** Leaves the group. Never rejects; as long as the coordinator takes. */
  async close(): Promise<void> {
    const { coordinator, group } = this.#options;
    this.#closing.abort();
    this.#wake.notify();
    this.#session?.end();
    coordinator.drop('join');
    const leaving = { groupId: group, memberId: this.#memberId };
    if (leaving.memberId !== '')
      await coordinator.ask('group', (broker) => broker.leaveGroup(leaving)).catch(() => undefined);
  }

  /** One time of being dealt partitions, up to the next. */
  async #round(): Promise<void> {
    this.#joining = this.#join();
    await this.#joining.finally(() => {
      this.#joining = null;
    });
    const offered = new Map(this.#offered.map((partition) => [placeOf(partition), partition]));
    const lost = [...this.#held.values()].filter((partition) => !offered.has(placeOf(partition)));
    this.#offered = this.#offered.filter((partition) => !this.#held.has(placeOf(partition)));
    await Promise.all([this.#take(), this.#letGo(lost)]);
    this.#hasBegun = true;
    this.#options.began();
    // The group learns of what was let go by joining again.
    if (lost.length === 0) await this.#idle();
  }

  async #idle(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff(this.#options.backoff);
    while (!signal.aborted && !this.#mustJoin && this.session !== null) {
      if (this.#restarting.size > 0) await this.#restartLost();
      else await this.#wake.wait(this.#offered.length > 0 ? backoff.nextMs() : IDLE_MS, signal);
      if (this.session !== null) await this.#take();
    }
  }

  async #take(position: HeldPosition = 'committed'): Promise<void> {
    if (this.#offered.length === 0) return;
    const taken = await this.#options.holder.take(this.#offered, position);
    for (const partition of taken) this.#held.set(placeOf(partition), partition);
    this.#offered = this.#offered.filter((partition) => !this.#held.has(placeOf(partition)));
  }

  async #letGo(partitions: readonly TopicPartition[], how?: 'lost'): Promise<void> {
    if (partitions.length === 0) return;
    this.#options.holder.stop(partitions);
    await this.#options.holder.letGo(partitions, how);
    for (const partition of partitions) this.#held.delete(placeOf(partition));
  }

  async #restartLost(): Promise<void> {
    const lost = [...this.#restarting.values()].filter((partition) => this.#held.has(placeOf(partition)));
    this.#restarting.clear();
    await this.#letGo(lost);
    const before = this.#offered;
    this.#offered = lost;
    await this.#take('lost');
    this.#offered = [...before, ...this.#offered];
  }

  /** What the group may have given to others is let go before anything else. */
  async #letGoIfLost(): Promise<void> {
    if (this.#session === null || this.#session.isAlive) return;
    this.#session.lose('no heartbeat was acknowledged in time');
    this.#session = null;
    this.#memberId = '';
    this.#offered = [];
    await this.#letGo([...this.#held.values()], 'lost');
  }

  /** JoinGroup and SyncGroup: {@link Member.#offered} is what was dealt, held or not. */
  async #join(): Promise<void> {
    const { coordinator, group, tell } = this.#options;
    this.#mustJoin = false;
    this.#session?.joining();
    const joined = await this.#askToJoin();
    this.#session?.joined(joined.generation);
    const members = joined.members.length;
    const groupAssignment = members > 0 ? await this.#deal(joined) : [];
    const sentMs = performance.now();
    const sync = {
      groupId: group,
      generationId: joined.generation,
      memberId: joined.memberId,
      groupAssignment,
    };
    const { memberAssignment } = await coordinator.ask('join', (broker) => broker.syncGroup(sync));
    if (this.#closing.signal.aborted) return;
    this.#session ??= this.#startSession(joined, sentMs);
    this.#session.synced(sentMs);
    this.#heldSince = joined.generation;
    const dealt = [...decodeAssignment(memberAssignment)];
    this.#offered = dealt.flatMap(([topic, numbers]) => numbers.map((partition) => ({ topic, partition })));
    const { memberId: member, generation } = joined;
    tell({ type: 'rebalanced', group, member, generation, members, partitions: this.#offered.length });
  }

  async #askToJoin(): Promise<Joined> {
    const { coordinator, group, settings, wants } = this.#options;
    const { topics, mark } = wants();
    const owned = byTopic(this.#held.values());
    const subscription = encodeSubscription({ topics, owned, generation: this.#heldSince, mark });
    for (;;) {
      const join = { group, memberId: this.#memberId, ...settings, protocol: PROTOCOL, subscription };
      const joined = await coordinator.ask('join', (broker) => askJoin(broker, join));
      const isFirst = joined.error === MEMBER_ID_REQUIRED;
      if (joined.error !== 0 && !isFirst) throw errorOfCode(joined.error);
      this.#memberId = joined.memberId;
      if (!isFirst) return joined;
    }
  }

  async #deal({ members }: Joined): Promise<{ memberId: string; memberAssignment: Buffer }[]> {
    const dealt = deal(members, await this.#options.cluster());
    return [...dealt].map(([memberId, partitions]) => ({
      memberId,
      memberAssignment: encodeAssignment(partitions),
    }));
  }

  #startSession({ memberId, generation }: Joined, sinceMs: number): Session {
    const { coordinator, group, settings } = this.#options;
    const events = {
      rebalance: () => this.rejoin(),
      lost: (why: string) => {
        this.#tell(new EngineError('E_KAFKA_FAILED', `out of group ${group}, joining anew: ${why}`));
        coordinator.drop('join');
        this.#wake.notify();
      },
      failed: (error: unknown) => this.#tell(groupFault(error, group)),
    };
    return new Session({ coordinator, group, memberId, settings, events }, generation, sinceMs);
  }

  /** Whether to wait before the next try. Throws what cannot be cured. */
  #survive(error: unknown): boolean {
    const fault = groupFault(error, this.#options.group);
    // Certificates are renewed while it runs.
    const isPassing = fault.retriable || (this.#hasBegun && fault.code === 'E_KAFKA_TLS');
    if (!isPassing) throw fault;
    const type = protocolError(error);
    if (type === 'UNKNOWN_MEMBER_ID') {
      this.#memberId = '';
      this.#session?.lose('the group does not know this member any more');
    }
    if (isDealing(error) || type === 'UNKNOWN_MEMBER_ID') return false;
    this.#tell(fault);
    return true;
  }

  #tell(fault: EngineError): void {
    const { tell, group } = this.#options;
    if (!this.#closing.signal.aborted)
      tell({ type: 'group-fault', group, fault: toFault(fault, 'E_KAFKA_FAILED') });
  }
}
