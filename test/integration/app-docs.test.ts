/**
 * What the pages show is true: each command can be typed, each config is read without a mistake, the
 * defaults are those of the config, the module of the guide works.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { parseCommand } from '../../src/cli/parse.ts';
import { findFlag } from '../../src/config/flags.ts';
import { parseConfig } from '../../src/config/load.ts';
import { ROOT } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';

/** The pages that people write. */
const PAGES = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], {
  cwd: ROOT,
  exclude: ['docs/api/**', 'node_modules/**'],
});

const FAULTLINE = /^(?:npm run -s faultline -- |faultline )(?=[a-z])(.*)$/;

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

function blocks(page: string, language: string): readonly string[] {
  const found = textOf(page).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...found].flatMap(([, name, text = '']) => (name === language ? [text] : []));
}

/** Arguments of the commands in blocks and in running text, up to a comment, a pipe or a redirection. */
function commandsOf(page: string): readonly string[] {
  const lines = blocks(page, 'sh').flatMap((text) => text.split('\n'));
  const inline = [...textOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...lines, ...inline].flatMap((line) => {
    const args = FAULTLINE.exec(line.split(/ (?:#|\||>|<) ?/)[0] ?? '')?.[1];
    return args === undefined ? [] : [args.trim()];
  });
}

test('every command that a page shows can be typed', () => {
  const shown = PAGES.flatMap(commandsOf);

  assert.ok(shown.length > 10, 'there are commands');
  for (const line of shown) {
    const [name, ...args] = line.split(/\s+/).map((arg) => arg.replaceAll(/^['"]|['"]$/g, ''));
    const command = COMMANDS.find((each) => each.name === name);
    assert.ok(command, `there is a command ${line}`);
    if (args.length > 0) assert.doesNotThrow(() => parseCommand(command, args), line);
  }
});

test('every config that a page shows is read without a mistake', () => {
  const configs = PAGES.flatMap((page) => blocks(page, 'yaml').map((text) => ({ name: page, text }))).filter(
    ({ text }) => /^(system|tasks):/m.test(text),
  );

  assert.ok(configs.length > 3, 'there are configs');
  for (const file of configs) assert.doesNotThrow(() => parseConfig({ file }), file.name);
});

test('the defaults in the table of flags are those of the config', () => {
  const rows = [...textOf('README.md').matchAll(/^\| (`--.*?) \|([^|]*)\|/gm)];
  const told = rows.flatMap(([, flags = '', defaults = '']) => {
    const values = defaults.replaceAll('`', '').trim().split(', ');
    return [...flags.matchAll(/`--([a-z-]+)/g)].map(([, name = ''], index) => [name, values[index] ?? '']);
  });

  const mistakes = told.flatMap(([name = '', value = '']) => {
    const key = findFlag(name)?.key;
    const set = key?.default === undefined || key.default === null ? '' : String(key.default);
    const same =
      [set, `${Number(set) / 2 ** 20} MiB`].includes(value) || (set === '' && /^(off)?$/.test(value));
    return same ? [] : [`--${name}: ${value}, and not ${set}`];
  });

  assert.ok(told.length > 10);
  assert.deepEqual(mistakes, []);
});

test('the module of the guide to analyzers works as it stands there', async (t) => {
  const [module = ''] = blocks('docs/guide/analyzers.md', 'ts');
  const file = join(temporaryDirectory(t), 'shop.ts');
  const event = {
    category: 'PERF_CRASH',
    dimensions: { app_id: 'com.example.shop' },
    values: { uptime_ms: 7 },
    profile_data: 'x',
  };
  const terminal = fakeTerminal({ input: JSON.stringify(event) });
  writeFileSync(file, module);

  const code = await main(['analyze', '-', '--json', '--analyzer', file], terminal, {});

  assert.equal(code, 0, terminal.err());
  const { kind, uptime_ms: uptimeMs, analyzer } = JSON.parse(terminal.out()) as Record<string, unknown>;
  assert.deepEqual([kind, uptimeMs], ['shop', 7]);
  assert.equal((analyzer as { version: string }).version, '1.0.0');
});
