/**
 * Text dumps of all threads: ART's (ANR traces, `debuggerd -b`) and those of HotSpot-like JVMs.
 *
 * One pass over the lines into one model of threads, frames and locks. It says which thread is the
 * main one, and does not judge what that thread does (`main-thread.ts`). Reads the first process of
 * a file with several, and stops before HotSpot's own list of deadlocks, which tells threads again.
 */
import type { AnalysisLimits } from '../../model/task.ts';
import type { Frame, Lock, Problem, Thread } from '../../model/report.ts';
import { lineAt, note, type ProblemCode } from '../problems.ts';
import { parseJavaFrame } from '../stack/java-frame.ts';
import { parseNativeFrame } from '../stack/native-frame.ts';
import { parseLockLine } from './lock-line.ts';
import { parseThreadHeader, type ThreadHeader } from './thread-header.ts';

/** What a dump tells. */
export interface ThreadDump {
  readonly runtime: 'art' | 'jvm';
  readonly threads: readonly Thread[];
  /** `Subject:`, `Reason:` of an ANR. */
  readonly reason?: string;
  /** The process: `Cmd line:`, `ANR in`. */
  readonly process?: string;
  /** Whether the dump itself says that an app did not respond. */
  readonly anr: boolean;
  readonly problems: readonly Problem[];
}

type DumpLimits = Pick<AnalysisLimits, 'framesMax' | 'threadsMax'>;

/** A thread while its lines are read. */
interface Draft {
  readonly header: ThreadHeader;
  state: string | undefined;
  readonly frames: Frame[];
  readonly locks: Lock[];
}

/** Reads a dump; `null` where the lines hold neither a thread nor the head of an ANR. */
export function parseThreadDump(lines: Iterable<string>, limits: DumpLimits): ThreadDump | null {
  const reader = new DumpReader(limits);
  for (const line of lines) {
    if (!reader.read(line)) break;
  }
  return reader.finish();
}

/** The states of one pass. */
class DumpReader {
  readonly #limits: DumpLimits;
  readonly #threads: Draft[] = [];
  readonly #problems: Problem[] = [];
  #thread: Draft | null = null;
  #lineNumber = 0;
  #pid: string | undefined;
  #process: string | undefined;
  #reason: string | undefined;
  #anr = false;
  #dump = false;
  /** Threads that the dump announces, and those of them that came. */
  #announced = 0;
  #attached = 0;

  constructor(limits: DumpLimits) {
    this.#limits = limits;
  }

  /** Takes the next line; false when there is nothing more to read. */
  read(line: string): boolean {
    this.#lineNumber += 1;
    if (line.startsWith('"')) {
      this.#open(line);
      return true;
    }
    const start = firstNonBlank(line);
    if (start === line.length) return true;
    const text = line.slice(start);
    if (this.#thread !== null && this.#inThread(this.#thread, text)) return true;
    return this.#outside(text.trimEnd());
  }

  #open(line: string): void {
    this.#thread = null;
    const header = parseThreadHeader(line.trimEnd());
    if (header === null) return;
    if (header.runtime === 'art' && header.id !== header.systemId) this.#attached += 1;
    if (this.#threads.length >= this.#limits.threadsMax && !this.#mayBeMain(header)) {
      this.#problem('threads-over-limit');
      return;
    }
    this.#thread = { header, state: header.state, frames: [], locks: [] };
    this.#threads.push(this.#thread);
  }

  /** Takes a line that belongs to a thread, indented or not; false for any other. */
  #inThread(thread: Draft, line: string): boolean {
    if (line.startsWith('at ')) this.#frame(thread, line, 'java');
    else if (line.startsWith('- ')) this.#lock(thread, line);
    else if (line.startsWith('#') || line.startsWith('native: #')) this.#frame(thread, line, 'native');
    else if (line.startsWith('java.lang.Thread.State: ')) thread.state = firstWord(line, 24);
    else return false;
    return true;
  }

  #frame(thread: Draft, line: string, kind: 'java' | 'native'): void {
    if (thread.frames.length >= this.#limits.framesMax) {
      this.#problem('frames-over-limit');
      return;
    }
    const frame = kind === 'java' ? parseJavaFrame(line) : parseNativeFrame(line);
    if (frame === null) this.#problem('frame-unreadable');
    thread.frames.push(frame ?? { raw: line.trimEnd() });
  }

  /** A thread that holds more locks than it may have frames is cut like one with too many frames. */
  #lock(thread: Draft, line: string): void {
    const lock = parseLockLine(line.trimEnd(), Math.max(0, thread.frames.length - 1));
    if (lock === null) return;
    if (thread.locks.length < this.#limits.framesMax) thread.locks.push(lock);
    else this.#problem('locks-over-limit');
  }

  /** Lines of the process and of the ANR; the first of each kind counts. */
  #outside(line: string): boolean {
    if (line.startsWith('-----')) return this.#section(line);
    if (line.startsWith('Cmd line: ')) this.#process ??= line.slice(10).trim();
    else if (line.startsWith('DALVIK THREADS')) this.#announce(line);
    else if (line.startsWith('Full thread dump ')) this.#dump = true;
    else if (line.startsWith('Found ') && line.includes('deadlock')) return this.#threads.length === 0;
    else if (this.#threads.length === 0) this.#head(line);
    return true;
  }

  /** The head of an ANR: that of a trace, or what Android logs. */
  #head(line: string): void {
    const subject = after(line, 'Subject: ');
    const app = after(line, 'ANR in ');
    if (app !== undefined) this.#process ??= firstWord(app, 0);
    const reason = after(line, 'Reason: ') ?? subject;
    if (reason !== undefined) this.#reason ??= reason;
    if (app !== undefined || reason !== undefined) this.#anr = true;
  }

  #section(line: string): boolean {
    if (line.startsWith('----- pid ') && this.#threads.length > 0) {
      this.#problem('processes-skipped');
      return false;
    }
    if (line.startsWith('----- end ')) return true;
    const at = line.indexOf('pid');
    if (at < 0) return true;
    this.#dump = true;
    const from = line.charCodeAt(at + 3) === 58 ? at + 5 : at + 4;
    this.#pid ??= firstWord(line, from);
    return true;
  }

  #announce(line: string): void {
    this.#dump = true;
    const count = Number(line.slice(line.indexOf('(') + 1, line.indexOf(')')));
    if (Number.isSafeInteger(count)) this.#announced = count;
  }

  #mayBeMain(header: ThreadHeader): boolean {
    return mainRank(header, this.#pid) > 0;
  }

  #problem(code: ProblemCode): void {
    note(this.#problems, code, lineAt(this.#lineNumber - 1));
  }

  finish(): ThreadDump | null {
    if (this.#threads.length === 0 && !this.#anr && !this.#dump) return null;
    if (this.#threads.length === 0) this.#problem('threads-missing');
    if (this.#attached < this.#announced) this.#problem('truncated');
    const main = mainOf(this.#threads, this.#pid);
    if (main === null && this.#threads.length > 0) this.#problem('main-thread-missing');
    return {
      runtime: this.#threads.some(({ header }) => header.runtime === 'jvm') ? 'jvm' : 'art',
      threads: this.#threads.map((draft) => threadOf(draft, draft === main)),
      ...(this.#reason !== undefined && { reason: this.#reason }),
      ...(this.#process !== undefined && { process: this.#process }),
      anr: this.#anr,
      problems: this.#problems,
    };
  }
}

/**
 * How surely a thread is the main one; 0 for not. By name; by id 1, which ART and the JVM give their
 * first thread; or, in dumps without names of the runtime, by the system's id being the process's.
 */
function mainRank(header: ThreadHeader, pid: string | undefined): number {
  const first = header.id === '1';
  if (header.name === 'main') return first ? 4 : 3;
  if (first) return 2;
  return pid !== undefined && header.systemId === pid ? 1 : 0;
}

function mainOf(threads: readonly Draft[], pid: string | undefined): Draft | null {
  let main: Draft | null = null;
  let best = 0;
  for (const thread of threads) {
    const rank = mainRank(thread.header, pid);
    if (rank > best) {
      main = thread;
      best = rank;
    }
  }
  return main;
}

function threadOf({ header, state, frames, locks }: Draft, main: boolean): Thread {
  return {
    name: header.name,
    ...(header.id !== undefined && { id: header.id }),
    ...(state !== undefined && { state }),
    ...(main && { main }),
    frames,
    ...(locks.length > 0 && { locks }),
  };
}

function firstNonBlank(line: string): number {
  let at = 0;
  while (at < line.length && line.charCodeAt(at) <= 32) at++;
  return at;
}

/** The word that begins at `from`. */
function firstWord(line: string, from: number): string {
  const end = line.indexOf(' ', from);
  return (end < 0 ? line.slice(from) : line.slice(from, end)).trimEnd();
}

/** What follows `mark` at the begin of a line. */
function after(line: string, mark: string): string | undefined {
  const rest = line.startsWith(mark) ? line.slice(mark.length).trim() : '';
  return rest === '' ? undefined : rest;
}
