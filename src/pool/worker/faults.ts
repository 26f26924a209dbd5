/** Whatever an analyzer threw, as a fault: bounded, plain, without calling back into foreign code unprotected. */
import type { Fault } from '../../model/errors.ts';
import { describe, EngineError } from '../../model/errors.ts';
import { toPlain } from '../../wire/plain.ts';

const MESSAGE_LENGTH_MAX = 1_000;
const STACK_LENGTH_MAX = 2_000;
const DETAIL_VALUES_MAX = 100;

/** The fault of a delivery whose decoding, analysis or encoding threw `error`. Never throws. */
export function faultOf(error: unknown): Fault {
  if (error instanceof EngineError) {
    const { code, message, retriable, details } = error;
    return { code, message: message.slice(0, MESSAGE_LENGTH_MAX), retriable, details: plainDetails(details) };
  }
  const message = String(describe(error)).slice(0, MESSAGE_LENGTH_MAX);
  const stack = read(error, 'stack');
  return {
    code: 'E_EVENT_ANALYZE',
    message,
    retriable: read(error, 'retriable') !== false,
    ...(typeof stack === 'string' && { details: { stack: stack.slice(0, STACK_LENGTH_MAX) } }),
  };
}

/** A property of something foreign, whose getters may throw. */
function read(value: unknown, name: 'stack' | 'retriable'): unknown {
  try {
    return (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

function plainDetails(details: unknown): Readonly<Record<string, unknown>> {
  try {
    return { ...(toPlain(details, 'details', DETAIL_VALUES_MAX) as object) };
  } catch {
    return {};
  }
}
