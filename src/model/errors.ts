/**
 * Every error of the product, declared once (in `errors-inside.ts` and `errors-outside.ts`): its code,
 * what it says, what to do, whether trying again can help, and the exit code of a command that ends
 * with it.
 *
 * `docs/reference/errors.md` is generated from this table; a test fails when the two differ.
 * Exit codes: 1 failed while doing, 2 wrong use or config, 3 not ready (something outside is missing).
 */

import { INSIDE_ERRORS } from './errors-inside.ts';
import { OUTSIDE_ERRORS } from './errors-outside.ts';

/** What is declared of each code. */
export interface ErrorSpec {
  readonly summary: string;
  readonly hint: string;
  readonly retriable: boolean;
  readonly exit: 1 | 2 | 3;
}

/** The closed list of error codes. */
export const ERRORS: typeof INSIDE_ERRORS & typeof OUTSIDE_ERRORS = { ...INSIDE_ERRORS, ...OUTSIDE_ERRORS };

/** A code of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** The declaration of a code, all fields in their wide types. */
export function errorSpec(code: ErrorCode): ErrorSpec {
  return ERRORS[code];
}

/** An error as plain data: what a worker reports, what a dead letter carries. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether trying again can help. */
  readonly retriable: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What may accompany an {@link EngineError}. */
export interface ErrorContext {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Replaces the hint of the table. */
  readonly hint?: string;
  /** Replaces the retriability of the table. */
  readonly retriable?: boolean;
}

/** The one error class: a code of the table, a sentence of its own, a hint, whether to try again. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retriable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string = errorSpec(code).summary, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.hint = context.hint ?? errorSpec(code).hint;
    this.retriable = context.retriable ?? errorSpec(code).retriable;
    this.details = context.details ?? {};
  }
}

/** An error as plain data that can cross threads. Foreign errors become `code`. */
export function toFault(error: unknown, code: ErrorCode): Fault {
  if (error instanceof EngineError) {
    return { code: error.code, message: error.message, retriable: error.retriable, details: error.details };
  }
  return { code, message: describe(error), retriable: errorSpec(code).retriable };
}

/** Whatever was thrown, in one line. Never throws itself. */
export function describe(error: unknown): string {
  try {
    if (error instanceof Error) return error.message || error.name;
    return typeof error === 'string' ? error : `thrown ${typeof error}: ${String(error)}`;
  } catch {
    return 'thrown value that cannot be described';
  }
}
