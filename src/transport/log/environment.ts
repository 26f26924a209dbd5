/**
 * The LMDB environment of a log: its tables, and the one way to write to it. `open.ts` opens it.
 *
 * LMDB runs writes on its own thread, one transaction at a time over all processes; the main thread
 * only hands over instructions and runs the short callbacks that assign offsets.
 */
import { statfsSync } from 'node:fs';
import type { Database, RootDatabase } from 'lmdb';
import { assert } from '../../model/assert.ts';
import { EngineError } from '../../model/errors.ts';
import type { Gate } from './gate.ts';

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
   * thread in its turn. Transactions take effect in the order of the calls; they wait while another
   * process opens the log ({@link Gate}). Resolves when the transaction is on the disk; rejects with
   * LMDB's error, or with `E_LOG_FULL` or `E_LOG_BUSY` without having tried. `roomKeptBytes`: what must
   * be left free on the disk, {@link ROOM_KEPT_BYTES} unless said otherwise.
   */
  write(instructions: () => void, bytes?: number, roomKeptBytes?: number): Promise<void>;
  /** To be called by instructions only. Returns at once; `callback` runs later. */
  inside(callback: () => void): void;
  /** Lets the next read see what other processes have committed since. */
  refresh(): void;
  close(): Promise<void>;
}

/**
 * A transaction is refused when it would leave less room on the disk than this. LMDB 3.5.6 writes
 * past a buffer of its own while it words the error of a full disk, which can end the process: so it
 * is not let run into one.
 */
export const ROOM_KEPT_BYTES: number = 16 * 1024 * 1024;

/** The same for what makes room, and for opening, which that needs: they write some hundred kilobytes at most. */
export const ROOM_KEPT_TO_REMOVE_BYTES: number = 4 * 1024 * 1024;

/** What an environment is made of. */
export interface Parts {
  /** `null`: nothing can be written. */
  readonly gate: Gate | null;
  readonly root: RootDatabase<unknown, string>;
  readonly tables: Tables;
}

/** Puts it together. */
export function environment(dir: string, { gate, root, tables }: Parts): Environment {
  let bytesUnderWay = 0;
  const write = async (instructions: () => void, bytes: number, roomKeptBytes: number): Promise<void> => {
    assertRoom(dir, bytesUnderWay + bytes, roomKeptBytes);
    bytesUnderWay += bytes;
    try {
      await root.batch(instructions);
    } finally {
      bytesUnderWay -= bytes;
    }
  };
  return {
    dir,
    tables,
    write: async (instructions, bytes = 0, roomKeptBytes = ROOM_KEPT_BYTES) => {
      assert(gate !== null, 'what is written can be locked');
      await gate.writing(() => write(instructions, bytes, roomKeptBytes));
    },
    inside: (callback) => {
      void root.transaction(callback);
    },
    refresh: () => root.resetReadTxn(),
    close: () => closeRoot(root, gate),
  };
}

/**
 * Closes LMDB. A process that is opening and does not let go in time is not waited for; it may have to
 * open again.
 */
export async function closeRoot(root: RootDatabase<unknown, string>, gate: Gate | null): Promise<void> {
  let isBegun = false;
  const begin = async (): Promise<void> => {
    isBegun = true;
    await root.close();
  };
  try {
    await (gate === null ? begin() : gate.closing(begin));
  } catch (error) {
    if (isBegun) throw error;
    await begin();
  }
}

/**
 * Throws `E_LOG_FULL` when too little room would be left. Asks the file system, which answers from
 * memory (some microseconds); one that cannot tell has room.
 */
export function assertRoom(dir: string, bytes: number, roomKeptBytes: number = ROOM_KEPT_BYTES): void {
  const { blocks, bavail, bsize } = statfsSync(dir);
  const left = bavail * bsize - bytes;
  if (blocks === 0 || left >= roomKeptBytes) return;
  throw new EngineError(
    'E_LOG_FULL',
    `the disk of the log in ${dir} is full, or would be to ${roomKeptBytes} bytes`,
    {
      details: { dir, freeBytes: bavail * bsize, neededBytes: bytes },
    },
  );
}
