/**
 * Whether the process is alive and does its work, with reasons: what `/healthz` and `/readyz` say.
 *
 * starting → ready → draining, and failed from anywhere. While ready, a source or sink that does not
 * work is a reason against readiness, until it works again or nothing more is heard of it for
 * {@link TROUBLE_MS}. Such trouble never counts against being alive: a restart would not help.
 */
import type { Probe } from '../ports/probe.ts';

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

/** Follows the engine by its probe. */
export class Health {
  readonly #monotonicMs: () => number;
  readonly #troubles = new Map<Obstacle, Trouble>();
  /** Tasks that are stopped until a restart. */
  readonly #stopped: string[] = [];
  #state: HealthState = 'starting';
  #reason = 'no partition is assigned yet';

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  readonly probe: Probe = (event) => {
    switch (event.type) {
      case 'assigned':
        if (this.#state === 'starting') this.#state = 'ready';
        return;
      case 'pull-failed':
        this.#trouble(`source ${event.group}`, `group ${event.group} cannot be read: ${event.code}`);
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
    const reasons = state === 'ready' ? this.#currentTroubles() : [this.#reason];
    return { state, live: state !== 'failed', ready: reasons.length === 0, reasons };
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
    return [...this.#stopped, ...troubles.map(({ reason }) => reason)];
  }
}
