/**
 * One line of a sampled stack: a Java, JavaScript or native frame, or a bare symbol as profilers
 * print it (`com.shop.Db.query`, `com/shop/Db.query`, `main`).
 */
import type { Frame } from '../../model/report.ts';
import { isInApp, type Language } from '../stack/in-app.ts';
import { parseJavaFrame } from '../stack/java-frame.ts';
import { parseJsFrame } from '../stack/js-frame.ts';
import { parseNativeFrame } from '../stack/native-frame.ts';
import { isIdle } from './idle.ts';

/** What a line is. */
export interface StackLine {
  readonly frame: Frame;
  /** A frame by its form, where a bare symbol could be any text. */
  readonly formed: boolean;
  /** Whether a thread with this frame on top waits for work. */
  readonly idle: boolean;
}

/** Reads a line; any text is at least a bare symbol. */
export function parseStackLine(line: string): StackLine {
  const text = line.trim();
  const java = parseJavaFrame(text);
  if (java !== null) return judged(java, 'java');
  const marked = text.startsWith('at ');
  const script = marked || text.includes('@') ? parseJsFrame(text) : null;
  if (script !== null) return judged(script, 'javascript');
  if (marked) return judged({ raw: text, function: text.slice(3) }, 'java');
  const native = text.startsWith('#') || text.startsWith('native: #') ? parseNativeFrame(text) : null;
  return native === null ? symbol(text) : judged(native, 'native');
}

function judged(frame: Frame, language: Language): StackLine {
  const known = frame.inApp === undefined ? { ...frame, inApp: isInApp(frame, language) } : frame;
  return { frame: known, formed: true, idle: isIdle(known) };
}

/** A dotted name is read as a class and its method, so that it groups with a stack that has more. */
function symbol(text: string): StackLine {
  const name = text.includes(' ') || text.startsWith('/') ? text : text.replaceAll('/', '.');
  const dot = name.includes(' ') || name.includes('(') ? -1 : name.lastIndexOf('.');
  const dotted = dot > 0 && dot < name.length - 1;
  const frame = dotted
    ? { raw: text, module: name.slice(0, dot), function: name.slice(dot + 1) }
    : { raw: text, function: text };
  return { ...judged(frame, 'java'), formed: false };
}
