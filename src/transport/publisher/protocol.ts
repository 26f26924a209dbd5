/** What the main thread and the thread that writes say to each other. Types only. */
import type { NotedPosition, Publication, TopicPartition } from '../../model/delivery.ts';
import type { EngineError } from '../../model/errors.ts';
import type { PublishResult, Sink } from '../../ports/sink.ts';
import type { Transactions } from '../../ports/transactions.ts';
import type { Failure, WireFault } from './faults.ts';
import type { PackedPublications } from './packing.ts';

/** Transactions whose partitions are taken over from whoever had them before. */
export interface FencingTransactions extends Transactions {
  /** When it resolves, nobody else can write for them. Rejects with a coded error. */
  begin(group: string, places: readonly TopicPartition[]): Promise<void>;
  /** They are let go. */
  forget(group: string, places: readonly TopicPartition[]): void;
}

/** A sink that is told in which term publications were taken, where that was before they came to it. */
export interface TermedSink extends Sink {
  publish(publications: readonly Publication[], term?: number): Promise<readonly PublishResult[]>;
}

/** What writes. */
export interface Writers {
  readonly sink: TermedSink;
  readonly transactions: FencingTransactions | null;
}

/** One of them. */
export type WriterPart = 'sink' | 'transactions';

/** A line of the log of what writes. */
export interface WriterLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly of: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What those who write have from where they live: the main thread's, whichever thread they are in. */
export interface WriterHost {
  log(line: WriterLine): void;
  /** Is told of what is tried again, and of what failed. */
  tell(part: WriterPart, error: EngineError): void;
  /** A token to log in with. */
  token(): Promise<string>;
}

/** To the thread. What has a `call` is answered. */
export type PublisherRequest =
  | {
      readonly type: 'publish';
      readonly call: number;
      /** How many calls with failures for now the main thread knew of. */
      readonly failuresSeen: number;
      readonly term: number;
      readonly packed: PackedPublications;
    }
  | {
      readonly type: 'transact';
      readonly call: number;
      readonly group: string;
      readonly positions: readonly NotedPosition[];
      readonly packed: PackedPublications;
    }
  | {
      readonly type: 'begin';
      readonly call: number;
      readonly group: string;
      readonly places: readonly TopicPartition[];
    }
  | { readonly type: 'forget'; readonly group: string; readonly places: readonly TopicPartition[] }
  | { readonly type: 'close'; readonly call: number; readonly part: WriterPart }
  | { readonly type: 'token'; readonly ask: number; readonly token: string | WireFault };

/** A request that is answered. */
export type PublisherCall = Extract<PublisherRequest, { readonly call: number }>;

/** What becomes of a call. */
export type PublisherAnswer =
  | {
      readonly type: 'done';
      readonly failures: readonly Failure[];
      /** The request's, to be used again; `null` where the bytes of what failed may still be held. */
      readonly buffer: ArrayBuffer | null;
    }
  | { readonly type: 'rejected'; readonly fault: WireFault };

/** From the thread. */
export type PublisherReply =
  | { readonly type: 'ready'; readonly positionsMax: number | null; readonly cpuMs: number }
  | {
      readonly type: 'answer';
      readonly call: number;
      readonly answer: PublisherAnswer;
      /** CPU time of the thread so far. */
      readonly cpuMs: number;
    }
  | { readonly type: 'log'; readonly line: WriterLine }
  | { readonly type: 'told'; readonly part: WriterPart; readonly fault: WireFault }
  | { readonly type: 'token'; readonly ask: number };
