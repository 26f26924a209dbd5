/**
 * What the engine tells of itself. One call per batch or rarer, never per delivery on the hot path.
 * Metrics, logs, the summary and the simulation's checkers all live on these.
 */
import type { LogLine, Tally } from '../model/batch.ts';
import type { Position, TopicPartition } from '../model/delivery.ts';
import type { ErrorCode, Fault } from '../model/errors.ts';
import type { WaitCause, WaitLimit } from '../model/status.ts';

/** The stages of the flow: file names, metric labels and log fields. */
export type Stage =
  'consume' | 'route' | 'shard' | 'dispatch' | 'publish' | 'commit' | 'retry' | 'dead-letter';

/** The steps of an ordered exit, in order. */
export type ExitStep = 'intake' | 'drain' | 'commit';

/** So many deliveries finished at this age, milliseconds. */
export type Age = readonly [ms: number, deliveries: number];

/** One thing that happened. */
export type ProbeEvent =
  | { readonly type: 'assigned'; readonly group: string; readonly partitions: readonly TopicPartition[] }
  | {
      readonly type: 'revoked';
      readonly group: string;
      readonly partitions: readonly TopicPartition[];
      readonly dropped: number;
    }
  | { readonly type: 'consumed'; readonly group: string; readonly deliveries: number; readonly bytes: number }
  /** A topic that no task takes, or that two take; its deliveries are passed over. */
  | {
      readonly type: 'unrouted';
      readonly group: string;
      readonly topic: string;
      readonly tasks: readonly string[];
    }
  /** Deliveries of a task that lack the field of its `shardBy`: they spread without order. */
  | { readonly type: 'unsharded'; readonly task: string; readonly deliveries: number }
  /** Finished before a restart, though above the committed position: passed over. */
  | { readonly type: 'skipped'; readonly group: string; readonly deliveries: number }
  /** The metadata of a committed position is no ack map: what it may have meant is done again. */
  | {
      readonly type: 'ack-map-unreadable';
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
    }
  /** Intake stands still. */
  | { readonly type: 'waiting'; readonly group: string; readonly limit: WaitLimit }
  /** It stood still for so long, because of that; told now and then while it does, and when it goes on. */
  | {
      readonly type: 'waited';
      readonly group: string;
      readonly limit: WaitLimit;
      readonly cause: WaitCause;
      readonly elapsedMs: number;
    }
  | {
      readonly type: 'dispatched';
      readonly slot: number;
      readonly batch: number;
      readonly deliveries: number;
      readonly lanes: number;
    }
  | {
      readonly type: 'outcome';
      readonly slot: number;
      readonly batch: number;
      readonly deliveries: number;
      readonly elapsedMs: number;
      readonly cpuMs: number;
      readonly tally: Tally;
    }
  /** A line of an analyzer's logger. */
  | {
      readonly type: 'analyzer-log';
      readonly task: string;
      readonly source: Position;
      readonly line: LogLine;
    }
  | {
      readonly type: 'suspected';
      readonly slot: number;
      readonly task: string;
      readonly source: Position;
      readonly fault: Fault;
    }
  | {
      readonly type: 'retrying';
      readonly task: string;
      readonly source: Position;
      readonly attempt: number;
      readonly delayMs: number;
      readonly fault: Fault | null;
    }
  | {
      readonly type: 'dead-letter';
      readonly task: string;
      readonly source: Position;
      readonly attempts: number;
      readonly fault: Fault;
    }
  /** Retries are spent and the task says to finish silently. */
  | {
      readonly type: 'gave-up';
      readonly task: string;
      readonly source: Position;
      readonly attempts: number;
      readonly fault: Fault;
    }
  /** Acknowledged publications of one request. */
  | {
      readonly type: 'published';
      readonly findings: number;
      readonly deadLetters: number;
      readonly bytes: number;
      readonly elapsedMs: number;
    }
  | {
      readonly type: 'publish-failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly publications: number;
      readonly retriable: boolean;
    }
  /**
   * Deliveries that left the engine: `withFindings` had at least one finding, `silent` had none,
   * `deadLettered` became dead letters. `ages`: from consumed to finished, in runs of equal age.
   */
  | {
      readonly type: 'finished';
      readonly task: string;
      readonly withFindings: number;
      readonly silent: number;
      readonly deadLettered: number;
      readonly ages: readonly Age[];
    }
  | {
      readonly type: 'committed';
      readonly group: string;
      readonly partitions: number;
      readonly deliveries: number;
      readonly elapsedMs: number;
    }
  | {
      readonly type: 'commit-failed';
      readonly group: string;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | {
      readonly type: 'pull-failed';
      readonly group: string;
      readonly code: ErrorCode;
      readonly message: string;
    }
  /** The circuit of a task has opened; its topics are not read any more. */
  | { readonly type: 'task-stopped'; readonly task: string; readonly reason: string }
  | { readonly type: 'resized'; readonly before: number; readonly after: number }
  /** Retention removed records of the embedded log, or was held back by groups that have not committed. */
  | {
      readonly type: 'log-trimmed';
      readonly records: number;
      readonly bytes: number;
      readonly partitions: readonly TopicPartition[];
      readonly held: readonly TopicPartition[];
    }
  /** Exactly once: another process has taken the partition over; what was held of it is dropped. */
  | { readonly type: 'fenced'; readonly group: string; readonly topic: string; readonly partition: number }
  /** The members of a group have agreed who reads what. */
  | {
      readonly type: 'rebalanced';
      readonly group: string;
      readonly member: string;
      readonly generation: number;
      /** Known to the leader alone; `null` for the others. */
      readonly members: number | null;
      readonly partitions: number;
    }
  /** A source is not in order with its group or its brokers; it goes on trying unless reading fails. */
  | { readonly type: 'group-fault'; readonly group: string; readonly fault: Fault }
  /** The group has given this member's partitions to others, or may have; it joins anew, and is in again once it has `rebalanced`. */
  | { readonly type: 'out-of-group'; readonly group: string; readonly reason: string }
  /** How many partitions are dealt to this member and not read yet, when that changes. */
  | { readonly type: 'unread'; readonly group: string; readonly partitions: number }
  /** What comes next in a partition cannot be read: it stands still until it is revoked. */
  | {
      readonly type: 'partition-stuck';
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly fault: Fault;
    }
  /** What goes out has met an error that its adapter deals with. */
  | {
      readonly type: 'transport-fault';
      readonly part: 'sink' | 'transactions';
      readonly fault: Fault;
    }
  /** CPU time so far of the thread that writes, where there is one. */
  | { readonly type: 'publisher-cpu'; readonly cpuMs: number }
  /** The source does not have the position any more and goes on elsewhere. */
  | {
      readonly type: 'out-of-range';
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly from: number;
      readonly to: number;
    }
  | { readonly type: 'log-trim-failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'draining'; readonly reason: string }
  /** A step of the ordered exit has passed its deadline and was left behind. */
  | { readonly type: 'step-overdue'; readonly step: ExitStep; readonly deadlineMs: number }
  | { readonly type: 'drained'; readonly unfinished: number; readonly elapsedMs: number }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

/** The port. Must not throw. */
export type Probe = (event: ProbeEvent) => void;
