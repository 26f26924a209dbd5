import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PAGES } from '../../../docs/pages.ts';
import { CONFIG_FLAGS } from '../../../src/config/flags.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { TASK_DOCS } from '../../../src/config/task-spec.ts';
import { ERRORS } from '../../../src/model/errors.ts';
import { METRICS } from '../../../src/observe/metrics.ts';

const DOCS = join(import.meta.dirname, '../../../docs');
/** Pages of docs/reference that people write. */
const WRITTEN = ['event.md'];

function page(path: string): string {
  return readFileSync(join(DOCS, path), 'utf8');
}

/** First cells of a page's tables that look like `pattern`. */
function firstCells(text: string, pattern: RegExp): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const name = /^\| `([^`]+)` \|/.exec(line)?.[1];
    return name !== undefined && pattern.test(name) ? [name] : [];
  });
}

for (const { file, render } of PAGES) {
  test(`docs/reference/${file} is what its table gives (node docs/generate.ts writes it)`, () => {
    assert.equal(page(`reference/${file}`), render());
  });
}

test('docs/reference holds nothing that is neither generated nor known to be written', () => {
  const expected = [...PAGES.map(({ file }) => file), ...WRITTEN].sort();

  assert.deepEqual(readdirSync(join(DOCS, 'reference')).sort(), expected);
});

test('errors.md has every code of the table and no other', () => {
  assert.deepEqual(firstCells(page('reference/errors.md'), /^E_/), Object.keys(ERRORS));
});

test('config.md has every key and no other', () => {
  const keys = [
    ...CONFIG_FLAGS.map(({ path }) => `system.${path}`),
    ...Object.keys(TASK_DOCS).map((name) => `tasks.NAME.${name}`),
  ];

  const told = firstCells(page('reference/config.md'), /^(system|tasks)\./);

  assert.deepEqual(told.toSorted(), keys.toSorted());
});

test('metrics.md has every metric and no other', () => {
  const names = Object.values(METRICS).map(({ name }) => name);

  assert.deepEqual(firstCells(page('reference/metrics.md'), /^faultline_/), names);
});

test('every page that a hint of an error names is there', () => {
  const named = Object.values(ERRORS).flatMap(({ hint }) => [...hint.matchAll(/docs\/([\w/.-]+\.md)/g)]);

  for (const [, path = ''] of named) assert.notEqual(page(path), '');
});

const guide = page('guide/config.md');

test('the YAML examples of the guide are good configs', () => {
  const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

  assert.ok(examples.length >= 2);
  for (const text of examples)
    assert.doesNotThrow(() => parseConfig({ file: { name: 'f.yaml', text } }), text);
});

test('keys, flags and variables that pages name are there', () => {
  const flags = new Set(CONFIG_FLAGS.map(({ flag }) => `--${flag}`)).add('--config');
  const variables = new Set(CONFIG_FLAGS.map(({ env }) => env)).add('FAULTLINE_CONFIG').add('FAULTLINE_');

  const named = [...guide.matchAll(/`(--[a-z-]+|FAULTLINE_[A-Z_]*)/g)].map(([, name = '']) => name);

  assert.ok(named.length > 3);
  for (const name of named) assert.ok(flags.has(name) || variables.has(name), name);
});

test('generate --check finds no drift', () => {
  execFileSync(process.execPath, [join(DOCS, 'generate.ts'), '--check'], { stdio: 'pipe' });
});
