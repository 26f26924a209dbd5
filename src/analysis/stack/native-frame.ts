/**
 * One line of a native Android backtrace: `#03 pc 0001ab34  /system/lib/libc.so (raise+28) (BuildId: 7f)`.
 *
 * Also with `native: ` before it (ART's thread dumps), with a `(offset 0x1000)` into an archive, and
 * the sanitizers' form `#3 0x7f12 (/lib/libc.so+0x740cf)`. The lay-out is that of AOSP's
 * `libunwindstack: Unwinder::FormatFrame`. It does not demangle and does not symbolicate.
 */
import type { Frame } from '../../model/report.ts';
import type { Mutable } from '../mutable.ts';
import { decimalIn } from './decimal.ts';
import { isInApp } from './in-app.ts';

const HEX_LENGTH_MAX = 16;

/** Parses a line; `null` for what is no native frame (a dumped stack's `#00 d2a46608 …` is none). */
export function parseNativeFrame(line: string): Frame | null {
  const raw = line.trim();
  const mark = raw.startsWith('native: #') ? 8 : 0;
  if (raw.charAt(mark) !== '#') return null;
  let at = mark + 1;
  while (isDigit(raw.charCodeAt(at))) at++;
  if (at === mark + 1) return null;
  at = pastBlanks(raw, at);
  if (raw.startsWith('pc ', at)) return unwound(raw, pastBlanks(raw, at + 3));
  return raw.startsWith('0x', at) ? sanitized(raw, at) : null;
}

/** The form of debuggerd and ART: address, library, then parentheses in any number. */
function unwound(raw: string, from: number): Frame | null {
  const start = raw.startsWith('0x', from) ? from + 2 : from;
  const end = hexEnd(raw, start);
  if (end === start) return null;
  const frame: Mutable<Frame> = { raw, native: true, address: address(raw, start, end) };
  let rest = raw.slice(pastBlanks(raw, end));
  for (let open = lastGroup(rest); open > 0; open = lastGroup(rest)) {
    if (!readGroup(frame, rest.slice(open + 1, -1))) break;
    rest = rest.slice(0, open).trimEnd();
  }
  if (rest !== '' && rest !== '???') frame.package = rest;
  frame.inApp = isInApp(frame, 'native');
  return frame;
}

/** `0x7f12 in name /path` of a symbolised sanitizer frame is for a later parser; this one has a library. */
function sanitized(raw: string, from: number): Frame | null {
  const end = hexEnd(raw, from + 2);
  const open = pastBlanks(raw, end);
  const plus = raw.lastIndexOf('+0x');
  if (raw.charAt(open) !== '(' || plus < open) return null;
  const stop = hexEnd(raw, plus + 3);
  const frame = {
    raw,
    native: true,
    address: address(raw, plus + 3, stop),
    package: raw.slice(open + 1, plus),
  };
  return { ...frame, inApp: isInApp(frame, 'native') };
}

/** Reads one parenthesis into `frame`; false for one that belongs to the library's name. */
function readGroup(frame: Mutable<Frame>, text: string): boolean {
  if (text.startsWith('BuildId: ')) {
    frame.buildId = text.slice(9);
    return true;
  }
  // Where in an archive the library lies; the archive's own name is kept.
  if (text.startsWith('offset 0x')) return true;
  if (text === 'deleted' || frame.function !== undefined || text === '') return false;
  const plus = text.lastIndexOf('+');
  const offset = plus < 0 ? -1 : decimalIn(text, plus + 1, text.length);
  if (offset >= 0) frame.offset = offset;
  frame.function = offset >= 0 ? text.slice(0, plus) : text;
  return true;
}

/** Index of the parenthesis that the last one of `text` closes; -1 where it does not end with one. */
function lastGroup(text: string): number {
  if (text.charCodeAt(text.length - 1) !== 41) return -1;
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const code = text.charCodeAt(i);
    if (code === 41) depth++;
    else if (code === 40 && --depth === 0) return i;
  }
  return -1;
}

function address(raw: string, start: number, end: number): string {
  let first = start;
  while (first < end - 1 && raw.charCodeAt(first) === 48) first++;
  return `0x${raw.slice(first, end)}`;
}

/** Ends with the digits, or after as many as 64 bits have. */
function hexEnd(text: string, from: number): number {
  let end = from;
  while (end - from < HEX_LENGTH_MAX && isHex(text.charCodeAt(end))) end++;
  return end;
}

function pastBlanks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 32) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isHex(code: number): boolean {
  return isDigit(code) || ((code | 32) >= 97 && (code | 32) <= 102);
}
