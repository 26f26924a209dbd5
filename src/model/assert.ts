/** States what must be true. On in production: a failing one stops the engine without committing. */
import { EngineError } from './errors.ts';

/** Throws `E_ASSERT` unless `condition` holds. `message` states the assumption. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new EngineError('E_ASSERT', `assumption broken: ${message}`);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new EngineError('E_ASSERT', `unexpected value ${String(value)}`);
}
