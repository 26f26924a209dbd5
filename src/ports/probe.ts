/**
 * What the engine tells of itself. One call per batch or rarer, never per delivery on the hot path.
 * Metrics, logs, the summary and the simulation's checkers all live on these.
 */
import type { LogLine, Tally } from '../model/batch.ts';
import type { Position, TopicPartition } from '../model/delivery.ts';
import type { ErrorCode, Fault } from '../model/errors.ts';

/** The stages of the flow: file names, metric labels and log fields. */
export type Stage =
  'consume' | 'route' | 'shard' | 'dispatch' | 'publish' | 'commit' | 'retry' | 'dead-letter';

/** Why intake waits. */
export type WaitCause = 'credit-deliveries' | 'credit-bytes' | 'lane' | 'ahead';

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
  | { readonly type: 'waiting'; readonly cause: WaitCause }
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
  | { readonly type: 'draining'; readonly reason: string }
  | { readonly type: 'drained'; readonly unfinished: number; readonly elapsedMs: number }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

/** The port. Must not throw. */
export type Probe = (event: ProbeEvent) => void;
