/** Crash findings: signature, group, severity, and what happens to input of any kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { analyzeCrash } from '../../../../src/analysis/crash/analyze.ts';
import { parseCrash } from '../../../../src/analysis/crash/parse.ts';
import { analyze, codes, eventOf, JAVA, LIMITS, PYTHON, TOMBSTONE, V8 } from './reports.ts';

test('the signature names the innermost cause in the app and where it was thrown', () => {
  assert.equal(analyze(JAVA).signature, 'java.lang.IllegalStateException at com.shop.cart.Cart.add');
  assert.equal(analyze(TOMBSTONE).signature, 'SIGABRT at libmedia.so!shop::Queue<T>::push');
  assert.equal(analyze(V8).signature, 'TypeError at sum (index.js)');
  assert.equal(analyze(PYTHON).signature, 'KeyError at total (cart.py)');
  assert.equal(
    analyze('java.lang.OutOfMemoryError: 12 bytes').signature,
    'java.lang.OutOfMemoryError: 0 bytes',
  );
});

test('the group does not depend on lines, messages, lambdas of a build or addresses of a run', () => {
  fc.assert(
    fc.property(fc.nat(99_999), fc.nat(99_999), (line, id) => {
      const java = JAVA.replaceAll(':31)', `:${String(line)})`).replace('4711', String(id));
      const tombstone = TOMBSTONE.replace('1a2b0', id.toString(16)).replace(
        'push(int, bool) const+88',
        `push(int, bool) const+${String(line)}`,
      );

      assert.equal(analyze(java).group, analyze(JAVA).group);
      assert.equal(analyze(tombstone).group, analyze(TOMBSTONE).group);
      assert.equal(analyze(V8.replace(':2042', `:${String(line)}`)).group, analyze(V8).group);
      assert.equal(analyze(PYTHON.replace('line 12', `line ${String(line)}`)).group, analyze(PYTHON).group);
    }),
    { numRuns: 30 },
  );
});

test('another type, another frame and another cause are another group', () => {
  const groups = [
    JAVA,
    JAVA.replace('IllegalStateException', 'IllegalArgumentException'),
    JAVA.replace('Cart.add', 'Cart.remove'),
    JAVA.slice(0, JAVA.indexOf('Caused')),
    TOMBSTONE,
    V8,
    PYTHON,
  ].map((report) => analyze(report).group);

  assert.equal(new Set(groups).size, groups.length);
});

test('the finding tells for each frame why it counts, and only when asked', () => {
  const told = analyze(JAVA).explain;
  const silent = analyzeCrash(eventOf(JAVA), LIMITS, { explain: false });

  assert.deepEqual(told, [
    "blamed: java.lang.IllegalStateException (innermost with the app's frames)",
    'kept: #0-1',
    "left out, not the app's: #2",
    'fatal: nothing says that it was caught',
  ]);
  assert.equal(silent.explain, undefined);
});

test('a crash is fatal unless the report or the event says that it was caught', () => {
  const handled = analyzeCrash({ ...eventOf(JAVA), dimensions: { handled: true } }, LIMITS, {
    explain: false,
  });

  assert.equal(analyze(JAVA).severity, 'fatal');
  assert.equal(analyze(`Non-fatal Exception: ${JAVA}`).severity, 'error');
  assert.equal(handled.severity, 'error');
});

test("the event's own problems are kept beside those of the report", () => {
  const event = { ...eventOf(''), problems: [{ code: 'timestamp-invalid', at: 'timestamp' }] };

  const finding = analyzeCrash(event, LIMITS, { explain: false });

  assert.deepEqual(codes(finding), ['timestamp-invalid', 'report-empty', 'format-unknown']);
});

test('what is of no known format is grouped by its first line without numbers', () => {
  const finding = analyze('\n\nreactor 4 melted at 0x1f\nmore');

  assert.equal(finding.format, 'unknown');
  assert.equal(finding.signature, 'reactor 0 melted at #');
  assert.equal(finding.group, analyze('reactor 7 melted at 0x2e\nother').group);
  assert.deepEqual(codes(finding), ['format-unknown']);
});

test('reports that are no text give a finding with problems', () => {
  const polluted: unknown = JSON.parse('{"__proto__": {"stack": "x"}, "constructor": null}');
  for (const report of [null, undefined, 0, true, '', [], {}, polluted, [[]], [{ time: 0, stack: [] }]]) {
    const finding = analyze(report);

    assert.ok(codes(finding).length > 0, JSON.stringify(report));
    assert.match(finding.group, /^[0-9a-f]{32}$/);
    assert.notEqual(finding.signature, '');
  }
});

test('ten megabytes of anything give a finding that says what was cut', () => {
  const size = 10_485_760;
  const line = '\tat com.shop.Cart.add(Cart.kt:31)\n';
  for (const report of [
    'x'.repeat(size),
    '\n'.repeat(size),
    '('.repeat(size),
    'Caused by: '.repeat(size / 11),
    line.repeat(size / line.length),
    `a.TopException: ${'m\n'.repeat(size / 2)}`,
    '#00 pc 0000 ('.repeat(size / 13),
    `at f ${'(eval at '.repeat(size / 9)}`,
  ]) {
    const finding = analyze(report);

    assert.ok(codes(finding).includes('report-over-limit'), report.slice(0, 20));
    assert.ok(JSON.stringify(finding).length < LIMITS.findingBytesMax);
  }
});

test('no input makes the analysis throw', () => {
  const pieces = fc.constantFrom(
    ...[JAVA, TOMBSTONE, V8, PYTHON].flatMap((report) => report.split('\n')),
    ...'FATAL EXCEPTION: main|Suppressed: a.B|Exception Group Traceback (most recent call last):|  +-+-- 1 --|TypeError: 2'.split(
      '|',
    ),
    ...'at |(|)|:|...|Caused by: |[CIRCULAR REFERENCE|PID: |#|+-+-|@|E/|"main" prio=|\0'.split('|'),
  );
  const text = fc
    .array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 40 })
    .chain((lines) => fc.constantFrom('', '\n', ' ').map((joint) => lines.join(joint)));
  const formats = fc.constantFrom(
    'auto',
    'java-stack',
    'tombstone',
    'js-stack',
    'python-stack',
    'samples',
    'anr',
    'x',
  );
  const small = { ...LIMITS, framesMax: 3, causesMax: 1, threadsMax: 1, lineBytesMax: 20, reportLinesMax: 9 };

  fc.assert(
    fc.property(
      fc.oneof(text, fc.jsonValue(), fc.anything()),
      formats,
      fc.boolean(),
      (report, format, tight) => {
        const finding = analyzeCrash(eventOf(report, format), tight ? small : LIMITS, { explain: true });

        assert.equal(finding.kind, 'crash');
        assert.match(finding.group, /^[0-9a-f]{32}$/);
        assert.notEqual(finding.signature, '');
        for (const [index, { parent }] of parseCrash(report, format, LIMITS).report.exceptions.entries()) {
          assert.ok(
            parent === undefined || (parent >= 0 && parent < index),
            'an exception belongs to one before it',
          );
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
