/**
 * Errors and results between the two threads: an {@link EngineError} as plain data and again an error.
 * Its cause stays behind; what cannot be cloned is described.
 *
 * Of the results of a request only the failures cross, each error once however many publications it is of.
 */
import type { Fault } from '../../model/errors.ts';
import { describe, EngineError, toFault } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';

/** An error as plain data. */
export interface WireFault extends Fault {
  readonly hint: string | null;
}

/** Publications that failed, by their places in the request, and why. */
export interface Failure {
  readonly fault: WireFault;
  readonly indexes: readonly number[];
}

/** An error for the other thread; foreign ones become `E_PUBLISHER_DIED`. */
export function packFault(error: unknown): WireFault {
  const { details, ...fault } = toFault(error, 'E_PUBLISHER_DIED');
  const hint = error instanceof EngineError ? error.hint : null;
  return { ...fault, hint, ...(details === undefined ? {} : { details: cloneable(details) }) };
}

/** The error again. */
export function unpackFault({ code, message, hint, retriable, details }: WireFault): EngineError {
  return new EngineError(code, message, {
    retriable,
    ...(hint === null ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}

/** The failures among results. */
export function packResults(results: readonly PublishResult[]): readonly Failure[] {
  const indexes = new Map<EngineError, number[]>();
  results.forEach((error, index) => {
    if (error === null) return;
    const same = indexes.get(error);
    if (same === undefined) indexes.set(error, [index]);
    else same.push(index);
  });
  return [...indexes].map(([error, places]) => ({ fault: packFault(error), indexes: places }));
}

/** The results of so many publications. */
export function unpackResults(failures: readonly Failure[], count: number): readonly PublishResult[] {
  const results = Array<PublishResult>(count).fill(null);
  for (const { fault, indexes } of failures) {
    const error = unpackFault(fault);
    for (const index of indexes) results[index] = error;
  }
  return results;
}

/** The fields, each as it is or, where no copy can be made of it, in words. */
export function cloneable(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, clone(value)]));
}

function clone(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return describe(value);
  }
}
