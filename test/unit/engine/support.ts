/** Small stand-ins of the engine's ports for its unit tests: time moves by hand, everything is recorded. */
import type { Batch, DeliveryResult, Outcome } from '../../../src/model/batch.ts';
import { NO_TALLY } from '../../../src/model/batch.ts';
import type { Delivery, Headers, Publication } from '../../../src/model/delivery.ts';
import { NO_HEADERS } from '../../../src/model/delivery.ts';
import type { Task } from '../../../src/model/task.ts';
import type { Cancel, Clock } from '../../../src/ports/clock.ts';
import type { Pool } from '../../../src/ports/pool.ts';
import type { PublishResult, Sink } from '../../../src/ports/sink.ts';
import type { Transaction, Transactions } from '../../../src/ports/transactions.ts';
import type { EngineLimits, PublishPolicy } from '../../../src/engine/options.ts';
import type { Lane } from '../../../src/engine/lane.ts';
import { TaskLanes, Work } from '../../../src/engine/lane.ts';
import { Partition } from '../../../src/engine/partition.ts';

export const LIMITS: EngineLimits = {
  creditDeliveries: 1000,
  creditBytes: 1_000_000,
  pullDeliveriesMax: 100,
  pullWaitMs: 100,
  aheadMax: 1000,
  batchDeliveriesMax: 4,
  batchBytesMax: 1000,
  batchMs: 8,
  commitIntervalMs: 100,
  intakeMs: 500,
  drainMs: 1000,
  commitMs: 500,
  revokeMs: 500,
};

export const POLICY: PublishPolicy = {
  mode: 'async',
  lingerMs: 5,
  publicationsMax: 3,
  bytesMax: 10_000,
  inFlightMax: 2,
  backoffMs: 10,
  backoffMaxMs: 40,
  deadLetterBytesMax: 8,
  deadLetterHeaderBytesMax: 100,
};

export const TASK: Task = {
  name: 'crash',
  group: 'group',
  topics: [/crash/],
  lanes: 4,
  laneLengthMax: 100,
  heldKeysMax: 2,
  shardBy: { field: null, rule: 'hash', scanBytesMax: 1000 },
  circuit: { deadLetterPercentMax: 0, window: 10, consecutiveMax: 0 },
  retry: {
    retriesMax: 3,
    perRecordMax: 100,
    requeuesMax: 1000,
    backoffMs: 100,
    backoffMaxMs: 1000,
    onExhausted: 'dead-letter',
  },
  outputs: { findings: 'findings', deadLetters: 'dead-letters' },
};

/** Time that moves only by `advance`. */
export class HandClock implements Clock {
  #nowMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];

  /** Timers that have neither run nor been cancelled. */
  get waiting(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): Cancel {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Runs what is due within `ms`, in the order of its times; microtasks settle after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const [next] = this.#timers.filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** Lets all microtasks run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A pool whose batches are answered by hand. */
export class HandPool implements Pool {
  slots: number;
  readonly running: {
    slot: number;
    batch: Batch;
    answer: (results: DeliveryResult[], elapsedMs?: number) => void;
  }[] = [];

  constructor(slots: number) {
    this.slots = slots;
  }

  run(slot: number, batch: Batch): Promise<Outcome> {
    return new Promise((resolve) => {
      this.running.push({
        slot,
        batch,
        answer: (results, elapsedMs = 0) => {
          resolve({ results, elapsedMs, cpuMs: 0, tally: NO_TALLY, logs: [] });
        },
      });
    });
  }

  resize(slots: number): Promise<void> {
    this.slots = slots;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A sink whose requests are answered by hand. */
export class HandSink implements Sink {
  readonly requests: { publications: readonly Publication[]; answer: (results: PublishResult[]) => void }[] =
    [];

  publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    return new Promise((answer) => {
      this.requests.push({ publications, answer });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Transactions that are answered by hand. */
export class HandTransactions implements Transactions {
  positionsMax: number = Infinity;
  readonly requests: {
    transaction: Transaction;
    answer: (results: PublishResult[]) => void;
    reject: (error: unknown) => void;
  }[] = [];

  transact(transaction: Transaction): Promise<readonly PublishResult[]> {
    return new Promise((answer, reject) => {
      this.requests.push({ transaction, answer, reject });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(value: Uint8Array | null): string {
  return value === null ? 'null' : new TextDecoder().decode(value);
}

/** A delivery of `app-crash`/0. */
export function delivery(
  offset: number,
  key: string | null = null,
  more: { value?: string; headers?: Headers } = {},
): Delivery {
  return {
    topic: 'app-crash',
    partition: 0,
    offset,
    key: key === null ? null : bytes(key),
    value: bytes(more.value ?? `value ${String(offset)}`),
    headers: more.headers ?? NO_HEADERS,
    timestampMs: 1000 + offset,
  };
}

/** Deliveries with offsets from `from` up to and without `to`, each with a key of its own unless one is given. */
export function deliveries(from: number, to: number, key?: string | null): Delivery[] {
  return Array.from({ length: to - from }, (_, i) =>
    delivery(from + i, key === undefined ? `key ${String(from + i)}` : key),
  );
}

/** A task with its lanes, a partition and a way to make works in a chosen lane. */
export function makeLanes(task: Task = TASK): {
  owner: TaskLanes;
  partition: Partition;
  work: (lane: number, d: Delivery) => Work;
} {
  const owner = new TaskLanes(0, task, 1);
  const place = { group: 'group', topic: 'app-crash', partition: 0, committed: null };
  const partition = new Partition({ ...place, epoch: 1 }, owner);
  return {
    owner,
    partition,
    work: (lane, made) =>
      new Work(made, owner.sharding.orderOf(made), {
        lane: laneOf(owner, lane),
        partition,
        pull: { consumedMs: 0 },
      }),
  };
}

export function laneOf(owner: TaskLanes, index: number): Lane {
  const lane = owner.lanes[index];
  if (lane === undefined) throw new Error(`no lane ${String(index)}`);
  return lane;
}
