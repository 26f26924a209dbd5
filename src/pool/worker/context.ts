/** What an analyzer of one's own is told, and the answers that it may give instead of a finding. */
import type { AnalyzerContext, AnalyzerLogger, Answer } from '../../model/analyzer.ts';
import type { BatchItem } from '../../model/batch.ts';
import type { PerfEvent } from '../../model/event.ts';
import type { TaskAnalysis } from '../../model/task.ts';
import type { LogBook } from './logs.ts';

/** Longest wait of a requeue: what a timer can hold, about 24 days. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/** The private mark of an answer: a finding that happens to look like one is not in here. */
const answers = new WeakSet();

/** True for what `context.finish()`, `requeue()` or `deadLetter()` made. */
export function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && answers.has(value);
}

/** What a call is made with beside the event. */
interface CallParts {
  readonly task: TaskAnalysis;
  /** Takes the lines of delivery `index`. */
  readonly book: LogBook;
  readonly index: number;
  readonly nowMs: number;
}

/** The context of one call. Answers may be taken off it, and called alone. */
export class CallContext implements AnalyzerContext {
  readonly task: string;
  readonly app: string;
  readonly scene: string;
  readonly attempt: number;
  readonly deadlineMs: number;
  readonly source: AnalyzerContext['source'];
  readonly finish: AnalyzerContext['finish'] = finish;
  readonly requeue: AnalyzerContext['requeue'] = requeue;
  readonly deadLetter: AnalyzerContext['deadLetter'] = deadLetter;
  readonly #parts: CallParts;
  #log: AnalyzerLogger | null = null;

  constructor({ dimensions }: PerfEvent, { delivery, attempt }: BatchItem, parts: CallParts) {
    const { topic, partition, offset } = delivery;
    this.task = parts.task.name;
    this.app = textOf(dimensions['app_id']);
    this.scene = textOf(dimensions['scene']);
    this.attempt = attempt;
    this.deadlineMs = parts.nowMs + parts.task.eventTimeoutMs;
    this.source = { topic, partition, offset };
    this.#parts = parts;
  }

  /** Made when it is first used: most never log. */
  get log(): AnalyzerLogger {
    return (this.#log ??= loggerOf(this.#parts.book, this.#parts.index));
  }
}

function loggerOf(book: LogBook, index: number): AnalyzerLogger {
  return {
    debug: (message, fields) => book.add(index, { level: 'debug', message }, fields),
    info: (message, fields) => book.add(index, { level: 'info', message }, fields),
    warn: (message, fields) => book.add(index, { level: 'warn', message }, fields),
    error: (message, fields) => book.add(index, { level: 'error', message }, fields),
  };
}

function finish(): Answer {
  return marked({ answer: 'finish' });
}

function requeue(delayMs: number): Answer {
  return marked({ answer: 'requeue', delayMs: checkedDelay(delayMs) });
}

function deadLetter(reason: string): Answer {
  return marked({ answer: 'dead-letter', reason: String(reason) });
}

function marked(answer: Answer): Answer {
  answers.add(answer);
  return answer;
}

function checkedDelay(delayMs: number): number {
  if (typeof delayMs !== 'number' || !(delayMs >= 0)) {
    throw new TypeError(`requeue needs milliseconds of at least 0, not ${String(delayMs)}`);
  }
  return Math.min(delayMs, DELAY_MAX_MS);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
