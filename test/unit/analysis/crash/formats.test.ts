/** Tombstones, JavaScript and Python reports as one model. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCrash } from '../../../../src/analysis/crash/parse.ts';
import { codes, LIMITS, parse, PYTHON, TOMBSTONE, V8 } from './reports.ts';

test('a tombstone is the exception of its signal, with the frames of the thread that crashed', () => {
  const { exceptions, threads, facts } = parse(TOMBSTONE);

  assert.equal(exceptions[0]?.type, 'SIGABRT');
  assert.equal(exceptions[0].message, 'queue is\nfull');
  assert.deepEqual(
    exceptions[0].frames.map((frame) => frame.function),
    ['abort', 'shop::Queue<int>::push(int, bool) const', undefined, '__pthread_start(void*)'],
  );
  assert.deepEqual(
    threads.map(({ id, name, frames }) => [id, name, frames.length]),
    [['812', 'com.shop:media', 1]],
  );
  assert.deepEqual(facts, {
    fingerprint: 'acme/phone/phone:14/AB1.2/7:user/release-keys',
    abi: 'arm64',
    pid: '812',
    tid: '830',
    thread: 'Decoder',
    process: 'com.shop:media',
    signal: 'SIGABRT',
    code: 'SI_QUEUE',
    fault_address: '--------',
    abort_message: 'queue is\nfull',
  });
});

test('threads over their limit are left out and reported', () => {
  const more = Array.from({ length: 9 }, (_, i) => `pid: 1, tid: ${String(i)}, name: t  >>> x <<<`).join(
    '\n',
  );

  const { threads, problems } = parse(`${TOMBSTONE}\n${more}`, { ...LIMITS, threadsMax: 3 });

  assert.equal(threads.length, 3);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['threads-over-limit'],
  );
});

test('a V8 stack has its header of several lines and its frames', () => {
  const { exceptions, problems } = parse(V8);

  assert.equal(exceptions[0]?.type, 'TypeError');
  assert.equal(exceptions[0].message, "Cannot read properties of undefined\n(reading 'total')");
  assert.equal(exceptions[0].frames.length, 6);
  assert.deepEqual(
    exceptions[0].frames.map(({ inApp }) => inApp),
    [true, false, true, false, true, false],
  );
  assert.deepEqual(problems, []);
});

test("an error object's own name and message go before those of its stack", () => {
  const { exceptions } = parse({ name: 'CartError', message: 'no total', stack: V8 });

  assert.equal(exceptions[0]?.type, 'CartError');
  assert.equal(exceptions[0].message, 'no total');
});

test('captions and codes of browsers and Node are not the type', () => {
  for (const header of [
    'Uncaught TypeError: x',
    'Uncaught (in promise) TypeError: x',
    'TypeError [ERR_ARG]: x',
    '/app/a.js:3\n    throw e;\n    ^\n\nTypeError: x',
  ]) {
    const { exceptions } = parse(`${header}\n    at f (a.js:1:2)`);

    assert.equal(exceptions[0]?.type, 'TypeError', header);
    assert.equal(exceptions[0].message, 'x', header);
  }
});

test("Node's cause is a cause", () => {
  const { exceptions } = parse(
    'Error: a\n    at f (a.js:1:2) {\n  [cause]: RangeError: b\n      at g (b.js:3:4)\n}',
  );

  assert.deepEqual(
    exceptions.map(({ type, relation, parent, frames }) => [type, relation, parent, frames.length]),
    [
      ['Error', undefined, undefined, 1],
      ['RangeError', 'cause', 0, 1],
    ],
  );
});

/** Node prints what an error carries in braces after its stack; this is its text for a nest of them. */
const NODE_NEST = [
  'AggregateError [ECONNREFUSED]: ',
  '    at afterConnectMultiple (node:net:1715:7) {',
  "  code: 'ECONNREFUSED',",
  '  [cause]: Error: no route {',
  '  by way of home',
  '      at route (file:///shop/net.mjs:9:3)',
  '      at async file:///shop/main.mjs:3:1 {',
  '    address: { family: 4 },',
  '    [cause]: [TypeError: no map] {',
  "      file: 'map.json'",
  '    }',
  '  },',
  '  [errors]: [',
  '    Error: connect ::1:5432',
  '        at file:///shop/db.mjs:1:1 {',
  '      nested: {',
  '        tried: [ 1, 2 ]',
  '      },',
  '      [cause]: RangeError: port',
  '          at file:///shop/db.mjs:2:2',
  '    },',
  '    [Error: connect 127.0.0.1:5432],',
  '    Error: last',
  '        at file:///shop/db.mjs:3:3',
  '  ],',
  '  original: URIError: malformed',
  '      at file:///shop/db.mjs:4:4,',
  "  note: 'Error: a text'",
  '}',
  'Error: of another line of the log',
].join('\n');

test('what Node prints in braces after a stack is a tree of causes and of errors beside them', () => {
  const { exceptions, problems } = parse(NODE_NEST);

  assert.deepEqual(
    exceptions.map(({ type, message, relation, parent, frames }) => [
      type,
      message,
      relation,
      parent,
      frames.map(({ line }) => line),
    ]),
    [
      ['AggregateError', undefined, undefined, undefined, [1715]],
      ['Error', 'no route {\nby way of home', 'cause', 0, [9, 3]],
      ['TypeError', 'no map', 'cause', 1, []],
      ['Error', 'connect ::1:5432', 'cause', 0, [1]],
      ['RangeError', 'port', 'cause', 3, [2]],
      ['Error', 'connect 127.0.0.1:5432', 'context', 0, []],
      ['Error', 'last', 'context', 0, [3]],
      ['URIError', 'malformed', 'context', 0, [4]],
    ],
  );
  assert.deepEqual(problems, []);
});

test('an error without a stack of its own is thrown all the same, with its members', () => {
  const { exceptions, problems } = parse(
    [
      '[AggregateError: All promises were rejected] {',
      '  [errors]: [',
      '    RangeError: a',
      '        at f (a.js:1:2),',
      '    RangeError: b',
      '        at async a.js:3:4',
      '  ]',
      '}',
    ].join('\n'),
  );

  assert.deepEqual(
    exceptions.map(({ type, message, relation, frames }) => [type, message, relation, frames.length]),
    [
      ['AggregateError', 'All promises were rejected', undefined, 0],
      ['RangeError', 'a', 'cause', 1],
      ['RangeError', 'b', 'context', 1],
    ],
  );
  assert.deepEqual(problems, []);
});

test('members without stacks stand on one line', () => {
  const { exceptions } = parse(
    'AggregateError: all\n    at f (a.js:1:2) {\n  [errors]: [ [TypeError: a], [RangeError], 3, [Error: b] ]\n}',
  );

  assert.deepEqual(
    exceptions.map(({ type, message, relation }) => [type, message, relation]),
    [
      ['AggregateError', 'all', undefined],
      ['TypeError', 'a', 'cause'],
      ['RangeError', undefined, 'context'],
      ['Error', 'b', 'context'],
    ],
  );
});

test('members over the limit of causes are left out and reported', () => {
  const members = Array.from({ length: 9 }, (_, i) => `    Error: ${i}\n        at a.js:${i}:1,`).join('\n');

  const { exceptions, problems } = parse(`[AggregateError: x] {\n  [errors]: [\n${members}\n  ]\n}`, {
    ...LIMITS,
    causesMax: 3,
  });

  assert.equal(exceptions.length, 4);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['causes-over-limit'],
  );
});

test('of chained tracebacks the last is what was thrown, with the innermost frame first', () => {
  const { exceptions } = parse(PYTHON);

  assert.deepEqual(
    exceptions.map(({ type, message, relation, parent }) => [type, message, relation, parent]),
    [
      ['shop.errors.CheckoutError', 'no total', undefined, undefined],
      ['KeyError', "'apple'", 'cause', 0],
    ],
  );
  assert.deepEqual(
    exceptions[0]?.frames.map(({ function: name, line, inApp }) => [name, line, inApp]),
    [
      ['checkout', 30, true],
      ['_run_module_as_main', 198, false],
    ],
  );
});

test('an exception during handling is context, a syntax error has its place', () => {
  const { exceptions } = parse(
    [
      'Traceback (most recent call last):',
      '  File "a.py", line 1, in f',
      'ValueError',
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      '  File "b.py", line 2, in g',
      '    import c',
      '  File "c.py", line 3',
      '    x =',
      '        ^',
      'SyntaxError: invalid syntax',
    ].join('\n'),
  );

  assert.deepEqual(
    exceptions.map(({ type, relation }) => [type, relation]),
    [
      ['SyntaxError', undefined],
      ['ValueError', 'context'],
    ],
  );
  assert.deepEqual(
    exceptions[0]?.frames.map(({ file, line, function: name }) => [file, line, name]),
    [
      ['c.py', 3, undefined],
      ['b.py', 2, 'g'],
    ],
  );
});

test('the members of an exception group follow it', () => {
  const { exceptions } = parse(
    [
      '  + Exception Group Traceback (most recent call last):',
      '  |   File "a.py", line 1, in <module>',
      '  |     raise ExceptionGroup("many", errors)',
      '  | ExceptionGroup: many (2 sub-exceptions)',
      '  +-+---------------- 1 ----------------',
      '    | Traceback (most recent call last):',
      '    |   File "a.py", line 7, in one',
      '    |     raise ValueError(1)',
      '    | ValueError: 1',
      '    +---------------- 2 ----------------',
      '    | TypeError: 2',
      '    +------------------------------------',
      'done',
    ].join('\n'),
  );

  assert.deepEqual(
    exceptions.map(({ type, relation, frames }) => [type, relation, frames.length]),
    [
      ['ExceptionGroup', undefined, 1],
      ['ValueError', 'suppressed', 1],
      ['TypeError', 'suppressed', 0],
    ],
  );
});

test('members of a group whose own traceback is missing stand for themselves', () => {
  const { exceptions } = parseCrash(
    '+ Exception Group Traceback (most recent call last): (cut)\n+-+---- 1 ----\n  | ValueError: 1\n',
    'python-stack',
    LIMITS,
  ).report;

  assert.deepEqual(
    exceptions.map(({ type, parent }) => [type, parent]),
    [['ValueError', undefined]],
  );
});

test('a dump of threads that came as a crash has the stack of its main thread', () => {
  const { format, exceptions } = parse('"main" prio=5 tid=1 Runnable\n  at com.shop.Main.run(Main.kt:3)\n');

  assert.equal(format, 'anr');
  assert.equal(exceptions[0]?.frames[0]?.function, 'run');
});

test('known formats without a frame say so', () => {
  for (const report of [
    '*** *** ***\nsignal 6 (SIGABRT)',
    { message: 'x' },
    'Traceback (most recent call last):',
  ]) {
    assert.deepEqual(codes(parse(report)), ['frames-missing']);
  }
});
