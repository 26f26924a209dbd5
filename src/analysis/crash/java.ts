/**
 * Java, Kotlin and Android stacks: what `Throwable.printStackTrace` and Android's log print.
 *
 * Causes, suppressed exceptions (nested, by their indent), `... n more`, circular references,
 * messages of several lines, the crash marks of Android and of the JVM. Several traces in a report
 * are all kept, in order; what stands before a `FATAL EXCEPTION` that has frames is not the crash
 * and is dropped. One pass, one look at each line. It does not retrace.
 */
import type { CrashReport } from '../../model/report.ts';
import { decimalIn } from '../stack/decimal.ts';
import { parseJavaFrame } from '../stack/java-frame.ts';
import { pastBlanks, trimmedFrom } from '../stack/scan.ts';
import type { DraftException, ParseContext } from './context.ts';
import {
  exceptionTypeEnd,
  findHeader,
  isThrowableName,
  parseHeader,
  type ExceptionHeader,
} from './exception-header.ts';

type Relation = 'cause' | 'suppressed';

/** Parses the lines of a report. Without an exception in them the list of exceptions is empty. */
export function parseJava(lines: readonly string[], context: ParseContext): CrashReport {
  const scan = new JavaScan(context);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (line !== undefined && !scan.read(line, i)) break;
  }
  return scan.finish();
}

class JavaScan {
  readonly #context: ParseContext;
  readonly #facts: Record<string, string> = {};
  readonly #exceptions: DraftException[] = [];
  /** Indent of each exception's header: what nests in what. */
  readonly #indents: number[] = [];
  #current: DraftException | null = null;
  /** Whether the current header's type is named like an exception; another line may be the real header. */
  #certain = false;
  /** The last line that is nothing known: a header, perhaps, if a frame follows. */
  #text = '';
  /** Where the exceptions of the current trace begin, and of the first trace that Android calls fatal. */
  #root = 0;
  #fatalFrom = -1;

  constructor(context: ParseContext) {
    this.#context = context;
  }

  /** Reads a line; false when no more should be read. */
  read(line: string, index: number): boolean {
    const start = pastBlanks(line, 0);
    if (start === line.length) return true;
    const text = trimmedFrom(line, start);
    if (text.startsWith('at ')) return this.#frame(text, index);
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

  #frame(text: string, index: number): boolean {
    const frame = parseJavaFrame(text);
    if (frame === null) {
      this.#context.note('frame-unreadable', index);
      return true;
    }
    const header = this.#text === '' ? null : classHeaderOf(this.#text);
    this.#text = '';
    if (header !== null || this.#current === null) {
      if (!this.#openRoot(header ?? { type: '' }, 0, index)) return false;
    }
    if (this.#current !== null) this.#context.addFrame(this.#current.frames, frame, index);
    return true;
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
    const exception: DraftException = { ...header, frames: [] };
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
