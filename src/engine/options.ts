/** What an engine is made of: its ports, its tasks, its limits. All required; defaults live in `config/spec.ts`. */
import type { Task } from '../model/task.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Pool } from '../ports/pool.ts';
import type { Probe } from '../ports/probe.ts';
import type { Sink } from '../ports/sink.ts';
import type { Source } from '../ports/source.ts';
import type { Transactions } from '../ports/transactions.ts';

/** A consumer group: one source, subscribed to the union of the group's tasks' topics. */
export interface EngineGroup {
  readonly name: string;
  readonly source: Source;
}

/** The named limits of the engine's queues and waits. */
export interface EngineLimits {
  /** Deliveries that may be in flight, from consumed to finished. */
  readonly creditDeliveries: number;
  /** Bytes (keys and values) that may be in flight. */
  readonly creditBytes: number;
  /** Deliveries that one pull may bring. */
  readonly pullDeliveriesMax: number;
  /** How long a pull waits when there is nothing, milliseconds. */
  readonly pullWaitMs: number;
  /** How many deliveries a partition may be read beyond its watermark; one pull more may come on top. */
  readonly aheadMax: number;
  readonly batchDeliveriesMax: number;
  readonly batchBytesMax: number;
  /** Expected time in the worker that a batch aims not to exceed, milliseconds. */
  readonly batchMs: number;
  readonly commitIntervalMs: number;
  /** How long an ordered exit waits for reads under way, milliseconds. */
  readonly intakeMs: number;
  /** How long it then waits for work in hand. */
  readonly drainMs: number;
  /** How long it then tries to commit, and a revoke does. */
  readonly commitMs: number;
  /** How long a revoke waits for work in hand, milliseconds. */
  readonly revokeMs: number;
}

/** How findings and dead letters are written. */
export interface PublishPolicy {
  /** `sync`: one finding in flight in the whole process, its acknowledgement awaited. For comparison. */
  readonly mode: 'async' | 'sync';
  readonly lingerMs: number;
  readonly publicationsMax: number;
  readonly bytesMax: number;
  readonly inFlightMax: number;
  /** Wait before a retriable failure is tried again, milliseconds; doubles up to the maximum. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A dead letter's value is cut to this many bytes. */
  readonly deadLetterBytesMax: number;
  /** Of the delivery's own headers a dead letter keeps so many bytes; a longer key it drops. */
  readonly deadLetterHeaderBytesMax: number;
}

/** Everything an engine needs. */
export interface EngineOptions {
  readonly groups: readonly EngineGroup[];
  readonly tasks: readonly Task[];
  readonly sink: Sink;
  /** Set: exactly once, findings and positions in one transaction; nothing goes to the sink then. */
  readonly transactions: Transactions | null;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly random: Random;
  readonly probe: Probe;
  readonly limits: EngineLimits;
  readonly publish: PublishPolicy;
  /** End by itself when everything is read and finished. */
  readonly untilIdle: boolean;
}
