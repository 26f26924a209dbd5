/**
 * `trim` in two halves for the hot path: V8 (Node 24) does not inline it, and the call costs more than
 * the few characters that a line of a stack has around it.
 */

/** Where the first character from `from` on stands that is neither blank nor control. */
export function pastBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** The text from `from` on without the blanks and control characters at its end. */
export function trimmedFrom(text: string, from: number): string {
  let end = text.length;
  while (end > from && isBlank(text.charCodeAt(end - 1))) end--;
  return from === 0 && end === text.length ? text : text.slice(from, end);
}

/** Also the no-break space and the byte order mark, which reports copied from a web page have. */
export function isBlank(code: number): boolean {
  return code <= 32 || code === 0xa0 || code === 0xfeff;
}
