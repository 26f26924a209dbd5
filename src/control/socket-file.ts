/**
 * The file of the control socket: how it comes to be, is taken over from a dead process, and goes.
 *
 * It is bound under a private name and then linked to its own. So whoever sees it can connect to it:
 * between `bind` and `listen` it would look like that of a dead process. And so the name is taken by
 * one process alone: `link` fails where there is something. What a dead process left is taken away
 * under a lock, a directory, so that of several that start over it none takes away another's. (What libuv removes when a server closes
 * is the name that was bound, whoever has it by then; that is the private one.)
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { BigIntStats } from 'node:fs';
import { link, lstat, mkdir, rmdir, unlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, EngineError } from '../model/errors.ts';
import { askControl } from './client.ts';
import { isListening, socketAddress } from './socket-path.ts';

/** A socket that is in its place. */
export interface SocketFile {
  /** Takes it away; leaves what another process may have put there. Never rejects. */
  remove(): Promise<void>;
}

/** How long to try when others start at the same moment. */
const PUT_MS_MAX = 15_000;
const LOOK_MS = 10;
/** A lock is held for milliseconds; one that is older was left behind. */
const LOCK_MS_MAX = 10_000;
/** All but the owner’s right to read and write. */
const OWNER_ONLY = 0o177;
const PID_TIMEOUT_MS = 500;

/** Makes `server` listen at `path`, mode 0600. Rejects with `E_CONTROL_BUSY`, `E_CONTROL_LISTEN`, `E_CONTROL_PATH`. */
export async function listenAt(server: Server, path: string): Promise<SocketFile> {
  socketAddress(path);
  const bound = privateName(path);
  try {
    await bind(server, bound);
    await put(bound, path);
    await unlink(bound);
    const { dev, ino, birthtimeNs } = await lstat(path, { bigint: true });
    return { remove: () => removeOwn(path, { dev, ino, birthtimeNs }) };
  } catch (error) {
    server.close();
    if (error instanceof EngineError) throw error;
    throw new EngineError('E_CONTROL_LISTEN', whyNot(error, path), { cause: error });
  }
}

/** Binding is done when `listen` returns, and so is the narrowing of what this process may create. */
async function bind(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  const before = process.umask(OWNER_ONLY);
  try {
    server.listen({ path: socketAddress(path), exclusive: true });
  } finally {
    process.umask(before);
  }
  await listening;
}

async function put(bound: string, path: string): Promise<void> {
  const endMs = performance.now() + PUT_MS_MAX;
  while (!(await done(link(bound, path), 'EEXIST'))) {
    if (performance.now() > endMs) throw new EngineError('E_CONTROL_BUSY', `others come and go at ${path}`);
    await clear(path);
  }
}

/** Takes away the socket of a dead process, if it can now. Rejects with `E_CONTROL_BUSY` when it is that of a living one. */
async function clear(path: string): Promise<void> {
  await requireDead(path);
  const lock = `${path}.lock`;
  if (!(await done(mkdir(lock), 'EEXIST'))) {
    await breakLock(lock);
    await sleep(LOOK_MS);
    return;
  }
  try {
    // Another one may have been quicker: what stands there now was looked at by nobody. Nothing comes
    // in its place while it stands there, and it is taken away under the lock alone.
    await requireDead(path);
    await done(unlink(path), 'ENOENT');
  } finally {
    await rmdir(lock);
  }
}

/** A process that died with the lock would lock out all others. */
async function breakLock(lock: string): Promise<void> {
  const found = await lookAt(lock);
  if (found !== null && Date.now() - Number(found.mtimeMs) > LOCK_MS_MAX) await done(rmdir(lock), 'ENOENT');
}

/** Rejects unless a dead process's socket is there, or nothing. */
async function requireDead(path: string): Promise<void> {
  const found = await lookAt(path);
  if (found === null) return;
  if (!found.isSocket()) {
    throw new EngineError('E_CONTROL_LISTEN', `${path} is no socket; it is left as it is`);
  }
  if (await isListening(path)) throw await busy(path);
}

async function busy(path: string): Promise<EngineError> {
  const pid = await askControl({ command: 'status' }, { path, timeoutMs: PID_TIMEOUT_MS }).then(
    (status) => status.pid,
    () => null,
  );
  const who = pid === null ? 'another process' : `process ${pid}`;
  return new EngineError('E_CONTROL_BUSY', `${who} answers at ${path}`, { details: { path, pid } });
}

async function removeOwn(path: string, own: Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs'>): Promise<void> {
  try {
    const { dev, ino, birthtimeNs } = await lstat(path, { bigint: true });
    if (dev === own.dev && ino === own.ino && birthtimeNs === own.birthtimeNs) await unlink(path);
  } catch {
    // It is gone, or cannot go: then the next process finds nobody there and takes it over.
  }
}

async function lookAt(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** False when it fails with this code. */
async function done(step: Promise<unknown>, unless: string): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === unless) return false;
    throw error;
  }
}

/** In the same directory, and no longer than the usual name. */
function privateName(path: string): string {
  return join(dirname(path), `.${randomBytes(4).toString('hex')}`);
}

/** One sentence for each usual reason. */
function whyNot(error: unknown, path: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    // libuv says EACCES for a directory that is not there, too.
    case 'EACCES':
    case 'ENOENT':
      return `no control socket can be made in ${dirname(path)}: there is no such directory, or no right to write there`;
    case 'EROFS':
      return `no control socket can be made in ${dirname(path)}: the file system is read-only`;
    default:
      return `no control socket can be made at ${path}: ${describe(error)}`;
  }
}
