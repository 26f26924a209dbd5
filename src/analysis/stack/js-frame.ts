/**
 * One line of a JavaScript stack, in the form of any engine that is met: V8, old Edge, Hermes
 * (`at f (file:1:2)`), SpiderMonkey and JavaScriptCore (`f@file:1:2`).
 *
 * Of nested `eval`s the innermost real file is taken, as sentry-javascript does. The function's name
 * stays as the engine gives it (`new Foo`, `async f`, `eval [as fetchData]`); keys clean it. The
 * form of V8 is described in its `docs/stack-trace-api`.
 */
import type { Frame } from '../../model/report.ts';
import type { Mutable } from '../mutable.ts';
import { decimalIn } from './decimal.ts';
import { isInApp } from './in-app.ts';

const NATIVE_CODE = '[native code]';

/** Parses a line of either family; `null` for what is no frame. */
export function parseJsFrame(line: string): Frame | null {
  const raw = line.trim();
  const frame = raw.startsWith('at ') ? parseV8(raw) : parseGecko(raw);
  if (frame !== null) frame.inApp = isInApp(frame, 'javascript');
  return frame;
}

/** `at f (file:1:2)`, `at file:1:2`, `at async f (file:1:2)`, `at Array.map (<anonymous>)`. */
function parseV8(raw: string): Mutable<Frame> | null {
  const body = withoutTrail(raw).slice(3).trim();
  const open = body.endsWith(')') ? openingOf(body) : -1;
  const frame: Mutable<Frame> = { raw };
  if (open < 0) {
    locate(frame, body.startsWith('async ') ? body.slice(6) : body);
    return frame.line === undefined && frame.native !== true ? null : frame;
  }
  const name = body.slice(0, open).trimEnd();
  if (name !== '' && name !== '<anonymous>') frame.function = name;
  locate(frame, body.slice(open + 1, -1));
  // A place without a line may be a file or `<anonymous>`, and is one word; anything else is prose.
  return frame.line === undefined && frame.file?.includes(' ') === true ? null : frame;
}

/** After an error's last frame Node begins its other fields with ` {`, or the next of a list with `,`. */
function withoutTrail(raw: string): string {
  if (raw.endsWith(' {')) return raw.slice(0, -2);
  return raw.endsWith(',') ? raw.slice(0, -1) : raw;
}

/** `f@file:1:2`, `@file:1:2`, `f@[native code]`, `[native code]`, `f@file line 3 > eval:1:1`. */
function parseGecko(raw: string): Mutable<Frame> | null {
  if (raw === NATIVE_CODE) return { raw, native: true };
  if (raw.startsWith('Error created at ')) return null;
  const at = raw.indexOf('@');
  const frame: Mutable<Frame> = { raw };
  const place = raw.slice(at + 1);
  if (place === NATIVE_CODE) frame.native = true;
  else if (!geckoEval(frame, place)) locate(frame, place);
  if (frame.native !== true && frame.line === undefined) return null;
  const name = at <= 0 ? '' : geckoName(raw.slice(0, at));
  if (name !== '') frame.function = name;
  return at < 0 && raw.includes(' ') ? null : frame;
}

/** Firefox 3 and Opera 11 print arguments: `bar(1)`, `<anonymous function: run>([arguments not available])`. */
function geckoName(text: string): string {
  const open = text.endsWith(')') ? openingOf(text) : -1;
  const name = open < 0 ? text : text.slice(0, open);
  if (!name.startsWith('<anonymous function')) return name;
  return name.startsWith(': ', 19) && name.endsWith('>') ? name.slice(21, -1) : '';
}

/** `file line 39 > eval:1:1` stands for code made at line 39; false for another form. */
function geckoEval(frame: Mutable<Frame>, place: string): boolean {
  const arrow = place.indexOf(' > eval');
  const mark = arrow < 0 ? -1 : place.lastIndexOf(' line ', arrow);
  const line = mark < 0 ? -1 : decimalIn(place, mark + 6, arrow);
  if (line < 0) return false;
  frame.file = place.slice(0, mark);
  frame.line = line;
  frame.function = 'eval';
  return true;
}

/** Reads `file:line:column`, `file:line`, `native`, `eval at …` into `frame`. */
function locate(frame: Mutable<Frame>, text: string): void {
  const place = text.startsWith('eval at ') ? innermost(text) : text;
  if (place === 'native' || place === NATIVE_CODE) {
    frame.native = true;
    return;
  }
  const last = place.lastIndexOf(':');
  const second = last < 0 ? -1 : decimalIn(place, last + 1, place.length);
  if (second < 0) {
    if (place !== '' && !place.startsWith('index ')) frame.file = place;
    return;
  }
  const before = place.lastIndexOf(':', last - 1);
  const first = before <= 0 ? -1 : decimalIn(place, before + 1, last);
  frame.file = withoutData(place.slice(0, first < 0 ? last : before));
  frame.line = first < 0 ? second : first;
  if (first >= 0) frame.column = second;
}

/** A `data:` URL is the program itself; its media type names it well enough. */
function withoutData(file: string): string {
  if (!file.startsWith('data:')) return file;
  const comma = file.indexOf(',');
  return `<${comma < 0 ? 'data:' : file.slice(0, comma)}>`;
}

/** The place within the innermost parenthesis of `eval at a (eval at b (file:1:2)), <anonymous>:1:30`. */
function innermost(text: string): string {
  const open = text.lastIndexOf(' (');
  const close = text.indexOf(')', open);
  return open < 0 || close < 0 ? text : text.slice(open + 2, close);
}

/** Index of the parenthesis that the last one closes, however many the file's name has; -1 without. */
function openingOf(text: string): number {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const code = text.charCodeAt(i);
    if (code === 41) depth++;
    else if (code === 40 && --depth === 0) return i;
  }
  return text.indexOf(' (') + (text.includes(' (') ? 1 : 0);
}
