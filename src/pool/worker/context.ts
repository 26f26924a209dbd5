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

/** The context of one call. */
export function contextOf(
  event: PerfEvent,
  { delivery, attempt }: BatchItem,
  call: { readonly task: TaskAnalysis; readonly log: AnalyzerLogger; readonly nowMs: number },
): AnalyzerContext {
  const { topic, partition, offset } = delivery;
  return {
    task: call.task.name,
    app: textOf(event.dimensions['app_id']),
    scene: textOf(event.dimensions['scene']),
    attempt,
    deadlineMs: call.nowMs + call.task.eventTimeoutMs,
    source: { topic, partition, offset },
    log: call.log,
    finish: () => marked({ answer: 'finish' }),
    requeue: (delayMs) => marked({ answer: 'requeue', delayMs: checkedDelay(delayMs) }),
    deadLetter: (reason) => marked({ answer: 'dead-letter', reason: String(reason) }),
  };
}

/** The logger of delivery `index`. */
export function loggerOf(book: LogBook, index: number): AnalyzerLogger {
  return {
    debug: (message, fields) => book.add(index, { level: 'debug', message }, fields),
    info: (message, fields) => book.add(index, { level: 'info', message }, fields),
    warn: (message, fields) => book.add(index, { level: 'warn', message }, fields),
    error: (message, fields) => book.add(index, { level: 'error', message }, fields),
  };
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
