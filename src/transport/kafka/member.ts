/**
 * One member of a consumer group: joins, is dealt partitions, lets go of those that others are to have,
 * and joins again whenever partitions are dealt anew.
 *
 * Promise: a partition is let go (drained, committed, fenced) before the group learns that it is free,
 * and what stays is read on without a stop (cooperative rebalance, KIP-429). Whoever is thrown out of
 * the group lets go of everything, and joins as a new member. A rebalance waits for nothing that is only
 * being taken up: that is dealt again.
 */
import type { TopicPartition } from '../../model/delivery.ts';
import type { EngineError } from '../../model/errors.ts';
import { toFault } from '../../model/errors.ts';
import { Wake } from '../wake.ts';
import type { BackoffSettings } from './backoff.ts';
import { Backoff } from './backoff.ts';
import type { Coordinator } from './coordinator.ts';
import { deal } from './deal.ts';
import { protocolError } from './faults.ts';
import { groupFault, isDealing } from './group-fault.ts';
import { errorOfCode } from './internals.ts';
import { byTopic, placeOf } from './places.ts';
import type { Lease } from './lease.ts';
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
  /** What was read may be written as long as it runs. */
  readonly lease: Lease;
  /** The first partitions, if any, are there. */
  readonly began: () => void;
  readonly tell: (event: KafkaEvent) => void;
}

/** Whether a partition goes on where the group has committed, where the config says, since the brokers do not have that any more, or at the start of a topic that was made again. */
export type HeldPosition = 'committed' | 'lost' | 'remade';

/** Who reads the partitions. */
export interface Holder {
  /**
   * Takes those that can be taken now, and says which; the others are offered again. None when the signal
   * is given: at once, for the group deals anew. Rejects only with what cannot be cured.
   */
  take(
    partitions: readonly TopicPartition[],
    position: HeldPosition,
    signal: AbortSignal,
  ): Promise<readonly TopicPartition[]>;
  /** Gives out nothing of these any more. */
  stop(partitions: readonly TopicPartition[]): void;
  /** Lets them go; bounded in time, never rejects. `lost`: at once, nothing committed, for others may have them, or their topic is another. */
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
  /** How many of them was told last. */
  #unread = 0;
  /** How to take those that are not to go on where the group has committed, until they are: first those of them that are held are let go. */
  readonly #anew = new Map<string, HeldPosition>();
  /** Held, and another has shut this one out: to be let go, and taken anew if they are dealt to it again. */
  readonly #fenced = new Map<string, TopicPartition>();
  /** Ends when what is offered is not any more. */
  #taking = new AbortController();
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
    this.#taking.abort();
    this.#wake.notify();
  }

  /** The brokers do not have its position: lets it go and takes it anew, if it is still held then. */
  restart(partition: TopicPartition): void {
    const place = placeOf(partition);
    if (this.#held.has(place) && !this.#anew.has(place)) this.#anew.set(place, 'lost');
    this.#wake.notify();
  }

  /** A topic was deleted and made again: lets go of what is held of it, and takes what was dealt of it from its start. */
  remade(topic: string): void {
    for (const partition of [...this.#held.values(), ...this.#offered])
      if (partition.topic === topic) this.#anew.set(placeOf(partition), 'remade');
    this.#wake.notify();
  }

  /** Whether it is about to be taken from the start of a topic that was made again. */
  isRemade(partition: TopicPartition): boolean {
    return this.#anew.get(placeOf(partition)) === 'remade';
  }

  /** Another may write for these: lets them go as lost, and asks the group whose they are. */
  fenced(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const place = placeOf(partition);
      if (this.#held.has(place)) this.#fenced.set(place, partition);
    }
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
    this.#taking.abort();
    this.#wake.notify();
    this.#session?.end();
    this.#options.lease.release();
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
    this.#tellUnread();
    await Promise.all([this.#take(), this.#letGo(lost)]);
    for (const place of this.#anew.keys()) if (!offered.has(place)) this.#anew.delete(place);
    this.#hasBegun = true;
    if (!this.#mustJoin) this.#options.began();
    // The group learns of what was let go by joining again.
    if (lost.length === 0) await this.#idle();
  }

  async #idle(): Promise<void> {
    const { signal } = this.#closing;
    const backoff = new Backoff(this.#options.backoff);
    while (!signal.aborted && !this.#mustJoin && this.session !== null) {
      if (this.#fenced.size > 0) await this.#letGoFenced();
      else if (this.#restarting.length > 0) await this.#restart();
      else await this.#wake.wait(this.#offered.length > 0 ? backoff.nextMs() : IDLE_MS, signal);
      await this.#take();
    }
  }

  async #take(): Promise<void> {
    for (const [position, partitions] of Map.groupBy(this.#offered, (each) => this.#positionOf(each))) {
      if (this.#mustJoin || this.#closing.signal.aborted || this.session === null) break;
      await this.#takeAt(position, partitions);
    }
    this.#tellUnread();
  }

  async #takeAt(position: HeldPosition, partitions: readonly TopicPartition[]): Promise<void> {
    this.#taking = new AbortController();
    const taken = await this.#options.holder.take(partitions, position, this.#taking.signal);
    for (const partition of taken) {
      this.#held.set(placeOf(partition), partition);
      // A topic that was made again meanwhile is yet to be begun.
      if (this.#positionOf(partition) === position) this.#anew.delete(placeOf(partition));
    }
    this.#offered = this.#offered.filter((partition) => !this.#held.has(placeOf(partition)));
  }

  #positionOf(partition: TopicPartition): HeldPosition {
    return this.#anew.get(placeOf(partition)) ?? 'committed';
  }

  #tellUnread(): void {
    const { group, tell } = this.#options;
    const partitions = this.#offered.length;
    if (partitions !== this.#unread) tell({ type: 'unread', group, partitions });
    this.#unread = partitions;
  }

  async #letGo(partitions: readonly TopicPartition[], how?: 'lost'): Promise<void> {
    const { holder } = this.#options;
    if (partitions.length === 0) return;
    holder.stop(partitions);
    // Offsets of a topic that was deleted are none of the one that has its name now.
    const asked = Map.groupBy(partitions, (partition) => (this.isRemade(partition) ? 'lost' : how));
    await Promise.all([...asked].map(([each, those]) => holder.letGo(those, each)));
    for (const partition of partitions) {
      this.#held.delete(placeOf(partition));
      this.#fenced.delete(placeOf(partition));
    }
  }

  /** By dealing, the group says whether they are still this one's: taken on a guess, they could be fenced from the rightful owner. */
  async #letGoFenced(): Promise<void> {
    const partitions = [...this.#fenced.values()];
    await this.#letGo(partitions, 'lost');
    for (const partition of partitions) this.#anew.delete(placeOf(partition));
    this.rejoin();
  }

  get #restarting(): readonly TopicPartition[] {
    return [...this.#held.values()].filter((partition) => this.#anew.has(placeOf(partition)));
  }

  async #restart(): Promise<void> {
    const partitions = this.#restarting;
    await this.#letGo(partitions);
    this.#offered = [...this.#offered, ...partitions];
  }

  /** What the group may have given to others is let go before anything else. */
  async #letGoIfLost(): Promise<void> {
    if (this.#session === null || this.#session.isAlive) return;
    this.#session.lose('no heartbeat was acknowledged in time');
    this.#session = null;
    this.#memberId = '';
    this.#offered = [];
    this.#tellUnread();
    await this.#letGo([...this.#held.values()], 'lost');
    this.#anew.clear();
    this.#options.lease.release();
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
    const known = members > 0 ? members : null;
    tell({ type: 'rebalanced', group, member, generation, members: known, partitions: this.#offered.length });
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
    const { coordinator, group, settings, lease, tell } = this.#options;
    const events = {
      rebalance: () => this.rejoin(),
      lost: (why: string) => {
        this.#taking.abort();
        if (!this.#closing.signal.aborted) tell({ type: 'out-of-group', group, reason: why });
        coordinator.drop('join');
        this.#wake.notify();
      },
      failed: (error: unknown) => this.#tell(groupFault(error, group)),
    };
    return new Session({ coordinator, group, memberId, settings, lease, events }, generation, sinceMs);
  }

  /** Whether to wait before the next try. Throws what cannot be cured. */
  #survive(error: unknown): boolean {
    const fault = groupFault(error, this.#options.group);
    // Certificates and passwords are renewed while it runs, and a broker that starts may not know the user yet.
    const isRenewed = fault.code === 'E_KAFKA_TLS' || fault.code === 'E_KAFKA_AUTH';
    const isPassing = fault.retriable || (this.#hasBegun && isRenewed);
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
