import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mistakesOf, codeOf } from './helpers.ts';

/** A mistake of each class: the file's text, and the one line that is told. */
const IN_A_FILE: readonly (readonly [what: string, text: string, line: string | RegExp])[] = [
  [
    'a value of the wrong type',
    'system:\n  lanes: "8"\n',
    'f.yaml:2:10 system.lanes: expected a whole number from 1 to 65536, got "8"',
  ],
  [
    'a number out of range',
    'tasks:\n  crash:\n    lanes: 0\n',
    'f.yaml:3:12 tasks.crash.lanes: expected a whole number from 1 to 65536, got 0',
  ],
  [
    'a fraction',
    'system: { lanes: 1.5 }\n',
    'f.yaml:1:18 system.lanes: expected a whole number from 1 to 65536, got 1.5',
  ],
  [
    'a size with an unknown unit',
    'system: { batch: { bytes: 2 MB } }\n',
    'f.yaml:1:27 system.batch.bytes: expected a whole number from 1024 to 268435456, or with KiB, MiB, GiB, got "2 MB"',
  ],
  [
    'a word that is not on the list',
    'system:\n  publish:\n    mode: asynk\n',
    'f.yaml:3:11 system.publish.mode: expected async or sync, got "asynk"; did you mean "async"?',
  ],
  [
    'yes for true',
    'system: { explain: yes }\n',
    'f.yaml:1:20 system.explain: expected true or false, got "yes"',
  ],
  [
    'an empty value',
    'system:\n  encoding:\n',
    'f.yaml:2:12 system.encoding: expected json or msgpack, got nothing',
  ],
  [
    'a list where one value belongs',
    'system: { threads: [1] }\n',
    'f.yaml:1:20 system.threads: expected one value, got a list',
  ],
  [
    'one value where keys belong',
    'system: { batch: 3 }\n',
    'f.yaml:1:18 system.batch: expected keys and values, got 3',
  ],
  ['no map at all', '- crash\n', 'f.yaml:1:1: expected keys and values, got a list'],
  ['text instead of a map', 'crash\n', 'f.yaml:1:1: expected keys and values, got "crash"'],
  [
    'an address without a port',
    'system: { http: localhost }\n',
    'f.yaml:1:17 system.http: expected HOST:PORT, a port (for loopback) or none, got "localhost"',
  ],
  [
    'a time without a zone',
    'system: { from: 2026-11-20T08:15:30 }\n',
    'f.yaml:1:17 system.from: expected earliest, latest or a time with its zone like 2026-11-20T08:15:30Z, got "2026-11-20T08:15:30"',
  ],
  [
    'an unknown placeholder',
    "system: { outputs: { findings: '{topc}' } }\n",
    /:1:32 system\.outputs\.findings: expected/,
  ],
  ['an unknown key', 'system:\n  lnes: 1\n', 'f.yaml:2:3 system.lnes: unknown key; did you mean "lanes"?'],
  ['an unknown key like nothing', 'system:\n  zzz: 1\n', 'f.yaml:2:3 system.zzz: unknown key'],
  [
    'an unknown key of a section',
    'system: { log: { polMs: 1 } }\n',
    'f.yaml:1:18 system.log.polMs: unknown key; did you mean "pollMs"?',
  ],
  ['an unknown key at the top', 'sytem: {}\n', 'f.yaml:1:1 sytem: unknown key; did you mean "system"?'],
  ['a system key at the top', 'lanes: 3\n', 'f.yaml:1:1 lanes: unknown key; it belongs under system'],
  [
    'a key of the system in a task',
    'tasks:\n  crash:\n    threads: 1\n',
    'f.yaml:3:5 tasks.crash.threads: unknown key; it is for all tasks, under system',
  ],
  [
    'a key named like a part of objects',
    'system: { __proto__: 1 }\n',
    'f.yaml:1:11 system.__proto__: unknown key',
  ],
  [
    'a key named constructor',
    'tasks: { crash: { constructor: 1 } }\n',
    'f.yaml:1:19 tasks.crash.constructor: unknown key',
  ],
  ['a duplicate key', 'system:\n  lanes: 1\n  lanes: 2\n', 'f.yaml:3:3: YAML: Map keys must be unique'],
  ['broken YAML', 'system: { lanes: 1\n', /^f\.yaml:\d:\d+: YAML: /],
  ['two documents', 'system: {}\n---\nsystem: {}\n', /^f\.yaml:\d:\d+: YAML: .*documents/],
  ['an unknown tag', 'system: { lanes: !big 3 }\n', /^f\.yaml:1:18: YAML: Unresolved tag/],
  ['an alias of nothing', 'system: { lanes: *a }\n', /^f\.yaml:1:18: YAML: /],
  ['no tasks', 'tasks: {}\n', 'f.yaml:1:8 tasks: expected at least one task'],
  [
    'no enabled task',
    'tasks: { lag: { enabled: false } }\n',
    'f.yaml:1:10 tasks: expected at least one enabled task',
  ],
  [
    'a task without topics',
    'tasks: { a: { analyzer: crash } }\n',
    'f.yaml:1:10 tasks.a.topics: is missing: expected regular expressions',
  ],
  [
    'a task without analyzer',
    'tasks: { a: { topics: x } }\n',
    'f.yaml:1:10 tasks.a.analyzer: is missing: expected crash, lag or the path of a module',
  ],
  [
    'a task with an odd name',
    'tasks: { "crash/2": { topics: x, analyzer: lag } }\n',
    /^f\.yaml:1:10 tasks\.crash\/2: expected a name/,
  ],
  [
    'an analyzer that is none',
    'tasks: { crash: { analyzer: crsh } }\n',
    'f.yaml:1:29 tasks.crash.analyzer: expected crash, lag or the path of a module (./my-analyzer.ts), got "crsh"; did you mean "crash"?',
  ],
  [
    'an analyzer of a category that is none',
    'tasks: { crash: { analyzers: { X: 3 } } }\n',
    'f.yaml:1:35 tasks.crash.analyzers.X: expected crash, lag or the path of a module (./my-analyzer.ts), got 3',
  ],
  [
    'a pattern that does not compile',
    "tasks:\n  crash:\n    topics: [crash, '(x']\n",
    'f.yaml:3:21 tasks.crash.topics[1]: "(x" is no regular expression: unterminated group',
  ],
  [
    'an empty list of patterns',
    'tasks: { crash: { topics: [] } }\n',
    'f.yaml:1:27 tasks.crash.topics: expected 1 to 100 patterns, got 0',
  ],
  [
    'a minimum above its maximum',
    'tasks:\n  crash:\n    retry: { backoffMs: 20000 }\n',
    'f.yaml:3:25 tasks.crash.retry.backoffMs: expected retry.backoffMs (20000) to be at most retry.backoffMaxMs (10000)',
  ],
  [
    'findings larger than a record',
    'system: { log: { recordBytesMax: 1 MiB }, limits: { findingBytesMax: 2 MiB } }\n',
    'f.yaml:1:70 system.limits.findingBytesMax: expected limits.findingBytesMax (2097152) to be at most log.recordBytesMax (1048576)',
  ],
  [
    'one topic for findings and dead letters',
    'system: { outputs: { findings: out, deadLetters: out } }\n',
    'f.yaml:1:32 system.outputs.findings: findings and dead letters cannot share the topic out',
  ],
];

for (const [what, text, line] of IN_A_FILE) {
  test(`${what} in a file is told with its place`, () => {
    const lines = mistakesOf({ file: { name: 'f.yaml', text } });

    if (typeof line === 'string') assert.deepEqual(lines, [line]);
    else assert.match(lines.join('\n'), line);
    assert.equal(lines.length, 1);
  });
}

test('aliases of aliases do not make a small file large', () => {
  const names = 'abcdefgh'.split('');
  const rows = names.map((name, index) => {
    const items = index === 0 ? '1,'.repeat(50) : `*${names[index - 1] ?? ''},`.repeat(50);
    return `  ${name}: &${name} [${items}]\n`;
  });

  const lines = mistakesOf({ file: { name: 'f.yaml', text: `system:\n${rows.join('')}` } });

  assert.match(lines.join('\n'), /^f\.yaml:2:\d+: YAML: more than 100000 values$/);
});

test('an alias that holds itself is refused', () => {
  const lines = mistakesOf({ file: { name: 'f.yaml', text: 'system: &a { log: *a }\n' } });

  assert.deepEqual(lines, ['f.yaml:1:19: YAML: nested deeper than 10']);
});

test('a mistake in a variable names the variable', () => {
  const lines = mistakesOf({ file: null, env: { FAULTLINE_LANES: 'many' } });

  assert.deepEqual(lines, ['FAULTLINE_LANES: expected a whole number from 1 to 65536, got "many"']);
});

test('a mistake in a flag names the flag', () => {
  const lines = mistakesOf({ file: null, flags: { explain: 'yes' } });

  assert.deepEqual(lines, ['--explain: expected true or false, got "yes"']);
});

test('an unknown flag is a mistake with a suggestion', () => {
  const lines = mistakesOf({ file: null, flags: { 'linger-sm': '3' } });

  assert.deepEqual(lines, ['--linger-sm: unknown flag; did you mean "linger-ms"?']);
});

test('every mistake of file, environment and flags is told at once', () => {
  const text = 'system:\n  lnes: 3\n  lanes: x\ntasks:\n  a: {}\n';

  const lines = mistakesOf({
    file: { name: 'f.yaml', text },
    env: { FAULTLINE_THREADS: '0' },
    flags: { from: 'now' },
  });

  assert.deepEqual(
    lines.map((line) => line.slice(0, line.indexOf(': '))),
    [
      'f.yaml:2:3 system.lnes',
      'f.yaml:3:10 system.lanes',
      'FAULTLINE_THREADS',
      '--from',
      'f.yaml:5:3 tasks.a.topics',
      'f.yaml:5:3 tasks.a.analyzer',
    ],
  );
});

test('after a duplicate key the other mistakes are still told', () => {
  const lines = mistakesOf({ file: { name: 'f.yaml', text: 'system: {}\nsystem: { lanes: x }\n' } });

  assert.equal(lines.length, 2);
});

test('a mistake in a variable that a flag replaces is told all the same', () => {
  const lines = mistakesOf({ file: null, env: { FAULTLINE_LANES: 'x' }, flags: { lanes: '3' } });

  assert.equal(lines.length, 1);
});

test('past the limit mistakes are counted instead of told', () => {
  const text = `system:\n${Array.from({ length: 150 }, (_, index) => `  zzz${index}: 1\n`).join('')}`;

  const lines = mistakesOf({ file: { name: 'f.yaml', text } });

  assert.equal(lines.length, 101);
  assert.equal(lines.at(-1), 'and 50 more');
});

const SAME = 'tasks:\n  a: { topics: ^x$, analyzer: lag }\n  b: { topics: ^x$, analyzer: lag }\n';

test('the same pattern in two tasks of one group is refused with both names', () => {
  const input = { file: { name: 'f.yaml', text: SAME } };

  assert.deepEqual(mistakesOf(input), [
    'f.yaml:3:16 tasks.b.topics: tasks a and b of group faultline have the same pattern ^x$',
  ]);
  assert.equal(codeOf(input), 'E_ROUTE_AMBIGUOUS');
});

test('the same pattern in tasks of different groups is a fan-out', () => {
  const text = SAME.replace('b: {', 'b: { group: other,');

  assert.equal(codeOf({ file: { name: 'f.yaml', text } }), null);
});

/** A pattern, an output template, whether they go together. */
const OUTPUTS: readonly (readonly [
  pattern: string,
  findings: string,
  analyzers: string,
  accepted: boolean,
])[] = [
  ['.*', 'faultline-findings', '', false],
  ['^(?!faultline-)', 'faultline-findings', '', true],
  ['^in-', 'in-findings', '', false],
  ['^in-', 'out-{task}', '', true],
  ['crash', 'out-{task}', '', false],
  ['^(out-mine)$', 'out-{task}', '', false],
  ['^crash$', '{topic}-findings', '', true],
  ['crash', '{topic}-findings', '', false],
  ['(^|[._-])crash([._-]|$)', 'findings.{category}', '', false],
  ['(^|[._-])crash([._-]|$)', 'findings.{category}', 'PERF_LAG: lag', true],
  ['(^|[._-])crash([._-]|$)', 'findings.{category}', 'PERF_CRASH: crash', false],
  ['(^|[._-])crash([._-]|$)', 'findings.{category}', 'a-crash: crash', false],
];

for (const [pattern, findings, analyzers, accepted] of OUTPUTS) {
  const categories = analyzers === '' ? '' : ` of ${analyzers}`;
  test(`${pattern} is ${accepted ? 'accepted' : 'refused'} beside the output ${findings}${categories}`, () => {
    const task = `{ topics: '${pattern}', analyzer: crash, analyzers: { ${analyzers} }, outputs: { findings: '${findings}' } }`;
    const name = pattern.includes('mine') ? 'mine' : 'my-crash';

    const code = codeOf({ file: { name: 'f.yaml', text: `tasks:\n  ${name}: ${task}\n` } });

    assert.equal(code, accepted ? null : 'E_ROUTE_OWN_OUTPUT');
  });
}

test('the output of one task must not be the input of another, whatever their groups', () => {
  const text =
    'tasks:\n  a: { topics: ^a$, analyzer: lag, group: g, outputs: { findings: b } }\n  b: { topics: ^b$, analyzer: lag }\n';

  assert.deepEqual(mistakesOf({ file: { name: 'f.yaml', text } }), [
    'f.yaml:3:16 tasks.b.topics: the pattern ^b$ takes b, the findings of task a: the engine would eat its own output',
  ]);
});

test('an output topic that a default pattern takes names who gave it', () => {
  const lines = mistakesOf({ file: null, flags: { 'findings-topic': 'app-crash' } });

  assert.match(lines.join(), /^--findings-topic: the pattern .* takes app-crash/);
});

test('a dead-letter topic is watched like one of findings', () => {
  assert.equal(codeOf({ file: null, env: { FAULTLINE_DEAD_LETTERS_TOPIC: 'lag' } }), 'E_ROUTE_OWN_OUTPUT');
});
