/**
 * JavaScript errors: the stack as the engine printed it, alone or in an error object.
 *
 * The lines before the first frame are the header, `Name: message`, on any number of lines. What Node
 * prints in braces after the frames is a tree: causes, and the errors of an `AggregateError`, of which
 * the first stands as its cause and the others beside it. An error object's own name and message go
 * before those of the stack, as sentry-javascript has it. Opera's oldest form (`Line 42 of linked script
 * …`) is read too. It does not apply source maps.
 */
import type { CrashReport, Frame } from '../../model/report.ts';
import type { Mutable } from '../mutable.ts';
import type { ReportText } from '../report-text.ts';
import { decimalIn } from '../stack/decimal.ts';
import { isInApp } from '../stack/in-app.ts';
import { parseJsFrame } from '../stack/js-frame.ts';
import type { DraftException, ParseContext } from './context.ts';
import type { ExceptionHeader } from './exception-header.ts';
import { carriedHeaders, headerOf, isHeader, stacklessHeader, type CarriedHeader } from './js-header.ts';

/** The list of an `AggregateError`. */
const ERRORS = '[errors]: [';
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
  /** Of each of Node's braces and brackets that are open, the exception whose content it is. */
  readonly #holders: number[] = [];
  /** The next member of a list is the first of `[errors]`. */
  #firstMember = false;
  /** The current one's frames are still to come; until then its message goes on. */
  #message = false;

  constructor(context: ParseContext) {
    this.#context = context;
  }

  /** Reads a trimmed line that is not empty; false when no more should be read. */
  read(text: string, index: number): boolean {
    const current = this.#current;
    const frame = current === null && isBarePlace(text) ? null : (parseJsFrame(text) ?? parseOpera(text));
    if (frame !== null) return this.#frame(frame, text, index);
    if (current !== null && text.startsWith('at ')) {
      if (text !== PLACELESS) this.#context.note('frame-unreadable', index);
      return true;
    }
    if (current === null || !this.#message) return this.#other(text, index);
    this.#context.extendMessage(current, text, index);
    return true;
  }

  finish(told: ReportText): CrashReport {
    const exceptions = this.#exceptions.length > 0 ? this.#exceptions : [drafted(this.#header)];
    tell(exceptions[0], told);
    return { format: 'js-stack', exceptions, threads: [], problems: this.#context.problems };
  }

  #frame(frame: Frame, text: string, index: number): boolean {
    const exception = this.#current ?? drafted(this.#header);
    if (this.#current === null && !this.#open(exception, index)) return false;
    this.#context.addFrame(exception.frames, frame, index);
    this.#message = false;
    if (text.endsWith(' {')) this.#holders.push(this.#exceptions.length - 1);
    return true;
  }

  /** What is neither frame nor message: an error, a property, prose. */
  #other(text: string, index: number): boolean {
    const thrown = this.#current === null ? stacklessHeader(text) : null;
    if (thrown !== null) return this.#stackless(thrown, text, index);
    if (text.startsWith(ERRORS)) this.#firstMember = true;
    const carried = carriedHeaders(text, this.#holders.length > 0);
    for (const header of carried) if (!this.#carried(header, index)) return false;
    if (this.#current === null) this.#keep(text, index);
    else if (this.#holders.length > 0 && !this.#message) this.#brace(text, carried.length > 0);
    return true;
  }

  /** The one thrown has no frames; what it holds may follow. */
  #stackless(header: ExceptionHeader, text: string, index: number): boolean {
    const opened = this.#open({ ...header, frames: [] }, index);
    if (text.endsWith('{')) this.#holders.push(0);
    return opened;
  }

  #carried({ as, stack, ...header }: CarriedHeader, index: number): boolean {
    if (this.#current === null) this.#open(drafted(this.#header), index);
    const parent = this.#holders.at(-1) ?? this.#exceptions.length - 1;
    const relation = as === 'cause' || this.#firstMember ? 'cause' : 'context';
    if (as === 'member') this.#firstMember = false;
    this.#message = stack && this.#holders.length > 0;
    return this.#open({ ...header, relation, parent, frames: [] }, index);
  }

  /** Follows what opens and closes; `opens`: the line began an exception, whose content it would be. */
  #brace(text: string, opens: boolean): void {
    if (/[}\]],?$/.test(text)) this.#firstMember = false;
    if (text.startsWith('}') || text.startsWith(']')) this.#holders.pop();
    if (!text.endsWith('{') && !text.endsWith('[')) return;
    this.#holders.push(opens ? this.#exceptions.length - 1 : (this.#holders.at(-1) ?? 0));
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
