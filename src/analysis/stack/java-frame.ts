/**
 * One line of a Java, Kotlin or ART stack: `at pkg.Cls.method(File.java:12)`.
 *
 * Knows module and class loader prefixes (`java.base@17/`, `app//`: the form of
 * `StackTraceElement.toString`, JDK 9 and later), hidden classes (`Main$$Lambda/0x7f`), `Native
 * Method`, `Unknown Source`, ART's long form with return type and arguments, and the packaging that
 * log frameworks append. Hot: a frame without any of that, as nearly all are, takes a short way of
 * its own, on positions in the line. It does not deobfuscate.
 */
import type { Frame } from '../../model/report.ts';
import type { Mutable } from '../mutable.ts';
import { decimalIn } from './decimal.ts';
import { isJavaInApp } from './in-app.ts';
import { pastBlanks, trimmedFrom } from './scan.ts';

const BLANK = 32;
const EXCLAMATION = 33;
const CLOSING = 41;
const MINUS = 45;
const UNKNOWN = 'Unknown Source';

/**
 * Parses a line with or without its leading `at `; `null` for what is no Java frame. Neither a V8
 * frame (`at f (a.js:1:2)`) nor a .NET one (`at A.B(String s) in a.cs:line 1`) is one.
 */
export function parseJavaFrame(line: string): Frame | null {
  const raw = trimmedFrom(line, pastBlanks(line, 0));
  return usualFrame(raw) ?? anyFrame(raw);
}

/** A line that is `at pkg.Cls.method(File.java:12)` and nothing else; `null` for all others, frames or not. */
function usualFrame(raw: string): Frame | null {
  const open = raw.indexOf('(');
  const close = raw.length - 1;
  if (open < 0 || raw.charCodeAt(close) !== CLOSING || !raw.startsWith('at ')) return null;
  if (raw.indexOf('(', open + 1) >= 0 || raw.indexOf(' ', 3) >= 0 || raw.indexOf('/', 3) >= 0) return null;
  const colon = raw.indexOf(':', open);
  const line = decimalIn(raw, colon + 1, close);
  const dot = raw.lastIndexOf('.', open);
  if (line < 0 || colon <= open + 1 || dot <= 3 || dot === open - 1) return null;
  if (raw.charCodeAt(open - 1) === EXCLAMATION) return null;
  const module = raw.slice(3, dot);
  return {
    raw,
    function: raw.slice(dot + 1, open),
    module,
    file: raw.slice(open + 1, colon),
    line,
    inApp: isJavaInApp(module),
  };
}

function anyFrame(raw: string): Frame | null {
  const close = placeEnd(raw);
  const open = openingOf(raw, close);
  const start = raw.startsWith('at ') ? 3 : 0;
  if (open <= start || open + 1 === close) return null;
  if (raw.charCodeAt(open - 1) === BLANK) return artFrame(raw, open);
  const dot = raw.lastIndexOf('.', open);
  const blank = raw.indexOf(' ', start);
  // Only a Kotlin method's name may have blanks in it.
  if (blank >= 0 && blank < Math.max(dot, start)) return null;
  const name = methodName(raw, Math.max(dot + 1, start), open);
  const module = dot > start ? raw.slice(moduleStart(raw, start, dot), dot) : undefined;
  if (name === '' || module === '' || (module === undefined && (dot === start || name.includes(' '))))
    return null;
  return locate(raw, { name, module, from: placeStart(raw, open + 1, close), to: close });
}

/** The last opening parenthesis before `close`, nearly always the only one; -1 without. */
function openingOf(raw: string, close: number): number {
  const first = raw.indexOf('(');
  if (close < 0 || first < 0 || first > close) return -1;
  const next = raw.indexOf('(', first + 1);
  return next < 0 || next > close ? first : raw.lastIndexOf('(', close);
}

/** Index of the parenthesis that closes the place; what may follow it is `[jar:version]` or `~[...]`. */
function placeEnd(raw: string): number {
  if (raw.charCodeAt(raw.length - 1) === CLOSING) return raw.length - 1;
  const plain = raw.indexOf(') [');
  return plain >= 0 ? plain : raw.indexOf(') ~[');
}

/** ART's long form, `at int pkg.Cls.method(int) (File.java:12)`, brought to the short one. */
function artFrame(raw: string, open: number): Frame | null {
  const place = raw.slice(open);
  const head = raw.slice(0, open).trimEnd();
  const paren = head.endsWith(')') ? head.indexOf('(') : -1;
  if (paren <= 0 || head.charCodeAt(paren - 1) === BLANK) return null;
  const frame = parseJavaFrame(head.slice(head.lastIndexOf(' ', paren) + 1, paren) + place);
  return frame === null ? null : { ...frame, raw };
}

/** Old ART marks a wait that it has shortened: `wait!`. */
function methodName(raw: string, from: number, to: number): string {
  return raw.slice(from, raw.charCodeAt(to - 1) === EXCLAMATION ? to - 1 : to);
}

/** Where the class begins: after the last slash that no hidden class's number follows. */
function moduleStart(raw: string, start: number, dot: number): number {
  const first = raw.indexOf('/', start);
  if (first < 0 || first > dot) return start;
  let slash = raw.lastIndexOf('/', dot);
  while (slash >= start) {
    const next = raw.charCodeAt(slash + 1);
    if (next < 48 || next > 57) return slash + 1;
    // Before the first character it would be looked for at the first.
    slash = slash === 0 ? -1 : raw.lastIndexOf('/', slash - 1);
  }
  return start;
}

/** A JVM's thread dump has the module before the file: `(java.base@17.0.15/Thread.java:840)`. */
function placeStart(raw: string, from: number, to: number): number {
  const slash = raw.indexOf('/', from);
  if (slash < 0 || slash > to) return from;
  const version = raw.indexOf('@', from);
  const colon = raw.indexOf(':', from);
  return version > from && version < slash && (colon < 0 || colon > slash) ? slash + 1 : from;
}

/** The parts of a frame, with the place still in the line between `from` and `to`. */
interface Parts {
  readonly name: string;
  readonly module: string | undefined;
  readonly from: number;
  readonly to: number;
}

/** Reads the place; `null` where it is none, and so the line no Java frame. */
function locate(raw: string, parts: Parts): Frame | null {
  const { name, module, from, to } = parts;
  const colon = raw.indexOf(':', from);
  const line = colon <= from ? -1 : decimalIn(raw, colon + 1, to);
  if (line < 0) return placeless(raw, parts);
  if (!isFileName(raw, from, colon)) {
    return raw.slice(from, colon) === UNKNOWN ? classed({ raw, function: name, line }, module) : null;
  }
  const file = raw.slice(from, colon);
  return module === undefined
    ? { raw, function: name, file, line, inApp: false }
    : { raw, function: name, module, file, line, inApp: isJavaInApp(module) };
}

/** `Native Method`, `Unknown Source`, a file alone, a line alone, or ART's `File.java:-2` of a native method. */
function placeless(raw: string, { name, module, from, to }: Parts): Frame | null {
  const place = raw.slice(from, to);
  const frame: Mutable<Frame> = { raw, function: name };
  if (place === 'Native Method' || place === 'Native method')
    return classed({ ...frame, native: true }, module);
  if (place === UNKNOWN) return classed(frame, module);
  const line = place.startsWith(':') ? decimalIn(place, 1, place.length) : -1;
  if (line >= 0) return classed({ ...frame, line }, module);
  const colon = place.lastIndexOf(':');
  const end = colon >= 0 && place.charCodeAt(colon + 1) === MINUS ? colon : place.length;
  if (!isFileName(place, 0, end)) return null;
  frame.file = place.slice(0, end);
  if (place.endsWith(':-2')) frame.native = true;
  return classed(frame, module);
}

function classed(frame: Mutable<Frame>, module: string | undefined): Frame {
  if (module !== undefined) frame.module = module;
  frame.inApp = isJavaInApp(module);
  return frame;
}

/** Neither a path nor prose, nor a file of another language with line and column. */
function isFileName(text: string, from: number, to: number): boolean {
  return to > from && !has(text, '/', from, to) && !has(text, ' ', from, to) && !has(text, ':', from, to);
}

function has(text: string, character: string, from: number, to: number): boolean {
  const at = text.indexOf(character, from);
  return at >= 0 && at < to;
}
