/**
 * LMDB's failures as coded errors: the only place that knows how they look.
 *
 * A failed commit rejects with an error that has no code; the reason is in its `commitError`, a
 * promise that rejects, and must be caught in the same turn lest it ends the process.
 */
import { statfs } from 'node:fs/promises';
import { EngineError, describe } from '../../model/errors.ts';

const EIO = 5;
/** EFBIG, ENOSPC, EDQUOT, MDB_MAP_FULL; and how Node calls them. */
const FULL: ReadonlySet<unknown> = new Set([27, 28, 122, -30792, 'EFBIG', 'ENOSPC', 'EDQUOT']);
/** LMDB says EIO when a write came out short; with less room than this it is the disk that is full. */
const ROOM_BYTES = 1 << 20;

/** Why a write failed: `E_LOG_FULL` or `E_LOG_IO`, both retriable. Never rejects. */
export async function writeFailure(error: unknown, dir: string): Promise<EngineError> {
  if (error instanceof EngineError) return error;
  const cause = await commitCause(error);
  const code = (cause as { code?: unknown } | null)?.code;
  if (FULL.has(code) || (code === EIO && (await isShortOfRoom(dir)))) {
    return new EngineError('E_LOG_FULL', `the disk of the log in ${dir} is full`, { cause });
  }
  return new EngineError('E_LOG_IO', `the log in ${dir} cannot be written: ${describe(cause)}`, { cause });
}

async function commitCause(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: PromiseLike<unknown> } | null)?.commitError;
  if (reason === undefined) return error;
  return reason.then(
    () => error,
    (cause: unknown) => cause,
  );
}

async function isShortOfRoom(dir: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize < ROOM_BYTES;
  } catch {
    return false;
  }
}
