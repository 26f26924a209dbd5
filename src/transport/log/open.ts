/**
 * Opens a log's environment, once in a process: who opens a directory that this process has open
 * already shares it. LMDB would share it too, but by its own rules: what is opened for reading first
 * stays so, and each opening takes one of the reader's places that all processes share.
 */
import { accessSync, constants, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { open } from 'lmdb';
import { EngineError, describe } from '../../model/errors.ts';
import { checkDataFile, COPY_DIR, DATA_FILE } from './data-file.ts';
import type { Environment, Tables } from './environment.ts';
import { assertRoom, closeRoot, environment, ROOM_KEPT_TO_REMOVE_BYTES } from './environment.ts';
import { Gate } from './gate.ts';
import { FORMAT_VERSION } from './layout.ts';

/** How a directory is opened. */
export interface EnvironmentOptions {
  readonly dir: string;
  readonly readOnly: boolean;
  /** `false`: a missing directory is `E_LOG_DIR`. */
  readonly create: boolean;
  /** How long another process is waited for that does not let go of the log. Default: `YIELD_MS_MAX`. */
  readonly yieldMsMax?: number | undefined;
}

/** An environment that this process has open, or opens or closes. */
interface Shared {
  readonly readOnly: boolean;
  readonly environment: Promise<Environment>;
  users: number;
  /** Set when the last user has left. */
  closed: Promise<void> | null;
}

/** By directory. */
const SHARED = new Map<string, Shared>();

/** Opens the environment. Rejects with `E_LOG_DIR`, `E_LOG_VERSION`, `E_LOG_FULL`, `E_LOG_BUSY`. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { dir, readOnly, create } = options;
  if (!existsSync(join(dir, DATA_FILE)) && (readOnly || !create)) {
    throw new EngineError('E_LOG_DIR', `there is no log in ${dir}`);
  }
  try {
    if (!readOnly) mkdirSync(dir, { recursive: true });
    return await share(realpathSync(dir), options);
  } catch (error) {
    throw openFailure(dir, error);
  }
}

async function share(key: string, options: EnvironmentOptions): Promise<Environment> {
  while (SHARED.get(key)?.closed) await SHARED.get(key)?.closed?.catch(() => {});
  const shared = SHARED.get(key) ?? begin(key, options);
  if (shared.readOnly && !options.readOnly) {
    const message = `this process has the log in ${options.dir} open for reading only`;
    throw new EngineError('E_LOG_BUSY', message, { hint: 'Close it before it is opened for writing.' });
  }
  shared.users += 1;
  const opened = await shared.environment;
  let closing: Promise<void> | null = null;
  return { ...opened, close: () => (closing ??= leave(key, shared, opened)) };
}

function begin(key: string, options: EnvironmentOptions): Shared {
  const opening = openOwn(options);
  const shared: Shared = { readOnly: options.readOnly, environment: opening, users: 0, closed: null };
  SHARED.set(key, shared);
  opening.catch(() => SHARED.delete(key));
  return shared;
}

async function leave(key: string, shared: Shared, opened: Environment): Promise<void> {
  shared.users -= 1;
  if (shared.users > 0) return;
  shared.closed = opened.close().finally(() => SHARED.delete(key));
  await shared.closed;
}

async function openOwn({ dir, readOnly, create, yieldMsMax }: EnvironmentOptions): Promise<Environment> {
  const gate = readOnly && hasNoLocks(dir) ? null : new Gate(dir, yieldMsMax);
  const openHere = (): RootDatabase<unknown, string> => {
    const path = join(dir, DATA_FILE);
    if (existsSync(path)) checkDataFile(path, create && !readOnly);
    return openRoot(dir, readOnly);
  };
  const root = await (gate === null ? openHere() : gate.opening(openHere));
  try {
    if (!readOnly) assertRoom(dir, 0, ROOM_KEPT_TO_REMOVE_BYTES);
    return environment(dir, { gate, root, tables: await prepare(dir, root, readOnly ? null : gate) });
  } catch (error) {
    await closeRoot(root, gate);
    throw error;
  }
}

/**
 * Whether LMDB cannot use locks here, since this process may not write them (a medium that is
 * mounted for reading, another user's directory). Then it touches nothing that others share, and the
 * gate is neither needed nor possible.
 */
function hasNoLocks(dir: string): boolean {
  const lock = join(dir, 'lock.mdb');
  try {
    accessSync(existsSync(lock) ? lock : dir, constants.W_OK);
    return false;
  } catch {
    return true;
  }
}

/**
 * Opens LMDB, in the turn that the gate gives.
 *
 * lmdb listens for the end of the process, and closes the environment then, also while its own thread
 * is in the middle of a transaction: the process hangs in its exit, and the lock that the transaction
 * held is never free again, for no process. So that listener is taken away; an environment that is not
 * closed is what LMDB is made for.
 */
export function openRoot(dir: string, readOnly: boolean): RootDatabase<unknown, string> {
  const listeners = new Set(process.listeners('exit'));
  try {
    // Without event-turn batching every promise that LMDB makes is in our hands; see `write`.
    return open({
      path: dir,
      readOnly,
      noSubdir: false,
      maxDbs: 16,
      strictAsyncOrder: true,
      eventTurnBatching: false,
    });
  } finally {
    for (const listener of process.listeners('exit'))
      if (!listeners.has(listener)) process.off('exit', listener);
  }
}

/** Opens the tables; makes what is missing in the turn of a writer. `null`: reads only. */
async function prepare(dir: string, root: RootDatabase<unknown, string>, gate: Gate | null): Promise<Tables> {
  const tables = (): Tables => {
    const opened = openTables(root);
    checkFormat(opened, dir, gate === null);
    return opened;
  };
  if (gate === null) return tables();
  return gate.writing(async () => {
    // Left by a compaction that was killed: none runs while this process has the log open.
    await rm(join(dir, COPY_DIR), { recursive: true, force: true });
    return tables();
  });
}

/** Opens the tables; makes what is missing, unless the environment is for reading only. */
export function openTables(root: RootDatabase<unknown, string>): Tables {
  const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
  const json = { encoding: 'json' } as const;
  return {
    meta: root.openDB('meta', json),
    topics: root.openDB('topics', json),
    tails: root.openDB('tails', binary),
    index: root.openDB('index', binary),
    blocks: root.openDB('blocks', binary),
    writers: root.openDB('writers', json),
    positions: root.openDB('positions', json),
    owners: root.openDB('owners', json),
  };
}

/** Writes the version into a new log; refuses another one. Throws `E_LOG_VERSION`. */
export function checkFormat({ meta }: Tables, dir: string, readOnly: boolean): void {
  const version = meta?.get('format');
  if (version === FORMAT_VERSION) return;
  if (version === undefined && !readOnly) {
    meta.putSync('format', FORMAT_VERSION);
    return;
  }
  throw new EngineError(
    'E_LOG_VERSION',
    `the log in ${dir} has format ${version ?? 'none'}, this program reads format ${FORMAT_VERSION}`,
  );
}

function openFailure(dir: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const full = code === 28 || code === 'ENOSPC';
  const what = full ? 'cannot grow, its disk is full' : `cannot be opened: ${describe(error)}`;
  return new EngineError(full ? 'E_LOG_FULL' : 'E_LOG_DIR', `the log in ${dir} ${what}`, { cause: error });
}
