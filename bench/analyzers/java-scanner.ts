/**
 * The job of the benchmark with this project's own scanner of Java frames and exception headers
 * and its memory of stacks instead of regular expressions. Its findings are those of ./java-regexp.ts, whatever the report: what the
 * scanner understands beyond that (methods with blanks in their names, ART's long form) does not count here.
 */
import type { CustomFinding } from '../../src/model/analyzer.ts';
import type { PerfEvent } from '../../src/model/event.ts';
import type { Frame } from '../../src/model/report.ts';
import { exceptionTypeEnd } from '../../src/analysis/crash/exception-header.ts';
import { parseJavaFrame } from '../../src/analysis/stack/java-frame.ts';
import { FrameRuns } from '../../src/analysis/stack/frame-runs.ts';
import { pastBlanks, trimmedFrom } from '../../src/analysis/stack/scan.ts';
import { isShared } from '../../src/model/shared.ts';
import type { JavaStack } from '../job/java-stack.ts';
import { findingOf, GROUP_FRAMES } from '../job/java-stack.ts';

/** The version in its findings. */
export const version = '1';

const EXCLAMATION = 33;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
/** The byte order mark, which is a letter for the scanner. */
const MARK = '\ufeff';

/** Runs of frames that this thread has met, and what was found in those. */
const MET = new FrameRuns(parseJavaFrame);
const FOUND = new WeakMap<readonly Frame[], Found>();

/** What a run of frames comes to. */
type Found = Pick<JavaStack, 'keys' | 'frames'>;

/** Reads a stack. */
export function readByScanner(report: string): JavaStack {
  const lines = report.split('\n');
  const keys: string[] = [];
  let type = '';
  let frames = 0;
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    const start = pastBlanks(line, 0);
    if (line.startsWith('at ', start)) {
      const run = MET.find(lines, at)?.frames ?? readRun(lines, at);
      const found = FOUND.get(run) ?? foundIn(run);
      for (const key of found.keys) if (keys.length < GROUP_FRAMES) keys.push(key);
      frames += found.frames;
      // A line that looks like a frame and is none stands alone.
      at += Math.max(1, run.length);
    } else {
      if (type === '') type = typeOf(trimmedFrom(line, start));
      at += 1;
    }
  }
  return { type, keys, frames };
}

/** The analyzer. */
export default function find(event: PerfEvent): CustomFinding {
  return findingOf(event, readByScanner);
}

/** The frames of the lines from there on, as far as they are some. */
function readRun(lines: readonly string[], from: number): readonly Frame[] {
  const run: Frame[] = [];
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const frame = line.startsWith('at ', pastBlanks(line, 0)) ? parseJavaFrame(line) : null;
    if (frame === null) break;
    run.push(frame);
  }
  MET.meet(lines, from, from + run.length);
  return run;
}

/** What counts of a run; kept where the run is. */
function foundIn(run: readonly Frame[]): Found {
  const keys: string[] = [];
  let frames = 0;
  for (const frame of run) {
    if (frame.module === undefined || frame.function === undefined || !counts(frame)) continue;
    frames += 1;
    if (keys.length < GROUP_FRAMES) keys.push(`${foldDigits(frame.module)}.${frame.function}`);
  }
  const found = { keys, frames };
  if (isShared(run)) FOUND.set(run, found);
  return found;
}

/** Whether nothing but a module stands before the class, and one pair of parentheses in the line. */
function counts({ raw }: Frame): boolean {
  const open = raw.indexOf('(');
  const blank = raw.indexOf(' ', 3);
  if (blank >= 0 && blank < open) return false;
  const close = raw.indexOf(')');
  if (close < open || raw.charCodeAt(open - 1) === EXCLAMATION) return false;
  return raw.indexOf('(', open + 1) < 0 && raw.indexOf(')', close + 1) < 0;
}

/** The dotted name of an exception that a line begins with; empty where it is none. */
function typeOf(text: string): string {
  const end = exceptionTypeEnd(text, 0);
  const type = end < 0 ? '' : text.slice(0, end);
  return type.includes('.') && !type.includes(MARK) ? type : '';
}

/** Each run of digits becomes a `0`. */
function foldDigits(name: string): string {
  for (let i = 0; i < name.length; i++) if (isDigit(name.charCodeAt(i))) return foldFrom(name, i);
  return name;
}

function foldFrom(name: string, first: number): string {
  let folded = name.slice(0, first);
  let inRun = false;
  for (let i = first; i < name.length; i++) {
    const digit = isDigit(name.charCodeAt(i));
    if (!digit) folded += name.charAt(i);
    else if (!inRun) folded += '0';
    inRun = digit;
  }
  return folded;
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}
