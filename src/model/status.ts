/**
 * What an engine tells of its state when it is asked: the answers of `faultline status` and `faultline why`.
 *
 * Plain data, so that it crosses a socket as JSON. Made on demand; the hot path keeps nothing for it.
 */
import type { Fault } from './errors.ts';
import type { Position } from './delivery.ts';

/**
 * Where a delivery in flight is.
 * - `lane`: waits for a thread.
 * - `pool`: in a batch, in hand or waiting in its slot.
 * - `retry`: its key waits for a retry, its own or an earlier delivery's.
 * - `sink`: its findings or its dead letter are not acknowledged yet.
 * - `release`: exactly-once only: done, and held back behind an earlier offset of its partition.
 */
export type Whereabouts = 'lane' | 'pool' | 'retry' | 'sink' | 'release';

/** Why intake stands still: what most deliveries in flight wait for. `commit`: finished, and not committed. */
export type WaitCause = 'pool' | 'retry' | 'sink' | 'commit';

/** What intake ran into: a limit of the config. */
export type WaitLimit = 'credit.deliveries' | 'credit.bytes' | 'laneLengthMax' | 'aheadMax';

/** Intake of one group. */
export interface IntakeStatus {
  readonly group: string;
  /** `null` while it consumes. */
  readonly waiting: { readonly limit: WaitLimit; readonly cause: WaitCause; readonly forMs: number } | null;
}

/** One task. */
export interface TaskStatus {
  readonly name: string;
  readonly group: string;
  /** Why its circuit stopped it; `null` while it works. */
  readonly stopped: string | null;
  /** Deliveries that wait in its lanes, and the longest of them. */
  readonly queued: number;
  readonly longestLane: number;
  readonly heldKeys: number;
}

/** One slot of the pool. */
export interface SlotStatus {
  readonly slot: number;
  readonly batches: number;
  readonly deliveries: number;
}

/** One partition. */
export interface PartitionStatus {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly task: string | null;
  readonly phase: 'active' | 'revoking' | 'stopped' | 'fenced';
  /** The next offset to commit; `null` before the first delivery. */
  readonly watermark: number | null;
  /** The last committed offset of this assignment; `null` before the first commit. */
  readonly committed: number | null;
  /** Deliveries begun at or after the lowest unfinished one. */
  readonly ahead: number;
}

/** The engine as a whole. */
export interface EngineStatus {
  readonly state: 'running' | 'draining' | 'ended';
  /** Why it drains; `null` while it runs. */
  readonly reason: string | null;
  readonly delivery: 'at-least-once' | 'exactly-once';
  readonly inFlight: Readonly<Record<Whereabouts, number>>;
  readonly credit: {
    readonly deliveries: number;
    readonly deliveriesMax: number;
    readonly bytes: number;
    readonly bytesMax: number;
  };
  readonly intake: readonly IntakeStatus[];
  readonly slots: readonly SlotStatus[];
  readonly tasks: readonly TaskStatus[];
  readonly partitions: readonly PartitionStatus[];
}

/** The delivery that holds a watermark. */
export interface Holder extends Position {
  /** The key as text where it is printable, else in hexadecimal with `0x`; `null` without one. At most 200 characters. */
  readonly key: string | null;
  /** `dropped`: given back, because its task was stopped or its partition is being taken away. */
  readonly where: Whereabouts | 'dropped';
  readonly task: string;
  readonly lane: number;
  /** The thread that has it; `null` when none has. */
  readonly slot: number | null;
  /** Since it was consumed, milliseconds. */
  readonly ageMs: number;
  readonly attempts: number;
  /** Times that its analyzer asked for it again. */
  readonly requeues: number;
  readonly lastError: Fault | null;
}

/** Why the watermark of a partition stands where it stands. */
export interface WhyPartition {
  readonly partition: PartitionStatus;
  /** The lowest unfinished delivery; `null` when nothing is unfinished. */
  readonly holder: Holder | null;
  /** One sentence for people. */
  readonly sentence: string;
}
