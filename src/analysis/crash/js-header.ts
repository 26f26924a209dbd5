/**
 * The lines of a JavaScript report that name an error: the one thrown, and those that it carries.
 *
 * V8 prints `Name: message`; Node puts an error without a stack into brackets (`[Name: message]`) and
 * prints in braces after a stack what else the error holds: its `[cause]`, the `[errors]` of an
 * `AggregateError`, properties that are errors (Node's documentation of `util.inspect`).
 */
import { findHeader, isThrowableName, parseHeader, type ExceptionHeader } from './exception-header.ts';

/** The header of an error that another one carries. */
export interface CarriedHeader extends ExceptionHeader {
  /** `member`: of a list or under a property's name. */
  readonly as: 'cause' | 'member';
  /** Whether a stack follows, and before it perhaps more of the message. */
  readonly stack: boolean;
}

const CAUSE = '[cause]: ';
const CAUSED_BY = 'Caused by: ';
/** A list that has room on one line has no stacks in it. */
const ERRORS_INLINE = '[errors]: [ ';

/** `TypeError: x`, `Uncaught (in promise) TypeError: x`, Node's `TypeError [ERR_X]: x`; without a type where there is none. */
export function headerOf(line: string): ExceptionHeader {
  const direct = parseHeader(line, 0);
  if (direct !== null && (direct.message !== undefined || isThrowableName(direct.type))) return direct;
  const code = line.indexOf(' [');
  const end = code < 0 ? -1 : line.indexOf(']:', code);
  const type = end < 0 ? '' : line.slice(0, code);
  if (isThrowableName(type) && !type.includes(' ')) {
    const message = line.slice(end + 2).trim();
    return message === '' ? { type } : { type, message };
  }
  return (line.startsWith('Un') ? findHeader(line) : null) ?? { type: '', message: line };
}

/** Whether a line names an error by a name that tells. */
export function isHeader(line: string): boolean {
  return isThrowableName(headerOf(line).type);
}

/** The error in brackets, by which Node says that it has no stack; `null` for another line. */
export function stacklessHeader(text: string): ExceptionHeader | null {
  const end = text.endsWith('] {') ? -3 : text.endsWith('],') ? -2 : text.endsWith(']') ? -1 : 0;
  if (end === 0 || !text.startsWith('[')) return null;
  const header = headerOf(text.slice(1, end));
  return isThrowableName(header.type) ? header : null;
}

/** The errors that a line after a stack begins to tell of; `inBraces`: what the error holds is being told. */
export function carriedHeaders(text: string, inBraces: boolean): readonly CarriedHeader[] {
  if (text.startsWith(CAUSE)) return carried(text.slice(CAUSE.length), 'cause');
  if (text.startsWith(CAUSED_BY))
    return [{ ...headerOf(text.slice(CAUSED_BY.length)), as: 'cause', stack: false }];
  if (!inBraces) return [];
  if (text.startsWith(ERRORS_INLINE)) return inlineMembers(text);
  return carried(withoutProperty(text), 'member').filter(({ type }) => isThrowableName(type));
}

/** A cause may be anything; only an error and a text say something here. */
function carried(text: string, as: CarriedHeader['as']): readonly CarriedHeader[] {
  const stackless = stacklessHeader(text);
  if (stackless !== null) return [{ ...stackless, as, stack: false }];
  const header = headerOf(text);
  if (header.type === '' && !/^['"`]/.test(text)) return [];
  return [{ ...header, as, stack: header.type !== '' }];
}

function inlineMembers(text: string): readonly CarriedHeader[] {
  return [...text.slice(ERRORS_INLINE.length).matchAll(/\[[^[\]]*\]/g)].flatMap(([item]) =>
    carried(item, 'member'),
  );
}

/** `original: RangeError: x` → `RangeError: x`. Types begin with a capital letter, properties mostly do not. */
function withoutProperty(text: string): string {
  const name = /^[a-z_$][\w$]*: /.exec(text);
  return name === null ? text : text.slice(name[0].length);
}
