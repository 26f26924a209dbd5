/**
 * Whether the process is alive and does its work, with reasons: what `/healthz` and `/readyz` say.
 *
 * starting → ready → draining, and failed from anywhere. While ready, a source or sink that does not
 * work is a reason against readiness, until it works again or nothing more is heard of it for
 * {@link TROUBLE_MS}; a partition that stands still, or a group that is without this member, is one for
 * as long as it lasts. Such trouble never counts against being alive: a restart would not help.
 */
import type { Probe } from '../ports/probe.ts';
import type { Stuck } from './stuck.ts';
import { StuckPartitions } from './stuck.ts';

/** Where in its life the engine is. */
export type HealthState = 'starting' | 'ready' | 'draining' | 'failed';

/** The answer at one moment. */
export interface HealthReport {
  readonly state: HealthState;
  /** False: only a restart helps. */
  readonly live: boolean;
  /** True: deliveries are being processed. */
  readonly ready: boolean;
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
}

/** What may be in the way of a ready engine. */
type Obstacle = 'sink' | `source ${string}` | `commit ${string}`;

interface Trouble {
  readonly reason: string;
  readonly atMs: number;
}

/** How long trouble counts that neither repeats nor ends; success is not always told. */
export const TROUBLE_MS = 60_000;

/** Partitions that stand still, and are told one by one. */
const STUCK_TOLD_MAX = 10;

/** Follows the engine by its probe. */
export class Health {
  readonly #monotonicMs: () => number;
  readonly #troubles = new Map<Obstacle, Trouble>();
  /** Tasks that are stopped until a restart. */
  readonly #stopped: string[] = [];
  /** Groups that have thrown this member out, with why. */
  readonly #outside = new Map<string, string>();
  /** By group: partitions that were dealt to it and could not be taken up yet. */
  readonly #unread = new Map<string, number>();
  readonly #stuck = new StuckPartitions();
  #state: HealthState = 'starting';
  #reason = 'no partition is assigned yet';

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  readonly probe: Probe = (event) => {
    this.#stuck.apply(event);
    switch (event.type) {
      case 'assigned':
        if (this.#state === 'starting') this.#state = 'ready';
        return;
      case 'pull-failed':
        this.#trouble(`source ${event.group}`, `group ${event.group} cannot be read: ${event.code}`);
        return;
      case 'group-fault': {
        const { code, message } = event.fault;
        this.#trouble(`source ${event.group}`, `group ${event.group}: ${code}: ${message}`);
        return;
      }
      case 'out-of-group':
        this.#outside.set(event.group, event.reason);
        return;
      case 'unread':
        this.#unread.set(event.group, event.partitions);
        return;
      case 'rebalanced':
        this.#outside.delete(event.group);
        this.#troubles.delete(`source ${event.group}`);
        return;
      case 'consumed':
        this.#troubles.delete(`source ${event.group}`);
        return;
      case 'publish-failed':
        // One refused for good becomes a dead letter; the sink works.
        if (event.retriable) this.#trouble('sink', `the sink does not write: ${event.code}`);
        return;
      case 'published':
        this.#troubles.delete('sink');
        return;
      case 'commit-failed':
        this.#trouble(`commit ${event.group}`, `group ${event.group} cannot commit: ${event.code}`);
        return;
      case 'committed':
        this.#troubles.delete(`commit ${event.group}`);
        return;
      case 'task-stopped':
        this.#stopped.push(`task ${event.task} is stopped: ${event.reason}`);
        return;
      case 'draining':
        this.#enter('draining', `draining: ${event.reason}`);
        return;
      case 'failed':
        this.#enter('failed', `${event.code}: ${event.message}`);
        return;
      default:
    }
  };

  /** How it is now. */
  report(): HealthReport {
    const state = this.#state;
    const reasons = state === 'ready' ? [...this.#stopped, ...this.obstacles()] : [this.#reason];
    return { state, live: state !== 'failed', ready: reasons.length === 0, reasons };
  }

  /** What is in the way now beside stopped tasks, in whatever state: sentences without their points. */
  obstacles(): readonly string[] {
    return [
      ...[...this.#outside].map(([group, why]) => `group ${group} is without this process: ${why}`),
      ...[...this.#unread].filter(([, count]) => count > 0).map(unreadWords),
      ...this.#stuckWords(),
      ...this.#currentTroubles(),
    ];
  }

  /** Why a partition stands still, one for each group in which it does. */
  stuck(topic: string, partition: number): readonly Stuck[] {
    return this.#stuck.all().filter((each) => each.topic === topic && each.partition === partition);
  }

  /** A failed engine stays failed, though it drains. */
  #enter(state: HealthState, reason: string): void {
    if (this.#state === 'failed') return;
    this.#state = state;
    this.#reason = reason;
  }

  #trouble(obstacle: Obstacle, reason: string): void {
    this.#troubles.set(obstacle, { reason, atMs: this.#monotonicMs() });
  }

  #currentTroubles(): readonly string[] {
    const sinceMs = this.#monotonicMs() - TROUBLE_MS;
    const troubles = [...this.#troubles.values()].filter(({ atMs }) => atMs > sinceMs);
    return troubles.map(({ reason }) => reason);
  }

  #stuckWords(): readonly string[] {
    const all = this.#stuck.all();
    const words = all
      .slice(0, STUCK_TOLD_MAX)
      .map(({ group, code, message }) => `group ${group}: ${code}: ${message}`);
    const more = all.length - words.length;
    return more > 0 ? [...words, `${more} more partitions stand still`] : words;
  }
}

function unreadWords([group, partitions]: readonly [string, number]): string {
  const which = partitions === 1 ? 'a partition is' : `${partitions} partitions are`;
  return `group ${group}: ${which} this process’s to read and could not be taken up yet`;
}
