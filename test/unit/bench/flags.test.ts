import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, SectionFacts } from '../../../bench/flags.ts';
import { FlagError, helpText, parseCommand } from '../../../bench/flags.ts';
import { SECTIONS, WORDS } from '../../../bench/sections.ts';

const FACTS: readonly SectionFacts[] = [
  { name: 'a', about: 'first', transports: ['log'], isUsual: true, flags: { 'a-count': 'N: events' } },
  {
    name: 'b',
    about: 'second',
    transports: ['memory', 'kafka'],
    isUsual: true,
    flags: { 'b-transport': 'memory,kafka' },
  },
  { name: 'c', about: 'third', transports: ['kafka'], isUsual: false, flags: {} },
];

function parse(...argv: string[]): Command {
  return parseCommand(argv, FACTS, { words: { both: ['a', 'c'] }, cores: 6 });
}

test('without flags the usual sections run, on 1, 2, 4 … threads up to the cores, with seed 1', () => {
  const { sections, options } = parse();

  assert.deepEqual(sections, ['a', 'b']);
  assert.deepEqual(options, {
    isQuick: false,
    publish: ['sync', 'async'],
    threads: [1, 2, 4, 6],
    count: null,
    analyzers: null,
    seed: 1,
    settings: {},
  });
});

test('--only takes names and words for several, in the order of the list', () => {
  const { sections } = parse('--only', 'both');

  assert.deepEqual(sections, ['a', 'c']);
});

test('--transport leaves out sections, and says to those of several where they run', () => {
  const { sections, own } = parse('--transport', 'kafka');

  assert.deepEqual(sections, ['b']);
  assert.deepEqual(own, { 'b-transport': 'kafka' });
});

test('a flag of a section wins over --transport and is handed over as given', () => {
  const { own } = parse('--transport', 'kafka', '--b-transport', 'memory', '--a-count', '7');

  assert.deepEqual(own, { 'a-count': '7', 'b-transport': 'memory' });
});

test('--set may be repeated, and its value may hold an equals sign', () => {
  const { options } = parse('--set', 'linger-ms=5', '--set', 'kafka-client-id=a=b');

  assert.deepEqual(options.settings, { 'linger-ms': '5', 'kafka-client-id': 'a=b' });
});

for (const argv of [
  ['--threads', '0'],
  ['--threads', '1,x'],
  ['--count', '1.5'],
  ['--seed', '-1'],
  ['--publish', 'later'],
  ['--transport', 'pigeon'],
  ['--only', 'd'],
  ['--set', 'linger-ms'],
  ['--unknown'],
  ['--quick=yes'],
  ['--json'],
  ['word'],
]) {
  test(`${argv.join(' ')} is refused with one sentence`, () => {
    assert.throws(
      () => parse(...argv),
      (error) => error instanceof FlagError && !/\n|\. /.test(error.message) && error.message.length < 200,
    );
  });
}

test('the help names every section with all of its flags', () => {
  const text = helpText(SECTIONS, WORDS);

  for (const { name, flags } of SECTIONS) {
    assert.match(text, new RegExp(`^  ${name} `, 'm'));
    for (const flag of Object.keys(flags)) assert.match(text, new RegExp(`^    --${flag} `, 'm'));
  }
});

test('sections have different names, and words stand for sections that there are', () => {
  const names = SECTIONS.map(({ name }) => name);

  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    Object.values(WORDS)
      .flat()
      .filter((name) => !names.includes(name)),
    [],
  );
});

test('a flag that two sections have means the same in both', () => {
  const meanings = new Map<string, string>();

  for (const { flags } of SECTIONS)
    for (const [flag, means] of Object.entries(flags)) {
      assert.equal(meanings.get(flag) ?? means, means, flag);
      meanings.set(flag, means);
    }
});
