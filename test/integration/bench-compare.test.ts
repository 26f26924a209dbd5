/** `bench:compare` with real repositories and processes, and with benches that take no time. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runPairs } from '../../bench/compare/pairs.ts';
import { Trees } from '../../bench/compare/trees.ts';
import type { TestEnd } from '../helpers/temporary.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const ROOT = join(import.meta.dirname, '../..');
const USAGE_EXIT_CODE = 2;
const never = new AbortController().signal;

/** Writes what flags it was given, and when it began, as the figures of its run. */
const NOTING = `
import { appendFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
appendFileSync('../order', basename(process.cwd()));
writeFileSync(process.argv.at(-1), JSON.stringify({ of: basename(process.cwd()), flags: process.argv.slice(2, -2) }));
`;
const FAILING = `console.error('findings of k are out of order'); process.exitCode = 1;`;
const ENDLESS = `setInterval(() => {}, 1000);`;

function repository(t: TestEnd): { root: string; git: (...args: readonly string[]) => string } {
  const root = temporaryDirectory(t);
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
  git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'kept'), 'first');
  mkdirSync(join(root, 'node_modules/some'), { recursive: true });
  writeFileSync(join(root, '.gitignore'), 'node_modules/\n');
  git('add', '.');
  git('commit', '--quiet', '-m', 'first');
  return { root, git };
}

function treesIn(t: TestEnd, benches: readonly [a: string, b: string]): readonly [string, string] {
  const parent = temporaryDirectory(t);
  const [a, b] = (['a', 'b'] as const).map((name, index) => {
    mkdirSync(join(parent, name, 'bench'), { recursive: true });
    writeFileSync(join(parent, name, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(parent, name, 'bench/main.ts'), benches[index] ?? '');
    return join(parent, name);
  });
  assert.ok(a !== undefined && b !== undefined);
  return [a, b];
}

test('a tree has the files of its revision and the packages of the repository, and is gone after remove', async (t) => {
  const { root, git } = repository(t);
  writeFileSync(join(root, 'kept'), 'second');
  git('commit', '--quiet', '-am', 'second');
  const trees = new Trees(never, root);

  const tree = await trees.open('a', (await trees.commitOf('HEAD^')) ?? '');

  assert.equal(readFileSync(join(tree, 'kept'), 'utf8'), 'first');
  assert.ok(existsSync(join(tree, 'node_modules/some')));
  trees.remove();
  assert.ok(!existsSync(tree));
  assert.ok(existsSync(join(root, 'node_modules/some')));
  assert.equal(git('worktree', 'list').trim().split('\n').length, 1);
});

test('the working tree is taken with changed and new files, and nothing in the repository changes', async (t) => {
  const { root, git } = repository(t);
  writeFileSync(join(root, 'kept'), 'changed');
  writeFileSync(join(root, 'new'), '');
  const before = git('status', '--porcelain');
  const trees = new Trees(never, root);

  const tree = await trees.open('a', (await trees.commitOf('.')) ?? '');
  const texts = ['kept', 'new'].map((name) => readFileSync(join(tree, name), 'utf8'));
  trees.remove();

  assert.deepEqual(texts, ['changed', '']);
  assert.equal(git('status', '--porcelain'), before);
  assert.equal(git('log', '--oneline').trim().split('\n').length, 1);
});

for (const revision of ['nonsense', '--all', '']) {
  test(`git knows no revision ${JSON.stringify(revision)}`, async (t) => {
    const trees = new Trees(never, repository(t).root);
    t.after(() => trees.remove());

    assert.equal(await trees.commitOf(revision), null);
  });
}

test('the command refuses a revision that is not there with one sentence, and leaves nothing', (t) => {
  const temporary = temporaryDirectory(t);

  const { status, stderr } = spawnSync(process.execPath, ['bench/compare.ts', 'HEAD', 'nonsense'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: temporary },
  });

  assert.equal(status, USAGE_EXIT_CODE);
  assert.equal(stderr, 'compare: git knows no revision nonsense\n');
  assert.deepEqual(readdirSync(temporary), []);
});

for (const areConcurrent of [false, true]) {
  const how = areConcurrent ? 'at the same time' : 'in turn';
  test(`runs ${how} belong to their revision and have the same flags`, async (t) => {
    const trees = treesIn(t, [NOTING, NOTING]);
    const flags = ['--only', 'engine'];

    const pairs = await runPairs({ trees, pairs: 2, areConcurrent, flags, signal: never, tell: () => {} });

    const due = ['a', 'b'].map((of) => ({ of, flags: [...flags] }));
    assert.deepEqual(pairs, [due, due]);
    const order = readFileSync(join(trees[0], '../order'), 'utf8');
    if (!areConcurrent) assert.equal(order, 'abba');
  });
}

test('a run that is not right ends the other one too, and says why', async (t) => {
  const trees = treesIn(t, [ENDLESS, FAILING]);

  const pairs = runPairs({
    trees,
    pairs: 2,
    areConcurrent: true,
    flags: [],
    signal: never,
    tell: () => {},
  });

  await assert.rejects(pairs, /ended with 1:\nfindings of k are out of order/);
});

test('an end that is wished for ends what runs', async (t) => {
  const trees = treesIn(t, [ENDLESS, ENDLESS]);
  const ending = new AbortController();

  const pairs = runPairs({
    trees,
    pairs: 2,
    areConcurrent: false,
    flags: [],
    signal: ending.signal,
    tell: () => ending.abort(),
  });

  await assert.rejects(pairs, { name: 'AbortError' });
});
