/**
 * The line that names an exception: `pkg.Type: message`, `Type: message`, `pkg.Type`.
 *
 * Shared by Java, JavaScript and Python. Scans by character; each question is answered in one pass.
 */

/** Endings by which languages name what is thrown: Java's and JavaScript's, then Python's own. */
const THROWABLE_ENDINGS = [
  'Exception',
  'Error',
  'Throwable',
  'Failure',
  'ExceptionGroup',
  'Interrupt',
  'SystemExit',
  'Warning',
  'StopIteration',
];

/** From here on nearly all of Unicode is letters; the signs between it and ASCII are not (Latin-1). */
const LETTERS_FROM = 0xc0;

/** A header taken apart. */
export interface ExceptionHeader {
  readonly type: string;
  /** Absent where the line ends with the type. */
  readonly message?: string;
}

/** The header that begins at `from`; `null` where the text there names no type. */
export function parseHeader(text: string, from: number): ExceptionHeader | null {
  const end = exceptionTypeEnd(text, from);
  if (end < 0) return null;
  const type = text.slice(from, end);
  const colon = text.indexOf(':', end);
  const message = colon < 0 ? '' : text.slice(colon + 1).trim();
  return message === '' ? { type } : { type, message };
}

/**
 * Where a dotted name that begins at `from` ends, if nothing or a colon follows it; else -1. A colon
 * must end its word, so that `http://` and `file.js:12` are no headers.
 */
export function exceptionTypeEnd(text: string, from: number): number {
  if (!isLetter(text.charCodeAt(from))) return -1;
  let at = from + 1;
  while (at < text.length && isNamePart(text.charCodeAt(at))) at++;
  if (text.charCodeAt(at - 1) === 46) return -1;
  let next = at;
  while (text.charCodeAt(next) === 32) next++;
  if (next >= text.length) return at;
  if (text.charCodeAt(next) !== 58) return -1;
  const after = text.charCodeAt(next + 1);
  return next + 1 >= text.length || after === 32 || after === 9 ? at : -1;
}

/** Whether a type's name says that it is thrown. */
export function isThrowableName(type: string): boolean {
  return THROWABLE_ENDINGS.some((ending) => type.endsWith(ending));
}

/** The first header with a telling name inside a line of other text, as loggers write it. */
export function findHeader(line: string): ExceptionHeader | null {
  for (let blank = line.indexOf(' '); blank >= 0; blank = line.indexOf(' ', blank + 1)) {
    const end = exceptionTypeEnd(line, blank + 1);
    if (end > 0 && isThrowableName(line.slice(blank + 1, end))) return parseHeader(line, blank + 1);
  }
  return null;
}

/** Letters of any script, `_` and `$`. */
function isLetter(code: number): boolean {
  return ((code | 32) >= 97 && (code | 32) <= 122) || code === 95 || code === 36 || code >= LETTERS_FROM;
}

function isNamePart(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 46 || code === 45;
}
