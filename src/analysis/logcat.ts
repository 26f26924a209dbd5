/**
 * Takes the prefix off a line of Android's log, in every form that `logcat -v` and Android Studio
 * print: brief, tag, process, thread, time, threadtime (with or without year), and Studio's old and new.
 *
 * A line without a prefix is returned as it is. One look at the first character decides for most.
 */

const PRIORITIES = 'VDIWEFA';
/** A tag has 23 characters where Android enforces it; newer ones and class names are longer. */
const TAG_LENGTH_MAX = 80;
/** Tokens between the time and the priority: uid, pid, tid, tag and package. */
const TOKENS_MAX = 6;

/** The message of a log line; the whole line where it has no prefix. */
export function logcatMessage(line: string): string {
  const start = firstNonBlank(line);
  const code = line.charCodeAt(start);
  if (code >= 48 && code <= 57) {
    const end = timestampEnd(line, start);
    return end < 0 ? line : afterTime(line, end);
  }
  return isPriority(line, start) ? afterPriority(line, start) : line;
}

/** Where the text after `MM-DD HH:MM:SS.mmm` (or with a year) begins; -1 without one. */
function timestampEnd(line: string, start: number): number {
  const day = line.charAt(start + 4) === '-' ? start + 5 : start;
  const shaped =
    line.charAt(day + 2) === '-' &&
    line.charAt(day + 5) === ' ' &&
    line.charAt(day + 8) === ':' &&
    line.charAt(day + 11) === ':' &&
    line.charAt(day + 14) === '.';
  if (!shaped) return -1;
  let end = day + 15;
  while (end < line.length && line.charAt(end) !== ' ') end++;
  return end;
}

/** Walks the tokens after the time up to the priority. */
function afterTime(line: string, from: number): string {
  let at = from;
  for (let token = 0; token < TOKENS_MAX; token++) {
    while (line.charAt(at) === ' ') at++;
    if (at >= line.length) return line;
    if (isPriority(line, at)) {
      const next = line.charAt(at + 1);
      if (next === '/') return afterTag(line, at + 2);
      // Studio's new form has tag and package before the priority, and a column of its own for it.
      if (next === ' ') return line.charAt(at + 2) === ' ' ? line.slice(at + 3) : afterTag(line, at + 2);
      if (next === '') return '';
    }
    while (at < line.length && line.charAt(at) !== ' ') at++;
  }
  return line;
}

/** The forms without a time. */
function afterPriority(line: string, at: number): string {
  switch (line.charAt(at + 1)) {
    case '/':
      return afterTag(line, at + 2);
    case '(':
      return afterProcess(line, at + 2);
    case ' ':
      return line.charAt(at + 2) === ' ' ? line.slice(at + 3) : afterBareTag(line, at);
    default:
      return line;
  }
}

/** `E( 1234) message`, `E( 1234: 1235) message`. */
function afterProcess(line: string, from: number): string {
  let at = from;
  while (' 0123456789:'.includes(line.charAt(at)) && at < line.length) at++;
  return at > from && line.charAt(at) === ')' ? line.slice(at + 2) : line;
}

/** `E AndroidRuntime: message`. `A` and `I` are English words too, so their tag must be one word. */
function afterBareTag(line: string, at: number): string {
  const colon = line.indexOf(':', at + 2);
  if (colon < 0 || colon - at > TAG_LENGTH_MAX) return line;
  const word = line.charAt(at) === 'A' || line.charAt(at) === 'I';
  if (
    word &&
    line
      .slice(at + 2, colon)
      .trimEnd()
      .includes(' ')
  )
    return line;
  return afterTag(line, at + 2);
}

/** The text after the first colon that ends a tag. */
function afterTag(line: string, from: number): string {
  const colon = line.indexOf(': ', from);
  if (colon >= 0 && colon - from <= TAG_LENGTH_MAX) return line.slice(colon + 2);
  return line.endsWith(':') && line.length - from <= TAG_LENGTH_MAX ? '' : line;
}

function isPriority(line: string, at: number): boolean {
  const character = line.charAt(at);
  return character !== '' && PRIORITIES.includes(character);
}

function firstNonBlank(line: string): number {
  let at = 0;
  while (line.charCodeAt(at) === 32) at++;
  return at;
}
