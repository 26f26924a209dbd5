/**
 * Finds the files of paths that a user gave: a file as it is, a directory with all below it, in
 * the order of names, so that the same tree always gives the same sequence.
 *
 * What is passed over is told of, never silent. Links to directories are not followed, so there
 * are no cycles. Contents are not looked at here.
 */
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import picomatch from 'picomatch';
import { describe, EngineError } from '../model/errors.ts';

/** Which files of a directory are wanted; globs without `/` look at the base name only. */
export interface WalkFilter {
  /** Empty: all. A file that one matches is taken even where the defaults would pass over it. */
  readonly include: readonly string[];
  /** Stronger than all else. */
  readonly exclude: readonly string[];
}

/** Why a path is passed over. */
export type WalkFault =
  | 'excluded'
  | 'not included'
  | 'a link to a directory'
  | 'no regular file'
  | 'unreadable'
  | 'nested too deep';

/** A file to read, or a path that is passed over. */
export type WalkEntry =
  | {
      readonly type: 'file';
      readonly path: string;
      /** The path with the given directory's own name in front, always with `/`. */
      readonly name: string;
      /** Named by the user, not found in a directory. */
      readonly given: boolean;
    }
  | { readonly type: 'skipped'; readonly path: string; readonly reason: WalkFault };

/** What a directory of reports also holds and what is no report; a file given by name is taken. */
const DEFAULT_EXCLUDES: readonly string[] = Object.freeze([
  '.*',
  'node_modules',
  'expected*',
  'MANIFEST*',
  'README*',
  'cases.json',
  'map.json',
  '*.map',
  '*.sym',
  'mapping*.txt',
  // Sources, such as those of the programs that made the reports.
  '*.{c,cc,cpp,go,h,java,js,kt,mjs,cjs,py,rs,sh,swift,ts}',
]);

/** Directories below a given one that are gone into. */
const DIRECTORY_DEPTH_MAX = 64;

/** The files of one given path. Throws `E_INPUT_READ` where that path itself cannot be read. */
export async function* walk(path: string, filter: WalkFilter): AsyncGenerator<WalkEntry> {
  const judge = compileFilter(filter);
  const root = resolve(path);
  const stats = await stat(root).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (stats.isDirectory()) {
    yield* walkDirectory({ path, name: basename(root), within: '', depth: 0 }, judge);
    return;
  }
  // Whatever else it is, a pipe for one, was asked for by name: `ingest <(adb logcat -d)`.
  const fault = judge(basename(root), true);
  if (fault !== null) yield { type: 'skipped', path, reason: fault };
  else yield { type: 'file', path, name: `${basename(dirname(root))}/${basename(root)}`, given: true };
}

/** The one sentence for an input that cannot be read. */
export function unreadable(path: string, cause: unknown): EngineError {
  return new EngineError('E_INPUT_READ', `cannot read ${path}: ${reasonOf(cause)}`, { cause });
}

interface Place {
  readonly path: string;
  readonly name: string;
  /** The path below the given directory, which globs look at; empty for that directory. */
  readonly within: string;
  /** Directories between the given one and this place. */
  readonly depth: number;
}

async function* walkDirectory(directory: Place, judge: Judge): AsyncGenerator<WalkEntry> {
  const names = await namesIn(directory);
  if (names === null) {
    yield { type: 'skipped', path: directory.path, reason: 'unreadable' };
    return;
  }
  for (const name of names) {
    const place: Place = {
      path: join(directory.path, name),
      name: `${directory.name}/${name}`,
      within: directory.within === '' ? name : `${directory.within}/${name}`,
      depth: directory.depth + 1,
    };
    yield* walkPlace(place, judge);
  }
}

async function* walkPlace(place: Place, judge: Judge): AsyncGenerator<WalkEntry> {
  const kind = await kindOf(place.path);
  const fault = judge(place.within, false);
  // A directory need not match an include itself: what is below it may.
  const reason = fault === 'excluded' || (fault !== null && kind !== 'directory') ? fault : FAULTS[kind];
  if (reason !== null) yield { type: 'skipped', path: place.path, reason };
  else if (kind === 'file') yield { type: 'file', path: place.path, name: place.name, given: false };
  else if (place.depth > DIRECTORY_DEPTH_MAX)
    yield { type: 'skipped', path: place.path, reason: 'nested too deep' };
  else yield* walkDirectory(place, judge);
}

/** Sorted by code units; null where a directory below the given one cannot be read. */
async function namesIn(directory: Place): Promise<readonly string[] | null> {
  try {
    return (await readdir(directory.path)).sort();
  } catch (cause) {
    if (directory.depth === 0) throw unreadable(directory.path, cause);
    return null;
  }
}

type Kind = 'file' | 'directory' | 'link' | 'other' | 'unreadable';

const FAULTS: Readonly<Record<Kind, WalkFault | null>> = {
  file: null,
  directory: null,
  link: 'a link to a directory',
  other: 'no regular file',
  unreadable: 'unreadable',
};

async function kindOf(path: string): Promise<Kind> {
  try {
    const stats = await stat(path);
    if (stats.isFile()) return 'file';
    if (!stats.isDirectory()) return 'other';
    return (await lstat(path)).isSymbolicLink() ? 'link' : 'directory';
  } catch {
    return 'unreadable';
  }
}

/** Null: wanted. `given`: named by the user, so that the defaults do not count. */
type Judge = (within: string, given: boolean) => WalkFault | null;

function compileFilter({ include, exclude }: WalkFilter): Judge {
  const included = anyOf(include);
  const excluded = anyOf(exclude);
  const passedOver = anyOf(DEFAULT_EXCLUDES);
  return (within, given) => {
    if (excluded(within)) return 'excluded';
    if (included(within)) return null;
    if (include.length > 0) return 'not included';
    return !given && passedOver(within) ? 'excluded' : null;
  };
}

function anyOf(globs: readonly string[]): (path: string) => boolean {
  const matchers = globs.map((glob) => picomatch(glob, { dot: true, basename: !glob.includes('/') }));
  return (path) => matchers.some((matches) => matches(path));
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such file or directory';
  if (code === 'EACCES' || code === 'EPERM') return 'permission is denied';
  return describe(cause);
}
