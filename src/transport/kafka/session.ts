/**
 * Heartbeats of one member, and the knowledge of whether it still is one.
 *
 * They run on a timer and a connection of their own: no handler, no fetch and no JoinGroup that waits
 * for others holds them up. The session counts from when the last acknowledged request was sent, by
 * our own clock: a process that was stopped for longer knows that it is out before it asks anybody.
 */
import type { Coordinator } from './coordinator.ts';
import { protocolError } from './faults.ts';
import type { Lease } from './lease.ts';
import type { MemberSettings } from './settings.ts';

/** What heartbeats find out. */
export interface SessionEvents {
  /** The group deals partitions anew: join again. */
  rebalance(): void;
  /** No member any more: its partitions may be another's by now. Told once. */
  lost(why: string): void;
  /** A heartbeat failed for a reason that may pass. */
  failed(error: unknown): void;
}

/** Who beats for what. */
export interface SessionOptions {
  readonly coordinator: Pick<Coordinator, 'ask' | 'drop'>;
  readonly group: string;
  readonly memberId: string;
  readonly settings: MemberSettings;
  /** Runs as long as the session does. */
  readonly lease: Lease;
  readonly events: SessionEvents;
}

/** Share of the session timeout after which an unanswered heartbeat goes over another connection. */
const ANSWER_SHARE = 1 / 3;
/** Wait after a heartbeat that failed, milliseconds, where that is less than the usual one. */
const RETRY_MS = 300;

/** From the generation in which the member was taken in until it leaves or is lost. */
export class Session {
  readonly #options: SessionOptions;
  #generation: number;
  /** From JoinGroup to the end of SyncGroup. */
  #isJoining = false;
  #acknowledgedMs: number;
  #beating: NodeJS.Timeout;
  #watching: NodeJS.Timeout;
  #state: 'alive' | 'lost' | 'ended' = 'alive';

  /** `sinceMs`: when the request was sent that the coordinator has answered. */
  constructor(options: SessionOptions, generation: number, sinceMs: number) {
    this.#options = options;
    this.#generation = generation;
    this.#acknowledgedMs = sinceMs;
    options.lease.extend(this.#leftMs());
    this.#beating = setTimeout(() => void this.#beat(), options.settings.heartbeatMs);
    this.#watching = this.#watch();
  }

  get memberId(): string {
    return this.#options.memberId;
  }

  /** The newest that JoinGroup has told. */
  get generation(): number {
    return this.#generation;
  }

  /** False from the moment on at which the brokers may have given the partitions to others. */
  get isAlive(): boolean {
    return this.#state === 'alive' && this.#leftMs() > 0;
  }

  /** JoinGroup is being asked: until SyncGroup has ended too, another generation is no surprise. */
  joining(): void {
    this.#isJoining = true;
  }

  /** JoinGroup was answered. */
  joined(generation: number): void {
    this.#generation = generation;
  }

  /** SyncGroup, sent then, was answered. */
  synced(sentMs: number): void {
    this.#isJoining = false;
    this.#acknowledge(sentMs);
  }

  /** It is known that this is no member any more. */
  lose(why: string): void {
    if (this.#state !== 'alive') return;
    this.end();
    this.#state = 'lost';
    this.#options.lease.expire();
    this.#options.events.lost(why);
  }

  /** Ends the heartbeats. */
  end(): void {
    if (this.#state === 'alive') this.#state = 'ended';
    clearTimeout(this.#beating);
    clearTimeout(this.#watching);
  }

  async #beat(): Promise<void> {
    const { settings } = this.#options;
    if (this.#isOver()) return;
    const isUnderstood = await this.#ask();
    if (this.#state !== 'alive') return;
    const nextMs = isUnderstood ? settings.heartbeatMs : Math.min(settings.heartbeatMs, RETRY_MS);
    this.#beating = setTimeout(() => void this.#beat(), nextMs);
  }

  /** One heartbeat: whether its answer said if this is a member. */
  async #ask(): Promise<boolean> {
    const { coordinator, group, memberId, settings, events } = this.#options;
    const asked = { groupId: group, groupGenerationId: this.#generation, memberId };
    const sentMs = performance.now();
    const overdue = setTimeout(() => coordinator.drop('group'), settings.sessionTimeoutMs * ANSWER_SHARE);
    try {
      await coordinator.ask('group', (broker) => broker.heartbeat(asked));
      this.#acknowledge(sentMs);
      return true;
    } catch (error) {
      const isUnderstood = this.#understand(protocolError(error), asked.groupGenerationId, sentMs);
      if (!isUnderstood) events.failed(error);
      return isUnderstood;
    } finally {
      clearTimeout(overdue);
    }
  }

  #understand(type: string, generation: number, sentMs: number): boolean {
    const isExpected = this.#isJoining || generation !== this.#generation;
    switch (type) {
      case 'REBALANCE_IN_PROGRESS':
        this.#acknowledge(sentMs);
        if (!isExpected && this.#state === 'alive') this.#options.events.rebalance();
        return true;
      case 'ILLEGAL_GENERATION':
        if (!isExpected) this.lose('the group has gone on without this member');
        return true;
      case 'UNKNOWN_MEMBER_ID':
        this.lose('the group does not know this member any more');
        return true;
      default:
        return false;
    }
  }

  #acknowledge(sentMs: number): void {
    if (this.#isOver()) return;
    this.#acknowledgedMs = Math.max(this.#acknowledgedMs, sentMs);
    this.#options.lease.extend(this.#leftMs());
    clearTimeout(this.#watching);
    this.#watching = this.#watch();
  }

  /** Looks again when the time is over: timers may come early by a fraction of a millisecond. */
  #watch(): NodeJS.Timeout {
    return setTimeout(
      () => {
        if (!this.#isOver()) this.#watching = this.#watch();
      },
      Math.max(1, Math.ceil(this.#leftMs())),
    );
  }

  /** Whether it has ended; one whose time has passed is lost by that. */
  #isOver(): boolean {
    if (this.#leftMs() <= 0) this.lose('no heartbeat was acknowledged in time');
    return this.#state !== 'alive';
  }

  #leftMs(): number {
    return this.#acknowledgedMs + this.#options.settings.sessionTimeoutMs - performance.now();
  }
}
