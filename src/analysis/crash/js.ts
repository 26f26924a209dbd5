/**
 * JavaScript errors: the stack as the engine printed it, alone or in an error object.
 *
 * The lines before the first frame are the header, `Name: message`, on any number of lines; Node's
 * `[cause]:` begins a cause. An error object's own name and message go before those of the stack,
 * as sentry-javascript has it. Opera's oldest form (`Line 42 of linked script …`) is read too. It does
 * not apply source maps.
 */
import type { CrashReport, Frame } from '../../model/report.ts';
import type { Mutable } from '../mutable.ts';
import type { ReportText } from '../report-text.ts';
import { decimalIn } from '../stack/decimal.ts';
import { isInApp } from '../stack/in-app.ts';
import { parseJsFrame } from '../stack/js-frame.ts';
import type { DraftException, ParseContext } from './context.ts';
import { findHeader, isThrowableName, parseHeader, type ExceptionHeader } from './exception-header.ts';

/** What V8 prints for a step of its own. */
const PLACELESS = 'at <anonymous>';

/** Parses the lines of a stack; `told` is what the report says beside it. */
export function parseJs(lines: readonly string[], context: ParseContext, told: ReportText): CrashReport {
  const scan = new JsScan(context);
  for (let i = 0; i < lines.length; i++) {
    const text = (lines[i] ?? '').trim();
    if (text !== '' && !scan.read(text, i)) break;
  }
  return scan.finish(told);
}

class JsScan {
  readonly #context: ParseContext;
  readonly #exceptions: DraftException[] = [];
  /** The lines before the first frame, and their length together. */
  readonly #header: string[] = [];
  #headerLength = 0;
  #current: DraftException | null = null;

  constructor(context: ParseContext) {
    this.#context = context;
  }

  /** Reads a trimmed line that is not empty; false when no more should be read. */
  read(text: string, index: number): boolean {
    const frame =
      this.#current === null && isBarePlace(text) ? null : (parseJsFrame(text) ?? parseOpera(text));
    if (frame !== null) return this.#frame(frame, index);
    const cause = causeHeader(text);
    if (cause !== null) return this.#cause(cause, index);
    if (this.#current === null) this.#keep(text, index);
    else if (text.startsWith('at ') && text !== PLACELESS) this.#context.note('frame-unreadable', index);
    return true;
  }

  finish(told: ReportText): CrashReport {
    const exceptions = this.#exceptions.length > 0 ? this.#exceptions : [drafted(this.#header)];
    tell(exceptions[0], told);
    return { format: 'js-stack', exceptions, threads: [], problems: this.#context.problems };
  }

  #frame(frame: Frame, index: number): boolean {
    const exception = this.#current ?? drafted(this.#header);
    if (this.#current === null && !this.#open(exception, index)) return false;
    this.#context.addFrame(exception.frames, frame, index);
    return true;
  }

  #cause(header: ExceptionHeader, index: number): boolean {
    if (this.#current === null) this.#open(drafted(this.#header), index);
    const parent = this.#exceptions.length - 1;
    return this.#open({ ...header, relation: 'cause', parent, frames: [] }, index);
  }

  #open(exception: DraftException, index: number): boolean {
    this.#current = exception;
    return this.#context.addException(this.#exceptions, exception, index);
  }

  #keep(text: string, index: number): void {
    this.#headerLength += text.length;
    if (this.#headerLength > this.#context.limits.lineBytesMax)
      this.#context.note('message-over-limit', index);
    else this.#header.push(text);
  }
}

/** Node prints `/app/a.js:3` above the error; among frames such a line is one of React Native's. */
function isBarePlace(text: string): boolean {
  return !text.startsWith('at ') && !text.startsWith('Line ') && !text.includes('@') && !text.startsWith('[');
}

/** The exception that the lines before the first frame name. */
function drafted(lines: readonly string[]): DraftException {
  const at = lines.findIndex((line) => isHeader(line));
  const first = lines[Math.max(at, 0)];
  if (first === undefined) return { type: '', frames: [] };
  const header = headerOf(first);
  const more = lines.slice(Math.max(at, 0) + 1);
  const message = [...(header.message === undefined ? [] : [header.message]), ...more].join('\n');
  return { type: header.type, ...(message === '' ? {} : { message }), frames: [] };
}

function isHeader(line: string): boolean {
  const header = headerOf(line);
  return header.type !== '' && isThrowableName(header.type);
}

/** `TypeError: x`, `Uncaught (in promise) TypeError: x`, Node's `TypeError [ERR_X]: x`. */
function headerOf(line: string): ExceptionHeader {
  const direct = parseHeader(line, 0);
  if (direct !== null && (direct.message !== undefined || isThrowableName(direct.type))) return direct;
  const code = line.indexOf(' [');
  const end = code < 0 ? -1 : line.indexOf(']: ', code);
  if (end > 0 && isThrowableName(line.slice(0, code)) && !line.slice(0, code).includes(' ')) {
    return { type: line.slice(0, code), message: line.slice(end + 3) };
  }
  return (line.startsWith('Un') ? findHeader(line) : null) ?? { type: '', message: line };
}

function causeHeader(text: string): ExceptionHeader | null {
  if (text.startsWith('[cause]: ')) return headerOf(text.slice(9));
  return text.startsWith('Caused by: ') ? headerOf(text.slice(11)) : null;
}

function tell(exception: DraftException | undefined, told: ReportText): void {
  if (exception === undefined) return;
  if (told.type !== undefined) exception.type = told.type;
  if (told.message !== undefined) exception.message = told.message;
  if (exception.type === '') exception.type = 'Error';
}

/** `Line 18 of linked script http://a/b.js: In function f`, `Line 4 of inline#1 script in …`. */
function parseOpera(text: string): Frame | null {
  const of = text.startsWith('Line ') ? text.indexOf(' of ', 5) : -1;
  const script = of < 0 ? -1 : text.indexOf(' script ', of);
  const line = script < 0 ? -1 : decimalIn(text, 5, of);
  if (line < 0) return null;
  const from = script + (text.startsWith(' script in ', script) ? 11 : 8);
  const named = text.indexOf(': In function ', from);
  const frame: Mutable<Frame> = { raw: text, file: text.slice(from, named < 0 ? text.length : named), line };
  if (named >= 0) frame.function = text.slice(named + 14);
  frame.inApp = isInApp(frame, 'javascript');
  return frame;
}
