import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choiceFlag, listFlag, numberFlag, optionalText, switchFlag } from '../../../src/cli/flags.ts';
import { parseCommand } from '../../../src/cli/parse.ts';
import { command } from '../../../src/cli/spec.ts';

const example = command({
  name: 'example',
  summary: 'An example.',
  details: [],
  operands: { text: 'FILE|-', min: 1, max: 1 },
  flags: {
    json: switchFlag('as JSON'),
    kind: choiceFlag('what', ['auto', 'crash'], 'auto'),
    count: numberFlag({ summary: 'how many', min: 1, max: 1e6, whole: true, fallback: 10 }),
    include: listFlag({ summary: 'which' }),
    format: optionalText({ summary: 'format' }),
  },
  settings: ['data'],
  examples: [],
  run: async () => 0,
});

function parse(...args: string[]) {
  const parsed = parseCommand(example, args);
  assert.ok(!parsed.help);
  return parsed;
}

function refused(message: RegExp, ...args: string[]): void {
  assert.throws(() => parseCommand(example, args), { code: 'E_USAGE', message });
}

test('a flag of the command’s own stands for the one of the config', () => {
  const from = optionalText({ summary: 'from where' });
  const own = command({ ...example, flags: { from }, allSettings: true });

  const parsed = parseCommand(own, ['x', '--from', 'there', '--lanes', '3']);

  assert.ok(!parsed.help);
  assert.deepEqual(parsed.flags, { from: 'there' });
  assert.deepEqual(parsed.settings, { lanes: '3' });
});

test('flags that are not given have their declared defaults', () => {
  const { flags, operands, settings } = parse('report.txt');

  assert.deepEqual(flags, { json: false, kind: 'auto', count: 10, include: [], format: null });
  assert.deepEqual(operands, ['report.txt']);
  assert.deepEqual(settings, {});
});

test('values may follow as words or behind an equals sign, flags may stand anywhere', () => {
  const { flags, operands } = parse(
    '--count',
    '1_000',
    '-',
    '--kind=crash',
    '--json',
    '--include',
    'a',
    '--include=b',
  );

  assert.deepEqual(flags, { json: true, kind: 'crash', count: 1000, include: ['a', 'b'], format: null });
  assert.deepEqual(operands, ['-']);
});

test('a flag of a config key is handed on as text, for the config to judge', () => {
  const { settings } = parse('x', '--data', './somewhere');

  assert.deepEqual(settings, { data: './somewhere' });
});

test('what stands behind -- is an operand', () => {
  assert.deepEqual(parse('--', '--json').operands, ['--json']);
});

test('an unknown flag is refused with the nearest one', () => {
  refused(/^there is no flag --jsn; did you mean --json\?$/, 'x', '--jsn');
  refused(/^there is no flag --zzzzzz$/, 'x', '--zzzzzz');
  refused(/^there is no flag -j/, 'x', '-j');
});

test('a value that is missing, out of range, of the wrong type or too much is refused by name', () => {
  refused(/^--count needs a value: --count N$/, 'x', '--count');
  refused(/^--count needs a value/, '--count', '--json', 'x');
  refused(/^--count must be a whole number from 1 to 1,000,000, not "0"$/, 'x', '--count', '0');
  refused(/^--count must be .* not "many"$/, 'x', '--count', 'many');
  refused(/^--count must be .* not ""$/, 'x', '--count=');
  refused(/^--count must be .* not "-5"$/, 'x', '--count', '-5');
  refused(/^--kind must be one of auto, crash, not "lag"$/, 'x', '--kind', 'lag');
  refused(/^--json takes no value$/, 'x', '--json=yes');
});

test('operands are counted', () => {
  refused(/^FILE\|- is missing$/);
  refused(/^"b" is one too many$/, 'a', 'b');
});

test('--help wins over whatever else is wrong behind it', () => {
  assert.deepEqual(parseCommand(example, ['--help', '--nonsense']), { help: true });
  assert.deepEqual(parseCommand(example, ['-h']), { help: true });
});
