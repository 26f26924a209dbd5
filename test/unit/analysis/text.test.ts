/** Cutting a report into lines, and the text out of a report. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reportText } from '../../../src/analysis/report-text.ts';
import { splitLines } from '../../../src/analysis/text.ts';
import type { Problem } from '../../../src/model/report.ts';

const WIDE = { reportBytesMax: 1_000, reportLinesMax: 100, lineBytesMax: 100 };

test('lines end with LF or CRLF, the last one may lack it', () => {
  const problems: Problem[] = [];

  assert.deepEqual(splitLines('a\r\nb\n\nc', WIDE, problems), ['a', 'b', '', 'c']);
  assert.deepEqual(splitLines('', WIDE, problems), []);
  assert.deepEqual(problems, []);
});

test('each limit cuts, and says where', () => {
  const problems: Problem[] = [];

  const lines = splitLines(
    'aaaaaa\nb\nc\nd',
    { reportBytesMax: 11, reportLinesMax: 2, lineBytesMax: 5 },
    problems,
  );

  assert.deepEqual(lines, ['aaaaa', 'b']);
  assert.deepEqual(problems, [
    { code: 'report-over-limit', at: 'byte 11' },
    { code: 'line-over-limit', at: 'line 1' },
    { code: 'lines-over-limit', at: 'line 3' },
  ]);
});

test('a line is as long as its limit or shorter, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, lineBytesMax) => {
      const lines = splitLines(text, { ...WIDE, lineBytesMax }, []);

      assert.ok(lines.every((line) => line.length <= lineBytesMax));
      assert.ok(lines.length <= WIDE.reportLinesMax);
    }),
  );
});

test('the text of a report is found in strings, lists of lines and objects', () => {
  for (const report of [
    'a\nb',
    ['a', 'b'],
    { stack: 'a\nb' },
    { stacktrace: ['a', 'b'] },
    { trace: 'a\nb' },
  ]) {
    assert.equal(reportText(report, []).text, 'a\nb');
  }
});

test('a report without text is a problem, and no report is a prototype', () => {
  const polluted: unknown = JSON.parse('{"__proto__": {"stack": "evil"}, "x": 1}');
  for (const report of [null, undefined, 42, true, [], [1], {}, polluted, { stack: 7 }]) {
    const problems: Problem[] = [];

    assert.equal(reportText(report, problems).text, '');
    assert.equal(problems.length, 1);
  }
});
