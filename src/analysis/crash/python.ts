/**
 * Python tracebacks, as the interpreter and `traceback` print them.
 *
 * Chained tracebacks: the last one is what was thrown, earlier ones are its cause ("direct cause") or
 * its context ("During handling"). The members of an exception group follow it as suppressed.
 * Frames are turned round: innermost first, as everywhere. Printed source lines are passed over.
 */
import type { CrashReport, Frame } from '../../model/report.ts';
import type { Mutable } from '../mutable.ts';
import { decimalIn } from '../stack/decimal.ts';
import { isInApp } from '../stack/in-app.ts';
import type { DraftException, ParseContext } from './context.ts';
import { parseHeader } from './exception-header.ts';

const TRACEBACK = 'Traceback (most recent call last):';
const GROUP_TRACEBACK = 'Exception Group Traceback (most recent call last):';
const DIRECT_CAUSE = 'The above exception was the direct cause';
const DURING_HANDLING = 'During handling of the above exception';
/** Atheris, Google's fuzzer for Python, prints the exception before its traceback after this line. */
const HEADER_FIRST = '=== Uncaught Python exception: ===';

/** Parses the lines of a report. */
export function parsePython(lines: readonly string[], context: ParseContext): CrashReport {
  const scan = new PythonScan(context);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (line !== undefined && !scan.read(line, i)) break;
  }
  return scan.finish();
}

/** Where in a traceback the scan is. */
type Expect = 'anything' | 'frames' | 'message' | 'early-header';

class PythonScan {
  readonly #context: ParseContext;
  /** In the order of the report: what was thrown first is first. */
  readonly #chain: DraftException[] = [];
  readonly #members: DraftException[] = [];
  #current: DraftException | null = null;
  #expect: Expect = 'anything';
  #early: DraftException | null = null;
  /** Whether a group has been seen: only then is a margin of `|` and `+` one. */
  #grouped = false;
  #inGroup = false;

  constructor(context: ParseContext) {
    this.#context = context;
  }

  /** Reads a line; false when no more should be read. */
  read(line: string, index: number): boolean {
    this.#grouped ||= line.includes(GROUP_TRACEBACK);
    const margin = this.#grouped ? marginEnd(line) : 0;
    const text = line.slice(margin).trim();
    if (margin > 0 && text.startsWith('-')) return this.#separator(text);
    if (text.endsWith(TRACEBACK)) return this.#begin(index);
    if (text.startsWith('File "')) return this.#frame(text, index);
    if (text === HEADER_FIRST) this.#expect = 'early-header';
    else if (text.startsWith(DIRECT_CAUSE)) this.#relate('cause');
    else if (text.startsWith(DURING_HANDLING)) this.#relate('context');
    else if (text !== '') return this.#other(text, isIndented(line, margin), index);
    else if (this.#expect === 'message') this.#expect = 'anything';
    return true;
  }

  /** The chain turned round, so that what was thrown last comes first; then the group's members. */
  finish(): CrashReport {
    const chain = this.#chain.toReversed();
    chain.forEach((exception, index) => {
      if (index > 0) exception.parent = index - 1;
    });
    if (chain.length > 0)
      for (const member of this.#members) Object.assign(member, { relation: 'suppressed', parent: 0 });
    const exceptions = [...chain, ...this.#members];
    for (const exception of exceptions) exception.frames.reverse();
    return { format: 'python-stack', exceptions, threads: [], problems: this.#context.problems };
  }

  #begin(index: number): boolean {
    const early = this.#early;
    this.#early = null;
    const opened = this.#open(early ?? { type: '', frames: [] }, index);
    this.#expect = early === null ? 'frames' : 'anything';
    return opened;
  }

  #open(exception: DraftException, index: number): boolean {
    this.#current = exception;
    return this.#context.addException(this.#inGroup ? this.#members : this.#chain, exception, index);
  }

  /** The traceback before is related to the next one, which its relation is written at. */
  #relate(relation: 'cause' | 'context'): void {
    const last = this.#chain.at(-1);
    if (last !== undefined && !this.#inGroup) last.relation = relation;
    this.#expect = 'anything';
  }

  /** `---------------- 2 ----------------` begins a member of a group, one without a number ends it. */
  #separator(text: string): boolean {
    this.#inGroup = text.includes(' ');
    this.#current = null;
    this.#expect = this.#inGroup ? 'frames' : 'anything';
    return true;
  }

  /** `File "a.py", line 3, in f`; a syntax error's place has no function. */
  #frame(text: string, index: number): boolean {
    const frame = parsePythonFrame(text);
    if (frame === null) this.#context.note('frame-unreadable', index);
    if (frame === null) return true;
    if (this.#current === null && !this.#open({ type: '', frames: [] }, index)) return false;
    if (this.#current !== null) this.#context.addFrame(this.#current.frames, frame, index);
    if (this.#current?.type === '') this.#expect = 'frames';
    return true;
  }

  #other(text: string, indented: boolean, index: number): boolean {
    switch (this.#expect) {
      case 'early-header':
        this.#early = { ...(parseHeader(text, 0) ?? { type: text }), frames: [] };
        this.#expect = 'anything';
        return true;
      case 'frames':
        return indented || this.#header(text, index);
      case 'message':
        if (this.#current !== null) this.#context.extendMessage(this.#current, text, index);
        return true;
      case 'anything':
        return true;
    }
  }

  /** The line that names the exception, after its frames. */
  #header(text: string, index: number): boolean {
    if (this.#current === null && !this.#open({ type: '', frames: [] }, index)) return false;
    const header = parseHeader(text, 0) ?? { type: '', message: text };
    if (this.#current !== null) Object.assign(this.#current, header);
    this.#expect = 'message';
    return true;
  }
}

/** One line of a traceback, trimmed; `null` for what is none. */
function parsePythonFrame(text: string): Frame | null {
  const quote = text.indexOf('", line ', 6);
  if (!text.startsWith('File "') || quote < 0) return null;
  const from = quote + 8;
  const comma = text.indexOf(', in ', from);
  const line = decimalIn(text, from, comma < 0 ? text.length : comma);
  if (line < 0) return null;
  const frame: Mutable<Frame> = { raw: text, file: text.slice(6, quote), line };
  if (comma >= 0) frame.function = text.slice(comma + 5);
  frame.inApp = isInApp(frame, 'python');
  return frame;
}

/** Where the text begins after the margin of an exception group (`  | `, `  +-+`); 0 without one. */
function marginEnd(line: string): number {
  let at = 0;
  while (line.charCodeAt(at) === 32) at++;
  const mark = line.charAt(at);
  if (mark === '|') return at + 1;
  if (mark !== '+') return 0;
  return line.startsWith('+-+-', at) ? at + 3 : at + 1;
}

/** Source lines are indented, the line that names the exception is not. */
function isIndented(line: string, margin: number): boolean {
  const code = line.charCodeAt(margin);
  const next = line.charCodeAt(margin + 1);
  return margin === 0 ? code === 32 || code === 9 : code === 32 && next === 32;
}
