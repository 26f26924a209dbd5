/**
 * Revisions of the project in directories of their own: git worktrees under one temporary directory, with
 * the packages that their lock file asks for. `.` is the working tree as it is now, new files included,
 * taken as a commit that no branch knows, so that edits during the runs change nothing.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const LOCK_FILE = 'package-lock.json';
const WORKING_TREE = '.';
/** Children that are being ended may still write. */
const REMOVE_RETRIES = 10;

const execute = promisify(execFile);

/** The directory of the worktrees. Nothing of it is left after `remove`. */
export class Trees {
  readonly #root: string;
  readonly #signal: AbortSignal;
  readonly #parent: string = mkdtempSync(join(tmpdir(), 'faultline-compare-'));
  readonly #trees: string[] = [];

  /** `signal` ends what is under way; `root` is the repository. */
  constructor(signal: AbortSignal, root: string = ROOT) {
    this.#signal = signal;
    this.#root = root;
  }

  /** The commit of a revision; `null` when git knows none of that name. */
  async commitOf(revision: string): Promise<string | null> {
    if (revision === WORKING_TREE) return this.#workingTree();
    try {
      return await this.#git([
        'rev-parse',
        '--verify',
        '--quiet',
        '--end-of-options',
        `${revision}^{commit}`,
      ]);
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return null;
    }
  }

  /** A directory with that commit that can be run. */
  async open(name: string, commit: string): Promise<string> {
    const tree = join(this.#parent, name);
    this.#trees.push(tree);
    await this.#git(['worktree', 'add', '--quiet', '--detach', tree, commit]);
    if (this.#hasLockFileOf(tree)) symlinkSync(join(this.#root, 'node_modules'), join(tree, 'node_modules'));
    else await execute('npm', ['ci', '--loglevel=error'], { cwd: tree, signal: this.#signal });
    return tree;
  }

  /** A file beside the trees. */
  file(name: string): string {
    return join(this.#parent, name);
  }

  /** Removes all of it; at once, for it is called when a signal ends the process too. */
  remove(): void {
    rmSync(this.#parent, { recursive: true, force: true, maxRetries: REMOVE_RETRIES });
    // Git forgets worktrees whose directory is gone.
    if (this.#trees.length > 0) execFileSync('git', ['worktree', 'prune'], { cwd: this.#root });
  }

  #hasLockFileOf(tree: string): boolean {
    const file = join(tree, LOCK_FILE);
    return existsSync(file) && readFileSync(file).equals(readFileSync(join(this.#root, LOCK_FILE)));
  }

  /** By an index of its own: neither the real one nor any file is touched. */
  async #workingTree(): Promise<string> {
    const env = { ...process.env, GIT_INDEX_FILE: this.file('index') };
    await this.#git(['read-tree', 'HEAD'], env);
    await this.#git(['add', '--all'], env);
    const tree = await this.#git(['write-tree'], env);
    const author = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost'];
    return this.#git([
      ...author,
      'commit-tree',
      '-p',
      'HEAD',
      '-m',
      'The working tree, to be compared',
      tree,
    ]);
  }

  async #git(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
    const { stdout } = await execute('git', args, { cwd: this.#root, env, signal: this.#signal });
    return stdout.trim();
  }
}
