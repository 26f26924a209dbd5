/**
 * Gives the space of removed blocks back to the disk: a compacted copy of the file takes its place.
 *
 * Promises: it is done only while no other process has the log open; killed at any moment it leaves a good
 * log, the old file or the new one, and at worst a copy that the next one to write clears away; the
 * copy takes the place of the file only when every table in it has as many entries.
 */
import { existsSync, realpathSync, statfsSync } from 'node:fs';
import { chmod, chown, mkdir, open as openFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { EngineError } from '../../model/errors.ts';
import { checkDataFile, COPY_DIR, DATA_FILE } from './data-file.ts';
import type { Tables } from './environment.ts';
import { ROOM_KEPT_BYTES } from './environment.ts';
import { writeFailure } from './failure.ts';
import { Gate } from './gate.ts';
import { FORMAT_VERSION } from './layout.ts';
import { checkFormat, openRoot, openTables } from './open.ts';
import { liveBytes, tableStats } from './stats.ts';

/** Sizes of the log's file, bytes. */
export interface CompactReport {
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

/**
 * Compacts the log in a directory. Rejects with `E_LOG_BUSY` when another process, or this one, has it
 * open, with `E_LOG_FULL` when the disk has no room for the copy, with `E_LOG_DIR`, `E_LOG_VERSION` or
 * `E_LOG_CORRUPT` when it cannot be opened, and with `E_LOG_IO`. Nothing has changed then.
 */
export async function compactLog(dir: string): Promise<CompactReport> {
  if (!existsSync(join(dir, DATA_FILE))) throw new EngineError('E_LOG_DIR', `there is no log in ${dir}`);
  const own = realpathSync(dir);
  try {
    return await new Gate(own).alone(() => compact(own));
  } catch (error) {
    throw await writeFailure(error, dir);
  }
}

async function compact(dir: string): Promise<CompactReport> {
  const [path, copyDir] = [join(dir, DATA_FILE), join(dir, COPY_DIR)];
  checkDataFile(path, false);
  await rm(copyDir, { recursive: true, force: true });
  try {
    await copyTo(dir, copyDir);
    const before = await stat(path);
    const copy = join(copyDir, DATA_FILE);
    const after = await stat(copy);
    await chmod(copy, before.mode);
    if (after.uid !== before.uid || after.gid !== before.gid) await chown(copy, before.uid, before.gid);
    await flush(copy);
    await rename(copy, path);
    await flush(dir);
    return { beforeBytes: before.size, afterBytes: after.size };
  } finally {
    await rm(copyDir, { recursive: true, force: true });
  }
}

async function copyTo(dir: string, copyDir: string): Promise<void> {
  const root = openRoot(dir, true);
  try {
    assertUnread(root, dir);
    const tables = openTables(root);
    checkFormat(tables, dir, true);
    assertRoomForCopy(tables, dir);
    await mkdir(copyDir);
    await root.backup(copyDir, true);
    await finish(tables, copyDir);
  } finally {
    await root.close();
  }
}

/** A program that does not know of the gate is seen by LMDB's own list: a title, then a line for each reader. */
function assertUnread(root: RootDatabase<unknown, string>, dir: string): void {
  const list = String(root.readerList()).split('\n');
  const pids = list.map((line) => /^\s*(\d+)\s/.exec(line)?.[1]).filter((pid) => pid !== undefined);
  const other = pids.find((pid) => Number(pid) !== process.pid);
  if (other !== undefined) {
    throw new EngineError('E_LOG_BUSY', `process ${other} has the log in ${dir} open`, {
      hint: 'Stop that process first: this needs the log for itself alone.',
      details: { pid: Number(other), dir },
    });
  }
}

function assertRoomForCopy(tables: Tables, dir: string): void {
  const neededBytes = liveBytes(tables);
  const { blocks, bavail, bsize } = statfsSync(dir);
  const freeBytes = bavail * bsize;
  if (blocks === 0 || freeBytes >= neededBytes + ROOM_KEPT_BYTES) return;
  const message = `the copy of the log in ${dir} needs ${neededBytes} bytes, the disk has ${freeBytes} and ${ROOM_KEPT_BYTES} of them are left free`;
  throw new EngineError('E_LOG_FULL', message, {
    hint: 'Make room, or remove more of the log first (`faultline log trim`).',
    details: { dir, neededBytes, freeBytes },
  });
}

/**
 * Compares a copy with its original, and writes to it once. LMDB leaves the copy without a list of free
 * pages, and in 3.5.6 a first transaction that frees more pages than go into one (a trim) ends the
 * process: `mdb_page_alloc` reads the new list's root while it is still empty. A small one fills it.
 */
async function finish(tables: Tables, copyDir: string): Promise<void> {
  const root = openRoot(copyDir, false);
  try {
    const copied = openTables(root);
    for (const name of Object.keys(tables) as (keyof Tables)[]) {
      const [expected, found] = [tables, copied].map((from) => tableStats(from[name]).entryCount);
      if (found === expected) continue;
      const message = `the copy of table ${name} has ${found} entries instead of ${expected}; the log is as it was`;
      throw new EngineError('E_LOG_IO', message);
    }
    copied.meta.putSync('format', FORMAT_VERSION);
  } finally {
    await root.close();
  }
}

async function flush(path: string): Promise<void> {
  const file = await openFile(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
