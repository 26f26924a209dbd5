/**
 * Which exception of a chain stands for the crash.
 *
 * The innermost cause that passes through the app's own code: what wraps it (`Unable to start
 * activity`) says little, and what lies below it in the platform was provoked by the app.
 */
import type { ExceptionInfo } from '../../model/report.ts';

/** What was thrown, its cause, the cause of that, ...; suppressed exceptions and contexts are left out. */
export function causeChain(exceptions: readonly ExceptionInfo[]): readonly ExceptionInfo[] {
  const chain: ExceptionInfo[] = [];
  let last = 0;
  for (const [index, exception] of exceptions.entries()) {
    const next = exception.relation === 'cause' && exception.parent === last;
    if (index > 0 && !next) continue;
    chain.push(exception);
    last = index;
  }
  return chain;
}

/** The exception to blame; `null` for an empty chain. */
export function blame(chain: readonly ExceptionInfo[], steps: string[] | null): ExceptionInfo | null {
  const own = chain.findLast((exception) => exception.frames.some((frame) => frame.inApp === true));
  const framed = own ?? chain.findLast((exception) => exception.frames.length > 0);
  const blamed = framed ?? chain[0] ?? null;
  if (blamed !== null && steps !== null)
    steps.push(`blamed: ${blamed.type} (${reason(blamed, own, framed)})`);
  return blamed;
}

function reason(
  blamed: ExceptionInfo,
  own: ExceptionInfo | undefined,
  framed: ExceptionInfo | undefined,
): string {
  if (blamed === own) return "innermost with the app's frames";
  return blamed === framed ? 'innermost with frames' : 'first, none has frames';
}
