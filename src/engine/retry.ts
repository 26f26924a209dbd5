/**
 * retry: what becomes of a delivery that failed: again after a while, alone, or given up.
 *
 * While a key waits, later deliveries of that key wait behind it and other keys go on. The number of
 * waiting keys is bounded; past the bound the whole lane waits.
 */
import type { Fault } from '../model/errors.ts';
import type { RetryPolicy } from '../model/task.ts';
import type { Clock, Random } from '../ports/clock.ts';
import { headerText } from './headers.ts';
import type { Lane, Work } from './lane.ts';

/** Per-delivery limit of retries, set by who made the record. */
const RETRY_MAX_HEADER = 'faultline-retry-max';
/** What to do with a delivery that failed. */
export type Decision =
  | { readonly type: 'again'; readonly delayMs: number }
  | { readonly type: 'give-up'; readonly how: RetryPolicy['onExhausted'] };

/** Decides about a failure from the policy, the delivery's own header and the tries so far. */
export function decide(work: Work, fault: Fault, random: Random): Decision {
  const policy = work.lane.owner.task.retry;
  if (!fault.retriable) return { type: 'give-up', how: 'dead-letter' };
  if (work.attempt > retriesMax(work, policy)) return { type: 'give-up', how: policy.onExhausted };
  return { type: 'again', delayMs: backoffMs(policy, work.attempt, random) };
}

/** Decides about a delivery whose analyzer asks for it again. */
export function decideRequeue(work: Work, delayMs: number): Decision {
  const { requeuesMax, onExhausted } = work.lane.owner.task.retry;
  return work.requeues < requeuesMax ? { type: 'again', delayMs } : { type: 'give-up', how: onExhausted };
}

/** Doubles from `backoffMs` up to its maximum; jitter takes up to half of it away. */
export function backoffMs(policy: RetryPolicy, attempt: number, random: Random): number {
  const full = Math.min(policy.backoffMaxMs, policy.backoffMs * 2 ** (attempt - 1));
  return full * (1 - random() / 2);
}

function retriesMax(work: Work, policy: RetryPolicy): number {
  const asked = headerText(work.delivery.headers, RETRY_MAX_HEADER);
  if (asked === undefined || !/^\d{1,9}$/.test(asked)) return policy.retriesMax;
  return Math.min(Number(asked), policy.perRecordMax);
}

/** Keeps deliveries until their time comes. */
export class Retry {
  readonly #clock: Clock;
  readonly #ready: (lane: Lane) => void;

  /** `ready` is called with a lane whose waiting deliveries came back. */
  constructor(clock: Clock, ready: (lane: Lane) => void) {
    this.#clock = clock;
    this.#ready = ready;
  }

  /** Whether the task may hold one more key apart. */
  hasRoom(lane: Lane): boolean {
    return lane.owner.heldKeys < lane.owner.task.heldKeysMax;
  }

  /** Holds the key of `work` for `delayMs`. */
  holdKey(work: Work, delayMs: number): void {
    const { lane } = work;
    const name = lane.hold(work);
    this.#clock.schedule(delayMs, () => {
      lane.release(name);
      this.#ready(lane);
    });
  }

  /** Holds a whole lane for `delayMs`; its first delivery is the one that waits. */
  holdLane(lane: Lane, delayMs: number): void {
    lane.blocks += 1;
    this.#clock.schedule(delayMs, () => {
      lane.blocks -= 1;
      this.#ready(lane);
    });
  }
}
