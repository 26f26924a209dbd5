/**
 * A finding as JSON, the text of stacks that come again and again kept.
 *
 * Analyses share the frames of a stack that they know: their text is made once. The result is that of
 * `JSON.stringify`, character for character.
 */
import type { FindingException } from '../model/finding.ts';
import { isShared } from '../model/shared.ts';

/** Stands for frames while the rest is written; where it is in the data itself too, nothing is kept. */
const MARK = '~frames~';
const MARK_JSON = JSON.stringify(MARK);

/** The texts of shared lists. */
const TEXTS = new WeakMap<object, string>();

/** The text. Throws as `JSON.stringify` does. */
export function toJson(finding: object): string {
  const { exceptions } = finding as { readonly exceptions?: unknown };
  const kept = Array.isArray(exceptions) ? keptIn(exceptions) : [];
  if (kept.length === 0) return JSON.stringify(finding);
  const marked = (exceptions as object[]).map((exception) =>
    hasShared(exception) ? { ...exception, frames: MARK } : exception,
  );
  const parts = JSON.stringify({ ...finding, exceptions: marked }).split(MARK_JSON);
  if (parts.length !== kept.length + 1) return JSON.stringify(finding);
  return parts.reduce((text, part, i) => text + (kept[i - 1] ?? '') + part);
}

/** The texts of the frames of exceptions whose frames are shared. */
function keptIn(exceptions: readonly unknown[]): readonly string[] {
  return exceptions.filter(hasShared).map(({ frames }) => textOf(frames));
}

function hasShared(exception: unknown): exception is Pick<FindingException, 'frames'> {
  if (typeof exception !== 'object' || exception === null || !('frames' in exception)) return false;
  const { frames } = exception;
  return Array.isArray(frames) && isShared(frames);
}

function textOf(frames: readonly object[]): string {
  const known = TEXTS.get(frames);
  if (known !== undefined) return known;
  const text = JSON.stringify(frames);
  TEXTS.set(frames, text);
  return text;
}
