/**
 * Which format a report has: the one it is named as, or what its content shows.
 *
 * Marks that only one format has come first, then the first frame that any parser understands. It
 * reads a text a few times at the speed of a string search, and tries a bounded number of frames.
 */
import type { ReportFormat } from '../model/report.ts';
import { exceptionTypeEnd, isThrowableName } from './crash/exception-header.ts';
import { logcatMessage } from './logcat.ts';
import { reportText } from './report-text.ts';
import { parseJavaFrame } from './stack/java-frame.ts';
import { parseJsFrame } from './stack/js-frame.ts';
import { parseNativeFrame } from './stack/native-frame.ts';
import { isBlank } from './stack/scan.ts';

const NAMED: ReadonlySet<string> = new Set<ReportFormat>([
  'java-stack',
  'tombstone',
  'js-stack',
  'python-stack',
  'samples',
  'anr',
]);

const TAB = 9;
const LINE_FEED = 10;

/** What Android and the JVM write before an exception's name. */
const JAVA_MARKS = ['FATAL EXCEPTION', 'Exception in thread "'];

/** How many lines that could be frames are tried. */
const CANDIDATES_MAX = 64;
/** How far a frame may be indented, and how long it may be, to be seen here. */
const INDENT_MAX = 64;
const FRAME_LENGTH_MAX = 8_192;
/** How many first lines are looked at for an exception without frames or for old browsers' frames. */
const HEAD_LINES_MAX = 64;

/** The format. A `named` that is none of ours (`auto`, or another system's word) is not believed. */
export function detectFormat(report: unknown, named: string): ReportFormat {
  if (isFormat(named)) return named;
  if (typeof report === 'string') return detectText(report);
  if (typeof report !== 'object' || report === null) return 'unknown';
  return hasSamples(report) ? 'samples' : detectObject(report);
}

function isFormat(named: string): named is ReportFormat {
  return NAMED.has(named);
}

/** The format of a text. */
function detectText(text: string): ReportFormat {
  if (isThreadDump(text)) return 'anr';
  if (text.includes('*** *** ***') || (text.includes('pid: ') && text.includes('backtrace:')))
    return 'tombstone';
  if (text.includes('Traceback (most recent call last)')) return 'python-stack';
  return detectFrames(text) ?? detectHead(text);
}

function isThreadDump(text: string): boolean {
  if (text.includes('\n----- pid ') || text.startsWith('----- pid ')) return true;
  return text.includes('DALVIK THREADS') || text.includes('Full thread dump ') || hasMainHeader(text);
}

/** ART writes `"main" prio=5 tid=1`, HotSpot `"main" #1 prio=5`. */
function hasMainHeader(text: string): boolean {
  const at = text.indexOf('"main" ');
  return (
    at >= 0 &&
    (text.startsWith('prio=', at + 7) || text.startsWith('#1 ', at + 7) || text.startsWith('tid=', at + 7))
  );
}

/** The format of the first line that is somebody's frame. */
function detectFrames(text: string): ReportFormat | null {
  let from = 0;
  let tried = 0;
  while (tried < CANDIDATES_MAX) {
    const at = text.indexOf('at ', from);
    if (at < 0) break;
    from = at + 3;
    if (!startsLine(text, at)) continue;
    tried++;
    const end = text.indexOf('\n', at);
    const line = text.slice(at, Math.min(end < 0 ? text.length : end, at + FRAME_LENGTH_MAX));
    if (parseJavaFrame(line) !== null) return 'java-stack';
    if (parseJsFrame(line) !== null) return 'js-stack';
  }
  return text.includes('#0') && firstLines(text).some((line) => parseNativeFrame(line) !== null)
    ? 'tombstone'
    : null;
}

/** Only blanks between it and the line's begin, or the end of a log's prefix. */
function startsLine(text: string, at: number): boolean {
  let before = at - 1;
  const first = Math.max(at - INDENT_MAX, 0);
  if (text.charCodeAt(before) === TAB) return true;
  while (before >= first && text.charCodeAt(before) !== LINE_FEED && isBlank(text.charCodeAt(before)))
    before--;
  return before < 0 || '\n:)|'.includes(text.charAt(before));
}

/** What the first lines show of a report without the usual frames. */
function detectHead(text: string): ReportFormat {
  const lines = firstLines(text);
  if (lines.some((line) => JAVA_MARKS.some((mark) => line.includes(mark)))) return 'java-stack';
  if (lines.some((line) => isOldScriptFrame(line))) return 'js-stack';
  if (lines.some((line) => line.trimStart().startsWith('File "') && line.includes('", line ')))
    return 'python-stack';
  for (const line of lines) {
    const head = line.trim();
    const end = exceptionTypeEnd(head, 0);
    if (end > 0 && isThrowableName(head.slice(0, end)))
      return head.lastIndexOf('.', end) > 0 ? 'java-stack' : 'js-stack';
  }
  return 'unknown';
}

function isOldScriptFrame(line: string): boolean {
  if (line.includes('@') || line.includes('[native code]')) return parseJsFrame(line) !== null;
  return line.trimStart().startsWith('Line ') && line.includes(' script ');
}

function firstLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  while (start < text.length && lines.length < HEAD_LINES_MAX) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    lines.push(logcatMessage(text.slice(start, end)));
    start = end + 1;
  }
  return lines;
}

/** A list of samples, or an object that has one. */
function hasSamples(report: object): boolean {
  const list: unknown = Array.isArray(report) ? report : Reflect.get(report, 'samples');
  if (!Array.isArray(list)) return false;
  const first: unknown = list[0];
  return (
    typeof first === 'object' &&
    first !== null &&
    Object.hasOwn(first, 'stack') &&
    Object.hasOwn(first, 'time')
  );
}

/** The format of the text in an object; one with a name or message and no telling text is JavaScript's. */
function detectObject(report: object): ReportFormat {
  const { text, message } = reportText(report, []);
  const format = detectText(text);
  return format === 'unknown' && message !== undefined ? 'js-stack' : format;
}
