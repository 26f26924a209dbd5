/**
 * The text in a report, whatever it came as: a string, a list of lines, an object with a stack.
 *
 * Reads own fields by name only, so that `__proto__` and its like are data.
 */
import type { Problem } from '../model/report.ts';
import { note } from './problems.ts';

/** Fields that hold a stack, by how often they are met: V8's name first, old Opera's last but one. */
const STACK_FIELDS = ['stack', 'stack_trace', 'stackTrace', 'trace', 'stacktrace', 'text'] as const;

/** What a report says in words. */
export interface ReportText {
  readonly text: string;
  /** Type and message that the report gives beside the stack, as a JavaScript error object does. */
  readonly type?: string;
  readonly message?: string;
}

/** The text of a report; empty, with a problem, where it has none. */
export function reportText(report: unknown, problems: Problem[]): ReportText {
  const found = read(report);
  if (found === null) {
    note(problems, report === null || report === undefined ? 'report-empty' : 'report-type');
    return { text: '' };
  }
  if (found.text.trim() === '' && found.message === undefined) note(problems, 'report-empty');
  return found;
}

function read(report: unknown): ReportText | null {
  if (typeof report === 'string') return { text: report };
  if (typeof report !== 'object' || report === null) return null;
  if (Array.isArray(report)) return lineList(report);
  const type = ownString(report, 'name') ?? ownString(report, 'type');
  const message = ownString(report, 'message');
  const text = STACK_FIELDS.map((field) => ownStack(report, field)).find((stack) => stack !== undefined);
  if (text === undefined && message === undefined) return null;
  return {
    text: text ?? '',
    ...(type === undefined ? {} : { type }),
    ...(message === undefined ? {} : { message }),
  };
}

function lineList(report: readonly unknown[]): ReportText | null {
  const lines = report.filter((line) => typeof line === 'string');
  return lines.length === report.length && lines.length > 0 ? { text: lines.join('\n') } : null;
}

function ownStack(report: object, field: string): string | undefined {
  const value: unknown = Object.hasOwn(report, field) ? Reflect.get(report, field) : undefined;
  if (Array.isArray(value)) return lineList(value)?.text;
  return typeof value === 'string' ? value : undefined;
}

function ownString(report: object, field: string): string | undefined {
  const value: unknown = Object.hasOwn(report, field) ? Reflect.get(report, field) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
