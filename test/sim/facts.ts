/**
 * What happens in the simulated world, as facts: one stream from the ports and the world, on which
 * the ledger, the checkers, the trace and the counts live. Ports only report; who looks at what they
 * report is no business of theirs.
 */
import type { Batch, DeliveryResult } from '../../src/model/batch.ts';
import type {
  Delivery,
  NotedPosition,
  Position,
  Publication,
  TopicPartition,
} from '../../src/model/delivery.ts';
import type { PullLimit } from '../../src/ports/source.ts';
import type { ProbeEvent } from '../../src/ports/probe.ts';
import type { PublishResult } from '../../src/ports/sink.ts';
import type { Transaction } from '../../src/ports/transactions.ts';

/** How a process ended. */
export type ProcessEnd = 'killed' | 'exited' | 'failed';

/** Faults that are dealt and show in no other way. */
export type FaultName =
  'sink-silent' | 'sink-stands' | 'pool-rubbish' | 'assigned-again' | 'assigned-while-leaving' | 'group-lost';

/** One thing that happened. `request` numbers are the sink's own. */
export type Fact =
  | { readonly type: 'started'; readonly process: number }
  | {
      readonly type: 'ended';
      readonly process: number;
      readonly how: ProcessEnd;
      readonly reason: string;
      /** As the engine's report says; 0 when there is none. */
      readonly unfinished: number;
    }
  | { readonly type: 'drain-asked'; readonly reason: string }
  | { readonly type: 'healed' }
  /** The limits of circuits are taken away for processes that start from now on. */
  | { readonly type: 'mended' }
  /** A fault that no other fact tells of. */
  | { readonly type: 'fault'; readonly what: FaultName }
  /** The process does not run for a while, the world does. */
  | { readonly type: 'stopped'; readonly forMs: number }
  | { readonly type: 'assigned'; readonly group: string; readonly partitions: readonly TopicPartition[] }
  /** Taken away without a word: we are told later, by a revoke. */
  | { readonly type: 'lost'; readonly group: string; readonly partitions: readonly TopicPartition[] }
  | { readonly type: 'revoking'; readonly group: string; readonly partitions: readonly TopicPartition[] }
  | {
      readonly type: 'let-go';
      readonly group: string;
      readonly partitions: readonly TopicPartition[];
      readonly elapsedMs: number;
    }
  | { readonly type: 'pull-asked'; readonly group: string; readonly limit: PullLimit }
  /** Pulls that wait and bring nothing are no fact. */
  | { readonly type: 'handed-out'; readonly group: string; readonly deliveries: readonly Delivery[] }
  | { readonly type: 'pull-failed'; readonly group: string; readonly code: string }
  | { readonly type: 'commit-asked'; readonly group: string; readonly positions: readonly NotedPosition[] }
  | { readonly type: 'commit-stored'; readonly group: string; readonly positions: readonly NotedPosition[] }
  /** It will not be answered for long. */
  | { readonly type: 'commit-hangs'; readonly group: string; readonly positions: readonly NotedPosition[] }
  | {
      readonly type: 'commit-failed';
      readonly group: string;
      readonly positions: readonly NotedPosition[];
      readonly why: string;
    }
  | { readonly type: 'metadata-lost'; readonly group: string; readonly partition: TopicPartition }
  /** Another member of the group finished a record, or stored a position. */
  | { readonly type: 'rival-finished'; readonly group: string; readonly position: Position }
  | { readonly type: 'rival-stored'; readonly group: string; readonly position: Position }
  | { readonly type: 'transact-asked'; readonly transaction: Transaction }
  | {
      readonly type: 'transact-failed';
      readonly transaction: Transaction;
      readonly why: string;
      /** The engine must end of it. */
      readonly isFinal: boolean;
    }
  /** It took effect; whether the process hears of it is another matter. */
  | { readonly type: 'transacted'; readonly transaction: Transaction }
  /** The process hears that it took effect. */
  | { readonly type: 'transact-answered'; readonly transaction: Transaction }
  | { readonly type: 'dispatched'; readonly slot: number; readonly batch: Batch }
  | {
      readonly type: 'returned';
      readonly slot: number;
      readonly batch: Batch;
      readonly results: readonly DeliveryResult[];
    }
  /** The pool was asked for so many slots; it has them with `resized`. */
  | { readonly type: 'resizing'; readonly slots: number }
  | { readonly type: 'resized'; readonly slots: number }
  | { readonly type: 'resize-failed'; readonly slots: number }
  | { readonly type: 'thread-lost'; readonly slot: number; readonly why: 'hang' | 'death' }
  | {
      readonly type: 'publish-asked';
      readonly request: number;
      readonly publications: readonly Publication[];
    }
  | { readonly type: 'written'; readonly publication: Publication }
  | {
      readonly type: 'answered';
      readonly request: number;
      readonly publications: readonly Publication[];
      readonly results: readonly PublishResult[];
    }
  | { readonly type: 'probe'; readonly event: ProbeEvent };

/** Takes a fact. Must not throw: it is called from within the engine. */
export type Report = (fact: Fact) => void;
