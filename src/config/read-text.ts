/** A file of the config: the config itself, and what it names. Small text, whole, or a coded error. */
import { readFile, stat } from 'node:fs/promises';
import { describe, EngineError } from '../model/errors.ts';
import { CONFIG_LIMITS } from './task-spec.ts';

/** The text. Rejects with `E_CONFIG_READ`, whose message begins with `what`: the file, and the key that names it. */
export async function readText(path: string, what: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > CONFIG_LIMITS.fileBytesMax) {
      throw new EngineError(
        'E_CONFIG_READ',
        `${what} has ${size} bytes, more than ${CONFIG_LIMITS.fileBytesMax}`,
      );
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError('E_CONFIG_READ', `${what} cannot be read: ${whyNot(error)}`, { cause: error });
  }
}

function whyNot(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a directory';
    case 'EACCES':
      return 'this user has no right to';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'it is not UTF-8';
    default:
      return describe(error);
  }
}
