/**
 * Android tombstones, and native backtraces out of logs.
 *
 * Reads the header (build, process, signal, abort message, cause) and the `backtrace:` of each
 * thread, in the layout of AOSP's `debuggerd: libdebuggerd/tombstone.cpp`; skips registers, memory,
 * stack dumps and maps. The crash becomes an exception named by its signal. It does not symbolicate.
 */
import type { CrashReport, Frame, Thread } from '../../model/report.ts';
import type { Mutable } from '../mutable.ts';
import { parseNativeFrame } from '../stack/native-frame.ts';
import type { DraftException, ParseContext } from './context.ts';

type DraftThread = Mutable<Thread> & { frames: Frame[] };

/** Header lines that are facts as they stand, by their first words. */
const FACTS: readonly (readonly [prefix: string, fact: string])[] = [
  ['Build fingerprint: ', 'fingerprint'],
  ['ABI: ', 'abi'],
  ['Revision: ', 'revision'],
  ['Cmdline: ', 'process'],
  ['Timestamp: ', 'timestamp'],
  ['Process uptime: ', 'uptime'],
  ['Cause: ', 'cause'],
  ['Abort message: ', 'abort_message'],
];

/** Parses the lines of a report. Frames before any header belong to the crashed thread. */
export function parseTombstone(lines: readonly string[], context: ParseContext): CrashReport {
  const scan = new TombstoneScan(context);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (line !== undefined && !scan.read(line.trim(), i)) break;
  }
  return scan.finish();
}

class TombstoneScan {
  readonly #context: ParseContext;
  readonly #facts: Record<string, string> = {};
  readonly #threads: DraftThread[] = [];
  #current: DraftThread;
  /** Whether the message of an abort goes on: its quote has not been closed. */
  #aborting = false;
  /** A second backtrace of a thread (of memory, of its allocation) is not the crash's. */
  #complete = false;

  constructor(context: ParseContext) {
    this.#context = context;
    this.#current = { crashed: true, frames: [] };
  }

  /** Reads a trimmed line; false when no more should be read. */
  read(text: string, index: number): boolean {
    if (text.startsWith('#') || text.startsWith('native: #')) this.#frame(text, index);
    else if (text.startsWith('pid: ')) return this.#process(text, index);
    else if (text.startsWith('signal ')) this.#signal(text);
    else if (this.#aborting) this.#abort(text);
    else if (text.startsWith('stack:') || text.startsWith('memory near'))
      this.#complete = this.#current.frames.length > 0;
    else this.#fact(text);
    return true;
  }

  finish(): CrashReport {
    const facts = this.#facts;
    const crashed = this.#threads[0] ?? this.#current;
    const message = facts['abort_message'] ?? facts['code'];
    const exception: DraftException = {
      type: facts['signal'] ?? 'native crash',
      ...(message === undefined ? {} : { message }),
      frames: crashed.frames,
    };
    return {
      format: 'tombstone',
      exceptions: [exception],
      threads: this.#threads.slice(1),
      problems: this.#context.problems,
      platform: 'android',
      facts,
    };
  }

  #frame(text: string, index: number): void {
    const frame = this.#complete ? null : parseNativeFrame(text);
    if (frame !== null) this.#context.addFrame(this.#current.frames, frame, index);
  }

  /** `pid: 4330, tid: 4387, name: Watchdog  >>> com.app:process <<<` begins a thread. */
  #process(text: string, index: number): boolean {
    if (this.#threads.length > this.#context.limits.threadsMax) {
      this.#context.note('threads-over-limit', index);
      return false;
    }
    if (this.#threads.length > 0) this.#current = { frames: [] };
    this.#threads.push(this.#current);
    this.#complete = false;
    const thread = this.#current;
    thread.id = between(text, 'tid: ', ',');
    thread.name = between(text, 'name: ', '  >>>');
    if (this.#threads.length > 1) return true;
    this.#facts['pid'] ??= between(text, 'pid: ', ',');
    this.#facts['tid'] ??= thread.id;
    this.#facts['thread'] ??= thread.name;
    this.#facts['process'] ??= between(text, '>>> ', ' <<<');
    return true;
  }

  /** `signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0`. */
  #signal(text: string): void {
    if (this.#facts['signal'] !== undefined) return;
    const name = between(text, '(', ')');
    this.#facts['signal'] = name === '' ? text : name;
    const code = text.indexOf('code ');
    if (code >= 0) this.#facts['code'] = between(text.slice(code), '(', ')');
    const address = between(text, 'fault addr ', ' ');
    if (address !== '') this.#facts['fault_address'] = address;
  }

  #fact(text: string): void {
    const entry = FACTS.find(([prefix]) => text.startsWith(prefix));
    if (entry === undefined) return;
    const [prefix, fact] = entry;
    const value = text.slice(prefix.length);
    this.#aborting = fact === 'abort_message' && value.startsWith("'") && !value.endsWith("'");
    this.#facts[fact] ??= unquoted(value);
  }

  /** A further line of the abort message, up to its closing quote or the registers. */
  #abort(text: string): void {
    const ends = text.endsWith("'");
    const so = this.#facts['abort_message'] ?? '';
    const message = `${so}\n${ends ? text.slice(0, -1) : text}`;
    this.#aborting = !ends && message.length <= this.#context.limits.lineBytesMax;
    if (message.length <= this.#context.limits.lineBytesMax) this.#facts['abort_message'] = message;
  }
}

/** What stands after `start`, up to `end` or the text's end; empty without `start`. */
function between(text: string, start: string, end: string): string {
  const at = text.indexOf(start);
  if (at < 0) return '';
  const from = at + start.length;
  const to = text.indexOf(end, from);
  return text.slice(from, to < 0 ? text.length : to).trim();
}

function unquoted(text: string): string {
  const from = text.startsWith("'") ? 1 : 0;
  return text.slice(from, text.length > from && text.endsWith("'") ? -1 : text.length);
}
