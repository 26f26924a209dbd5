/**
 * Looks at a log's `data.mdb` before LMDB does: lmdb 3.5.6 ends the process (SIGSEGV, SIGBUS) on a file
 * that is none of its own, or of which a part is missing.
 *
 * It tells a good file from a foreign one and from one that was cut off; it is no repair, and damage inside
 * blocks is found by their checksums. The layout is that of `MDB_page`, `MDB_meta`, `MDB_db` and
 * `MDB_node` in `mdb.c` of LMDB's `mdb.master` (data version 2), 64 bits, little-endian.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EngineError } from '../../model/errors.ts';

/** What LMDB calls its file. */
export const DATA_FILE = 'data.mdb';

/** Where a compacted copy is made, inside the log's directory, so that a rename suffices. */
export const COPY_DIR = 'compacting';

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;

/** Where things stand in a meta page, bytes. */
const META = { magic: 24, version: 28, pageSize: 48, freeRoot: 88, mainRoot: 136, lastPage: 144, txn: 152 };
const META_BYTES = 160;
/** Where things stand in any other page; places of nodes are counted from the end of its head. */
const PAGE = { flags: 18, lower: 20, nodes: 24 };
const PAGE_BRANCH = 0x01;
const PAGE_LEAF = 0x02;
/** Where things stand in a node, and what its flags say of its data: on pages of its own, a table. */
const NODE = { low: 0, high: 2, flags: 4, keyBytes: 6, key: 8 };
const NODE_BIG = 0x01;
const NODE_TABLE = 0x02;
/** Where a table's root stands in its description. */
const TABLE_ROOT = 40;
/** A tree that is empty has this root, read as a number. */
const NO_PAGE = 2 ** 64;

/** A file that is open for a look. */
interface Opened {
  readonly fd: number;
  readonly path: string;
  readonly bytes: number;
}

interface Meta {
  readonly pageSize: number;
  readonly roots: readonly number[];
  readonly lastPage: number;
  readonly txn: number;
}

/**
 * Throws `E_LOG_DIR` for a file that is none of LMDB's, `E_LOG_VERSION` for one of another LMDB,
 * `E_LOG_CORRUPT` for one that was cut off. An empty file is a log that was not made to the end:
 * `isNew` says whether it may be made now, else it is `E_LOG_DIR`.
 */
export function checkDataFile(path: string, isNew: boolean): void {
  const fd = openSync(path, 'r');
  try {
    const file = { fd, path, bytes: fstatSync(fd).size };
    if (file.bytes > 0) check(file);
    else if (!isNew) throw foreign(path, 'is empty');
  } finally {
    closeSync(fd);
  }
}

function check(file: Opened): void {
  const first = readMeta(file, 0);
  const second = readMeta(file, first.pageSize);
  const meta = first.txn > second.txn ? first : second;
  // Pages at the end that are free need not be there, so only then it is worth to look at all that are used.
  if (file.bytes >= (meta.lastPage + 1) * meta.pageSize) return;
  for (const root of meta.roots) walk(file, meta.pageSize, root);
}

function readMeta(file: Opened, at: number): Meta {
  const page = Buffer.alloc(META_BYTES);
  const isWhole = readSync(file.fd, page, 0, META_BYTES, at) === META_BYTES;
  if (!isWhole || page.readUInt32LE(META.magic) !== MAGIC) {
    if (at > 0) throw cutOff(file, at);
    throw foreign(file.path, 'is no file of an embedded log');
  }
  const version = page.readUInt32LE(META.version);
  if (version !== DATA_VERSION) {
    const message = `${file.path} has data format ${version} of LMDB, this program reads ${DATA_VERSION}`;
    throw new EngineError('E_LOG_VERSION', message);
  }
  const pageSize = page.readUInt32LE(META.pageSize);
  const isPossible = pageSize >= 512 && pageSize <= 65_536 && Number.isInteger(Math.log2(pageSize));
  if (!isPossible) throw foreign(file.path, `has pages of ${pageSize} bytes`);
  return {
    pageSize,
    roots: [readNumber(page, META.freeRoot), readNumber(page, META.mainRoot)],
    lastPage: readNumber(page, META.lastPage),
    txn: readNumber(page, META.txn),
  };
}

/** Visits all pages of a tree and of the tables in it. Throws `E_LOG_CORRUPT` where one is not in the file. */
function walk(file: Opened, pageSize: number, root: number): void {
  const page = Buffer.alloc(pageSize);
  const pages = [root];
  let left = file.bytes / pageSize;
  for (let number = pages.pop(); number !== undefined; number = pages.pop()) {
    if (number >= NO_PAGE) continue;
    const at = number * pageSize;
    left -= 1;
    if (left < 0 || readSync(file.fd, page, 0, pageSize, at) < pageSize) throw cutOff(file, at);
    const flags = page.readUInt16LE(PAGE.flags);
    if ((flags & (PAGE_BRANCH | PAGE_LEAF)) === 0) throw cutOff(file, at);
    const nodes = page.subarray(PAGE.nodes);
    for (let slot = 0; slot < page.readUInt16LE(PAGE.lower); slot += 2) {
      const node = nodes.subarray(nodes.readUInt16LE(slot));
      if ((flags & PAGE_BRANCH) !== 0) pages.push(childOf(node));
      else pages.push(...visitLeaf(file, pageSize, node));
    }
  }
}

function childOf(node: Buffer): number {
  const [low, high, top] = [NODE.low, NODE.high, NODE.flags].map((at) => node.readUInt16LE(at));
  return (low ?? 0) + (high ?? 0) * 2 ** 16 + (top ?? 0) * 2 ** 32;
}

/** The root of the table that a node holds, if it holds one. */
function visitLeaf(file: Opened, pageSize: number, node: Buffer): readonly number[] {
  const flags = node.readUInt16LE(NODE.flags);
  const data = node.subarray(NODE.key + node.readUInt16LE(NODE.keyBytes));
  if ((flags & NODE_BIG) !== 0) {
    const bytes = node.readUInt16LE(NODE.low) + node.readUInt16LE(NODE.high) * 2 ** 16;
    const end = readNumber(data, 0) * pageSize + PAGE.nodes + bytes;
    if (end > file.bytes) throw cutOff(file, end);
  }
  return (flags & NODE_TABLE) === 0 ? [] : [readNumber(data, TABLE_ROOT)];
}

function readNumber(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function foreign(path: string, why: string): EngineError {
  return new EngineError('E_LOG_DIR', `${path} ${why}`, {
    hint: 'Give another directory with --data, or put the log’s own file back.',
  });
}

function cutOff({ path, bytes }: Opened, at: number): EngineError {
  return new EngineError(
    'E_LOG_CORRUPT',
    `${path} is damaged: it has ${bytes} bytes and needs what is at ${at}`,
    {
      hint: 'Put the whole file back from a copy, or begin with another directory.',
      details: { path, bytes, at },
    },
  );
}
