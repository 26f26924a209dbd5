/**
 * What the linter cannot say about this code base, as tests. Each failure lists file, line and what
 * is wrong. Rules that a tool can hold belong in .oxlintrc.json or .dependency-cruiser.cjs instead.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { ERRORS } from '../../src/model/errors.ts';

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

const ROOT = join(import.meta.dirname, '../..');
const LINES_MAX = 400;

function load(pattern: string, exclude: readonly string[] = []): readonly SourceFile[] {
  const paths = globSync(pattern, { cwd: ROOT, exclude: [...exclude, '**/node_modules/**', 'docs/api/**'] });
  return paths.sort().map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return { path, text, lines: text.split('\n') };
  });
}

const product = load('{src,workers}/**/*.ts');
const tests = load('test/**/*.ts', ['test/fixtures/**']);
const code = [...product, ...tests, ...load('{bench,docs,examples}/**/*.ts', ['examples/reports/**'])];
const pages = load('{*.md,{docs,examples,deploy,bench,test}/**/*.md}', [
  'examples/reports/**',
  'test/fixtures/**',
]);

/** Every line of `files` that matches, as `file:line what`. */
function matches(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    file.lines.flatMap((line, index) =>
      pattern.test(line) ? [`${file.path}:${index + 1} ${line.trim()}`] : [],
    ),
  );
}

function pathsOf(files: readonly SourceFile[], isWrong: (file: SourceFile) => boolean): readonly string[] {
  return files.filter(isWrong).map((file) => file.path);
}

test('every file but a test begins with a docblock that says what it is for', () => {
  const files = code.filter((file) => !file.path.endsWith('.test.ts'));
  const wrong = pathsOf(files, (file) => !/^(#!.*\n)?\/\*\*/.test(file.text));

  assert.deepEqual(wrong, []);
});

test(`no file is longer than ${LINES_MAX} lines`, () => {
  const wrong = pathsOf(code, (file) => file.lines.length > LINES_MAX + 1);

  assert.deepEqual(wrong, []);
});

test('file names are kebab-case', () => {
  const wrong = pathsOf(
    code,
    (file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|worker|d))?\.ts$/.test(basename(file.path)),
  );

  assert.deepEqual(wrong, []);
});

test('every export of the product has a docblock', () => {
  const declaration =
    /^export (?:declare |abstract |async )*(?:function\*?|class|const|let|interface|type) (\w+)/;
  const wrong = product.flatMap((file) => {
    const documented = new Set<string>();
    return file.lines.flatMap((line, index) => {
      const name = declaration.exec(line)?.[1];
      if (name === undefined || documented.has(name)) return []; // the second time it is an overload
      documented.add(name);
      return file.lines[index - 1]?.trim().endsWith('*/') ? [] : [`${file.path}:${index + 1} ${name}`];
    });
  });

  assert.deepEqual(wrong, []);
});

test('nothing is left to be done later in a comment', () => {
  const marks = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'];

  assert.deepEqual(matches(code, new RegExp(`\\b(${marks.join('|')})\\b`)), []);
});

test('a rule is switched off for one line at most, by name and with a reason', () => {
  const escape = new RegExp('(@ts-(ignore|nocheck|expect-error)|(oxlint|eslint)-' + 'disable)');
  const reasoned = /oxlint-disable-next-line [a-z/-]+ -- \w+|oxlint-disable-line [a-z/-]+ -- \w+/;
  const wrong = matches(product, escape).filter((line) => !reasoned.test(line));

  assert.deepEqual(wrong, []);
});

test('pure code does not ask what time it is', () => {
  const pure = product.filter((file) => /^src\/(engine|model|analysis|ports|wire)\//.test(file.path));

  assert.deepEqual(matches(pure, /\bnew Date\(\)|(?<!new |\w|\.)Date\(/), []);
});

test('imports of our own files end in .ts', () => {
  const relative = /(?:from|import\() ?'\.{1,2}\/[^']*(?<!\.ts|\.json)'/;

  assert.deepEqual(matches(code, relative), []);
});

test('every error code of the table is used', () => {
  const uses = product.filter((file) => file.path !== join('src', 'model', 'errors.ts'));
  const wrong = Object.keys(ERRORS).filter(
    (name) => !uses.some((file) => new RegExp(`\\b${name}\\b`).test(file.text)),
  );

  assert.deepEqual(wrong, []);
});

test('no test is without an assertion', () => {
  const start = /^ *(?:await )?(?:\w+\.)?(?:test|it)\(\s*(['"`].*)/;
  const helper = /^(?:export )?(?:async )?function (\w+)[^]*?^}/gm;
  const wrong = tests
    .filter((file) => file.path.endsWith('.test.ts'))
    .flatMap((file) => {
      const helpers = [...file.text.matchAll(helper)].flatMap(([body, name]) =>
        /assert/.test(body) ? [name] : [],
      );
      const asserting = new RegExp(
        `assert|check|expect|verify|\\b(${['assert', ...helpers].join('|')})\\(`,
        'i',
      );
      const starts = file.lines.flatMap((line, index) => (start.test(line) ? [index] : []));
      return starts
        .map((from, index) => ({ from, body: file.lines.slice(from, starts[index + 1]).join('\n') }))
        .filter(({ body }) => !asserting.test(body.replace(start, '')))
        .map(({ from }) => `${file.path}:${from + 1} ${file.lines[from]?.trim()}`);
    });

  assert.deepEqual(wrong, []);
});

test('unit tests mirror the folders of what they test', () => {
  const units = tests.filter((file) => /^test\/unit\/.+\/.+\.test\.ts$/.test(file.path));
  const wrong = pathsOf(units, (file) => {
    const folder = dirname(file.path.slice('test/unit/'.length));
    return !['src', '.', 'test'].some((parent) => existsSync(join(ROOT, parent, folder)));
  });

  assert.deepEqual(wrong, []);
});

test('unit tests and the simulation do not sleep', () => {
  const still = tests.filter(
    (file) => /^test\/(unit|sim)\//.test(file.path) && !file.path.endsWith('tidy.test.ts'),
  );

  // In quotes it names a clock that the test itself moves (mock.timers).
  assert.deepEqual(matches(still, /(?<!')\bsetTimeout\b|scheduler\.wait/), []);
});

test('links between the pages of the documentation lead somewhere', () => {
  const link = /\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g;
  const wrong = pages.flatMap((page) =>
    [...page.text.matchAll(link)]
      .filter(([, target]) => !existsSync(join(ROOT, dirname(page.path), target ?? '')))
      .map(([, target]) => `${page.path} → ${target}`),
  );

  assert.deepEqual(wrong, []);
});

test('the make targets and npm scripts that the documentation names exist', () => {
  const makefile = readFileSync(join(ROOT, 'Makefile'), 'utf8');
  const targets = new Set(
    [...makefile.matchAll(/^([a-z0-9 -]+):/gm)].flatMap(([, names]) => names?.split(' ')),
  );
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const wrong = pages.flatMap((page) => [
    ...[...page.text.matchAll(/`make ([a-z0-9-]+)/g)]
      .filter(([, target]) => !targets.has(target))
      .map(([, target]) => `${page.path}: make ${target}`),
    ...[...page.text.matchAll(/`npm run (?:-s )?([a-z0-9-]+)/g)]
      .filter(([, script]) => !Object.hasOwn(manifest.scripts, script ?? ''))
      .map(([, script]) => `${page.path}: npm run ${script}`),
  ]);

  assert.deepEqual(wrong, []);
});

test('only the worker decodes an event: the main thread never parses a value', () => {
  const naming = pathsOf(product, ({ text }) => /\bdecodeEvent\b/.test(text));

  assert.deepEqual([...naming].toSorted(), ['src/pool/worker/runner.ts', 'src/wire/event.ts']);
});
