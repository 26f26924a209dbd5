/**
 * Java, Kotlin and Android stacks: what `Throwable.printStackTrace` and Android's log print.
 *
 * Causes, suppressed exceptions (nested, by their indent), `... n more`, circular references,
 * messages of several lines, the crash marks of Android and of the JVM. Several traces in a report
 * are all kept, in order; what stands before a `FATAL EXCEPTION` that has frames is not the crash
 * and is dropped. One pass, one look at each line; stacks that were met before are known again. It
 * does not retrace.
 */
import type { CrashReport, Frame } from '../../model/report.ts';
import { decimalIn } from '../stack/decimal.ts';
import { parseJavaFrame } from '../stack/java-frame.ts';
import { FrameRuns } from '../stack/frame-runs.ts';
import { pastBlanks, trimmedFrom } from '../stack/scan.ts';
import type { ParseContext, RunException } from './context.ts';
import {
  exceptionTypeEnd,
  findHeader,
  isThrowableName,
  parseHeader,
  type ExceptionHeader,
} from './exception-header.ts';

type Relation = 'cause' | 'suppressed';

/** Stacks that this thread has met. */
const MET = new FrameRuns(parseJavaFrame);

/** Parses the lines of a report. Without an exception in them the list of exceptions is empty. */
export function parseJava(
  lines: readonly string[],
  context: ParseContext,
  met: FrameRuns = MET,
): CrashReport {
  const scan = new JavaScan(lines, context, met);
  for (let i = 0; i < lines.length && i >= 0;) i = scan.read(i);
  return scan.finish();
}

/** Nothing more is to be read. */
const ENOUGH = -1;

class JavaScan {
  readonly #lines: readonly string[];
  readonly #context: ParseContext;
  readonly #met: FrameRuns;
  readonly #facts: Record<string, string> = {};
  readonly #exceptions: RunException[] = [];
  /** Indent of each exception's header: what nests in what. */
  readonly #indents: number[] = [];
  #current: RunException | null = null;
  /** Whether the current header's type is named like an exception; another line may be the real header. */
  #certain = false;
  /** The last line that is nothing known: a header, perhaps, if a frame follows. */
  #text = '';
  /** Where the exceptions of the current trace begin, and of the first trace that Android calls fatal. */
  #root = 0;
  #fatalFrom = -1;

  constructor(lines: readonly string[], context: ParseContext, met: FrameRuns) {
    this.#lines = lines;
    this.#context = context;
    this.#met = met;
  }

  /** Reads a line, or a run of frames; the index of the next one, or {@link ENOUGH}. */
  read(index: number): number {
    const line = this.#lines[index] ?? '';
    const start = pastBlanks(line, 0);
    if (line.startsWith('at ', start)) return this.#frames(index);
    return this.#line(line, start, index) ? index + 1 : ENOUGH;
  }

  #line(line: string, start: number, index: number): boolean {
    if (start === line.length) return true;
    const text = trimmedFrom(line, start);
    if (text.startsWith('...')) return this.#common(text);
    if (text.startsWith('Caused by: ')) return this.#related(text.slice(11), 'cause', start, index);
    if (text.startsWith('Suppressed: ')) return this.#related(text.slice(12), 'suppressed', start, index);
    if (text.startsWith('[CIRCULAR REFERENCE')) return this.#related(text, 'cause', start, index);
    if (text.startsWith('- ') || this.#marks(text)) return true;
    return this.#other(withoutCaption(text, this.#facts), start, index);
  }

  finish(): CrashReport {
    if (this.#exceptions.length === 0 && this.#text !== '') this.#openRoot(headerOf(this.#text), 0, 0);
    const fatal = this.#exceptions.slice(Math.max(this.#fatalFrom, 0));
    const kept = fatal.some((exception) => exception.frames.length > 0) ? fatal : this.#exceptions;
    const dropped = this.#exceptions.length - kept.length;
    for (const exception of kept) if (exception.parent !== undefined) exception.parent -= dropped;
    return {
      format: 'java-stack',
      exceptions: kept,
      threads: [],
      problems: this.#context.problems,
      facts: this.#facts,
    };
  }

  /** As many lines as are frames, one at least. */
  #frames(index: number): number {
    const known = this.#met.find(this.#lines, index);
    const run = known?.frames ?? this.#readRun(index);
    if (run.length === 0) {
      this.#context.note('frame-unreadable', index);
      return index + 1;
    }
    const header = this.#text === '' ? null : classHeaderOf(this.#text);
    this.#text = '';
    if (header !== null || this.#current === null) {
      if (!this.#openRoot(header ?? { type: '' }, 0, index)) return ENOUGH;
    }
    if (this.#current !== null) this.#context.addRun(this.#current, run, index);
    return index + run.length;
  }

  #readRun(from: number): readonly Frame[] {
    const run: Frame[] = [];
    for (let i = from; i < this.#lines.length; i++) {
      const line = this.#lines[i] ?? '';
      const frame = line.startsWith('at ', pastBlanks(line, 0)) ? parseJavaFrame(line) : null;
      if (frame === null) break;
      run.push(frame);
    }
    this.#met.meet(this.#lines, from, from + run.length);
    return run;
  }

  /** `... 12 more`, and logback's `... 12 common frames omitted`. */
  #common(text: string): boolean {
    const end = text.indexOf(' ', 4);
    const count = end < 0 ? -1 : decimalIn(text, 4, end);
    if (count >= 0 && this.#current !== null) this.#current.commonFrames = count;
    return true;
  }

  #related(text: string, relation: Relation, indent: number, index: number): boolean {
    const parent = this.#parentOf(relation, indent);
    const circular = text.startsWith('[CIRCULAR REFERENCE');
    const named = circular ? text.slice(text.indexOf(':') + 1, -1).trim() : text;
    const opened = this.#open(headerOf(named), indent, index);
    if (opened && this.#current !== null) {
      this.#current.relation = relation;
      if (parent >= 0) this.#current.parent = parent;
    }
    return opened;
  }

  /** A cause stands at the indent of what it caused, a suppressed exception deeper than its owner. */
  #parentOf(relation: Relation, indent: number): number {
    const last = this.#indents.length - 1;
    for (let i = last; i >= this.#root; i--) {
      const other = this.#indents[i] ?? 0;
      if (relation === 'cause' ? other <= indent : other < indent) return i;
    }
    return last < this.#root ? -1 : last;
  }

  /** Android's marks around a crash: they are facts, and begin the trace that counts. */
  #marks(text: string): boolean {
    if (text.startsWith('FATAL EXCEPTION')) {
      this.#facts['thread'] ??= text.slice(text.indexOf(':') + 1).trim();
      if (this.#fatalFrom < 0) this.#fatalFrom = this.#exceptions.length;
      this.#root = this.#exceptions.length;
      this.#current = null;
      this.#text = '';
      return true;
    }
    const pid = text.lastIndexOf('PID: ');
    if (pid < 0 || (pid > 0 && !text.startsWith('Process: '))) return false;
    this.#facts['pid'] ??= text.slice(pid + 5);
    if (pid > 11) this.#facts['process'] ??= text.slice(9, pid - 2);
    return true;
  }

  /** A header, a further line of a message, or anything. */
  #other(text: string, indent: number, index: number): boolean {
    const end = exceptionTypeEnd(text, 0);
    const certain = end > 0 && isThrowableName(text.slice(0, end));
    const open = this.#current !== null && this.#current.frames.length === 0;
    if (open && this.#current !== null && (this.#certain || !certain)) {
      this.#context.extendMessage(this.#current, text, index);
      return true;
    }
    if (!certain) {
      this.#text = text;
      return true;
    }
    const header = parseHeader(text, 0);
    return header === null || this.#openRoot(header, indent, index);
  }

  /** Begins a trace that belongs to none before it. */
  #openRoot(header: ExceptionHeader, indent: number, index: number): boolean {
    this.#root = this.#exceptions.length;
    return this.#open(header, indent, index);
  }

  #open(header: ExceptionHeader, indent: number, index: number): boolean {
    const exception: RunException = { ...header, frames: [] };
    if (!this.#context.addException(this.#exceptions, exception, index)) return false;
    this.#indents.push(indent);
    this.#current = exception;
    this.#certain = isThrowableName(header.type);
    this.#text = '';
    return true;
  }
}

/** A header where one must be: what is no type is a message. */
function headerOf(text: string): ExceptionHeader {
  return parseHeader(text, 0) ?? findHeader(text) ?? { type: '', message: text };
}

/** The header in a line that a frame follows, if it names a class. */
function classHeaderOf(text: string): ExceptionHeader | null {
  const header = parseHeader(text, 0);
  return header?.type.includes('.') === true ? header : findHeader(text);
}

/** Takes off what the JVM and Crashlytics write before the type. */
function withoutCaption(text: string, facts: Record<string, string>): string {
  if (text.startsWith('Exception in thread "')) {
    const end = text.indexOf('" ', 21);
    if (end < 0) return text;
    facts['thread'] ??= text.slice(21, end);
    return text.slice(end + 2);
  }
  if (text.startsWith('Fatal Exception: ')) return text.slice(17);
  if (!text.startsWith('Non-fatal Exception: ')) return text;
  facts['fatal'] ??= 'false';
  return text.slice(21);
}
