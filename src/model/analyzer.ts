/**
 * The contract of an analyzer: what a team's own module implements, and what the built-in ones do.
 *
 * An analyzer runs in a worker thread, one event at a time. It may be asynchronous and may throw:
 * what it throws is tried again unless the error has `retriable: false`. It must be pure: after a
 * fault the same event is analysed again.
 */
import type { PerfEvent } from './event.ts';

/** A finding of an analyzer of one's own: any plain object; unset envelope fields are filled in. */
export type CustomFinding = Readonly<Record<string, unknown>>;

/** Done: nothing to publish. */
export interface FinishAnswer {
  readonly answer: 'finish';
}

/** See it again after `delayMs`; later deliveries of its key wait behind it. */
export interface RequeueAnswer {
  readonly answer: 'requeue';
  readonly delayMs: number;
}

/** Give it up: it becomes a dead letter with this reason. */
export interface DeadLetterAnswer {
  readonly answer: 'dead-letter';
  readonly reason: string;
}

/** Why a plain object: an answer made by `context.finish()` and its like carries a private mark. */
export type Answer = FinishAnswer | RequeueAnswer | DeadLetterAnswer;

/** What an analyzer may return. Nothing (`undefined`, `null`, an empty list) finishes the delivery. */
export type AnalyzerResult = CustomFinding | readonly CustomFinding[] | Answer | null | undefined | void;

/** Log lines travel back with the outcome and appear in the engine's log with ids. */
export interface AnalyzerLogger {
  /** Tells what only a developer wants to know. */
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Tells what is worth knowing. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Tells what is odd. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Tells what went wrong. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What an analyzer is told beside the event. */
export interface AnalyzerContext {
  /** Name of the task. */
  readonly task: string;
  /** `dimensions.app_id`, or empty. */
  readonly app: string;
  /** `dimensions.scene`, or empty. */
  readonly scene: string;
  /** 1 at the first try. */
  readonly attempt: number;
  /** When the engine gives up on this delivery: milliseconds since 1970. */
  readonly deadlineMs: number;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly log: AnalyzerLogger;
  /** The answer: done, nothing to publish. */
  finish(): Answer;
  /** The answer: see it again after `delayMs`; its key waits. */
  requeue(delayMs: number): Answer;
  /** The answer: give it up, with this reason. */
  deadLetter(reason: string): Answer;
}

/** The analyzer itself: a module's default export. */
export type Analyzer = (
  event: PerfEvent,
  context: AnalyzerContext,
) => AnalyzerResult | Promise<AnalyzerResult>;
