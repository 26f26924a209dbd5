import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { commandHelp, overview, settingFlags } from '../../../src/cli/help.ts';
import { parseCommand } from '../../../src/cli/parse.ts';
import { commandReference } from '../../../src/cli/reference.ts';

const plain = (_style: string, text: string): string => text;

test('the help of each command names every flag that it shows, with its default', () => {
  for (const command of COMMANDS) {
    const help = commandHelp(command, plain);
    for (const [name, { defaultText = '' }] of Object.entries({
      ...command.flags,
      ...settingFlags(command),
    })) {
      assert.match(help, new RegExp(`^  --${name}( |$)`, 'm'));
      assert.ok(help.replaceAll(/\s+/g, ' ').includes(defaultText), `${command.name} --${name}`);
    }
  }
});

test('no flag of a command has the name of a config flag that its help shows', () => {
  for (const command of COMMANDS) {
    const both = Object.keys(command.flags).filter((name) => command.settings.includes(name));

    assert.deepEqual(both, [], command.name);
  }
});

test('the examples in the declarations parse', () => {
  for (const command of COMMANDS) {
    for (const { args } of command.examples) {
      const [name, ...words] = (args.split(/ [|<] ?/)[0] ?? '').split(' ');

      assert.equal(name, command.name);
      assert.ok(
        !parseCommand(
          command,
          words.filter((word) => word !== ''),
        ).help,
        args,
      );
    }
  }
});

test('lines of help fit a terminal of 110 columns', () => {
  const lines = [overview(COMMANDS, plain), ...COMMANDS.map((command) => commandHelp(command, plain))].join(
    '\n',
  );

  assert.deepEqual(
    lines.split('\n').filter((line) => line.length > 125),
    [],
  );
});

test('the reference has a section and a table row for every command and flag', () => {
  const page = commandReference(COMMANDS);

  for (const { name, flags } of COMMANDS) {
    assert.ok(page.includes(`\n## ${name}\n`));
    for (const flag of Object.keys(flags)) assert.match(page, new RegExp(`^\\| \`--${flag}[ \`]`, 'm'));
  }
  assert.ok(page.endsWith('\n') && !page.includes('undefined'));
});
