/**
 * The LMDB environment of a log: its tables, its format version, and the one way to write to it.
 *
 * LMDB runs writes on its own thread, one transaction at a time over all processes; the main thread
 * only hands over instructions and runs the short callbacks that assign offsets.
 */
import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { open } from 'lmdb';
import { EngineError, describe } from '../../model/errors.ts';
import { FORMAT_VERSION } from './layout.ts';

/** A topic as it is stored. */
export interface StoredTopic {
  readonly id: number;
  readonly partitions: number;
}

/** A group's position in a partition. */
export interface StoredPosition {
  readonly offset: number;
  /** A note that its committer keeps beside it. */
  readonly metadata: string;
}

/** A process that reads for a group or writes blocks. */
export interface StoredHolder {
  readonly pid: number;
  /** When it was started, in ticks since boot; 0 where that cannot be known. */
  readonly startedTicks: number;
  /** Tells several holders of one process apart. */
  readonly token: string;
}

/** The tables. */
export interface Tables {
  /** `format`, and the counters `topics` and `writers`. */
  readonly meta: Database<number, string>;
  readonly topics: Database<StoredTopic, string>;
  readonly tails: Database<Buffer, Buffer>;
  readonly index: Database<Buffer, Buffer>;
  readonly blocks: Database<Buffer, Buffer>;
  /** Sequence number of each writer's last block. */
  readonly writers: Database<number, number>;
  readonly positions: Database<StoredPosition, [group: string, topic: string, partition: number]>;
  readonly owners: Database<StoredHolder, string>;
}

/** An open environment. */
export interface Environment {
  readonly dir: string;
  readonly tables: Tables;
  /**
   * Runs `instructions`, which put about `bytes`, as part of one transaction. What they put is
   * written by LMDB's thread; a callback given to {@link Environment.inside} runs on the main
   * thread in its turn. Resolves when the transaction is on the disk; rejects with LMDB's error, or
   * with `E_LOG_FULL` without having tried.
   */
  write(instructions: () => void, bytes?: number): Promise<void>;
  /** To be called by instructions only. Returns at once; `callback` runs later. */
  inside(callback: () => void): void;
  /** Lets the next read see what other processes have committed since. */
  refresh(): void;
  close(): Promise<void>;
}

/** How a directory is opened. */
export interface EnvironmentOptions {
  readonly dir: string;
  readonly readOnly: boolean;
  /** `false`: a missing directory is `E_LOG_DIR`. */
  readonly create: boolean;
}

/**
 * A transaction is refused when it would leave less room on the disk than this. LMDB 3.5.6 writes
 * past a buffer of its own while it words the error of a full disk, which can end the process: so it
 * is not let run into one.
 */
export const ROOM_KEPT_BYTES: number = 16 * 1024 * 1024;

/** Opens the environment. Throws `E_LOG_DIR`, `E_LOG_VERSION`, `E_LOG_FULL`. */
export function openEnvironment(options: EnvironmentOptions): Environment {
  const { dir, readOnly } = options;
  const exists = existsSync(join(dir, 'data.mdb'));
  if (!exists && (readOnly || !options.create)) {
    throw new EngineError('E_LOG_DIR', `there is no log in ${dir}`);
  }
  const root = attempt(dir, () => openRoot(dir, readOnly));
  try {
    if (!readOnly) assertRoom(dir, 0);
    const tables = attempt(dir, () => openTables(root));
    checkFormat(tables, dir, readOnly);
    return environment(dir, root, tables);
  } catch (error) {
    void root.close();
    throw error;
  }
}

function openRoot(dir: string, readOnly: boolean): RootDatabase<unknown, string> {
  if (!readOnly) mkdirSync(dir, { recursive: true });
  // Without event-turn batching every promise that LMDB makes is in our hands; see `write`.
  return open({
    path: dir,
    readOnly,
    noSubdir: false,
    maxDbs: 16,
    strictAsyncOrder: true,
    eventTurnBatching: false,
  });
}

function openTables(root: RootDatabase<unknown, string>): Tables {
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

/** Writes the version into a new log; refuses another one. */
function checkFormat({ meta }: Tables, dir: string, readOnly: boolean): void {
  const version = meta?.get('format');
  if (version === FORMAT_VERSION) return;
  if (version === undefined && !readOnly) {
    attempt(dir, () => meta.putSync('format', FORMAT_VERSION));
    return;
  }
  throw new EngineError(
    'E_LOG_VERSION',
    `the log in ${dir} has format ${version ?? 'none'}, this program reads format ${FORMAT_VERSION}`,
  );
}

function environment(dir: string, root: RootDatabase<unknown, string>, tables: Tables): Environment {
  let bytesUnderWay = 0;
  return {
    dir,
    tables,
    write: async (instructions, bytes = 0) => {
      assertRoom(dir, bytesUnderWay + bytes);
      bytesUnderWay += bytes;
      try {
        await root.batch(instructions);
      } finally {
        bytesUnderWay -= bytes;
      }
    },
    inside: (callback) => {
      void root.transaction(callback);
    },
    refresh: () => root.resetReadTxn(),
    close: () => root.close(),
  };
}

/** Asks the file system, which answers from memory (some microseconds). One that cannot tell has room. */
function assertRoom(dir: string, bytes: number): void {
  const { blocks, bavail, bsize } = statfsSync(dir);
  const left = bavail * bsize - bytes;
  if (blocks === 0 || left >= ROOM_KEPT_BYTES) return;
  throw new EngineError(
    'E_LOG_FULL',
    `the disk of the log in ${dir} is full, or would be to ${ROOM_KEPT_BYTES} bytes`,
    {
      details: { dir, freeBytes: bavail * bsize, neededBytes: bytes },
    },
  );
}

function attempt<T>(dir: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const full = (cause as { code?: unknown } | null)?.code === 28;
    const what = full ? 'cannot grow, its disk is full' : `cannot be opened: ${describe(cause)}`;
    throw new EngineError(full ? 'E_LOG_FULL' : 'E_LOG_DIR', `the log in ${dir} ${what}`, { cause });
  }
}
