/**
 * A line of text without what differs from one occurrence to the next: numbers, addresses, hashes,
 * identifiers.
 *
 * A small part of what Sentry's parameterisation folds (`grouping/parameterization.py`), in one
 * pass: a run of digits becomes `0`, a word of hexadecimal digits with a digit in it becomes `#`.
 */

/** Shorter runs may be words (`face`, `b2`); with `0x` before them any length counts. */
const HEX_LENGTH_MIN = 8;
const UUID_LENGTH = 36;

/** At most `lengthMax` characters of the text are looked at. */
export function foldVariables(text: string, lengthMax: number): string {
  const line = text.slice(0, lengthMax).trim();
  let folded = '';
  let at = 0;
  while (at < line.length) {
    const end = wordEnd(line, at);
    if (isUuid(line, at)) {
      folded += '#';
      at += UUID_LENGTH;
    } else if (end === at) {
      folded += line.charAt(at);
      at++;
    } else {
      folded += foldWord(line.slice(at, end));
      at = end;
    }
  }
  return folded;
}

/** Where the letters, digits and `_` from `from` on end. */
function wordEnd(line: string, from: number): number {
  let end = from;
  while (end < line.length && isWordPart(line.charCodeAt(end))) end++;
  return end;
}

/** Eight, four, four, four and twelve hexadecimal digits (RFC 9562). */
function isUuid(line: string, from: number): boolean {
  if (line.charAt(from + 8) !== '-' || from + UUID_LENGTH > line.length) return false;
  for (let i = 0; i < UUID_LENGTH; i++) {
    const dash = i === 8 || i === 13 || i === 18 || i === 23;
    if (dash ? line.charAt(from + i) !== '-' : !isHex(line.charCodeAt(from + i))) return false;
  }
  return true;
}

function foldWord(word: string): string {
  const prefixed = word.startsWith('0x') || word.startsWith('0X');
  let digits = 0;
  let hex = 0;
  for (let i = prefixed ? 2 : 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code >= 48 && code <= 57) digits++;
    if (isHex(code)) hex++;
  }
  if (prefixed && hex === word.length - 2) return '#';
  if (digits === 0) return word;
  if (hex === word.length && hex > digits && word.length >= HEX_LENGTH_MIN) return '#';
  return foldDigits(word);
}

function foldDigits(word: string): string {
  let folded = '';
  let inRun = false;
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    const digit = code >= 48 && code <= 57;
    if (!digit) folded += word.charAt(i);
    else if (!inRun) folded += '0';
    inRun = digit;
  }
  return folded;
}

function isWordPart(code: number): boolean {
  return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122) || code === 95;
}

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 102);
}
