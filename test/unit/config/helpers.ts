/** What loading a config says, as the tests look at it. */
import { EngineError } from '../../../src/model/errors.ts';
import type { ErrorCode } from '../../../src/model/errors.ts';
import type { ConfigInput } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/load.ts';

/** The lines of the mistakes; none for a good config. */
export function mistakesOf(input: ConfigInput): readonly string[] {
  const lines = errorOf(input)?.message.split('\n  ') ?? [];
  return lines.length > 1 ? lines.slice(1) : lines;
}

/** The error's code, `null` for a good config. */
export function codeOf(input: ConfigInput): ErrorCode | null {
  return errorOf(input)?.code ?? null;
}

function errorOf(input: ConfigInput): EngineError | null {
  try {
    parseConfig(input);
    return null;
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}
