/** Java and Android stacks: chains, nesting, log marks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CrashReport } from '../../../../src/model/report.ts';
import { codes, JAVA, LIMITS, parse } from './reports.ts';

type Outline = readonly [type: string, frames: number, relation?: string, parent?: number];

function outline({ exceptions }: CrashReport): Outline[] {
  return exceptions.map(({ type, frames, relation, parent }) =>
    relation === undefined
      ? [type, frames.length]
      : parent === undefined
        ? [type, frames.length, relation]
        : [type, frames.length, relation, parent],
  );
}

const FRAME = '\tat com.shop.Cart.add(Cart.kt:31)';

test('a cause follows what it caused, with its message and the frames they share', () => {
  const report = parse(JAVA);

  assert.deepEqual(outline(report), [
    ['java.lang.RuntimeException', 2],
    ['java.lang.IllegalStateException', 3, 'cause', 0],
  ]);
  assert.equal(report.exceptions[1]?.message, 'cart 4711 is closed');
  assert.equal(report.exceptions[1]?.commonFrames, 9);
  assert.deepEqual(report.problems, []);
});

test('suppressed exceptions and their causes are nested by indent', () => {
  const report = parse(
    [
      'Exception in thread "pool 1" a.MainException: x',
      FRAME,
      '\tSuppressed: a.CloseException: y',
      '\t' + FRAME,
      '\t\t... 1 more',
      '\tCaused by: a.DiskException',
      '\t' + FRAME,
      '\tSuppressed: a.OtherException',
      '\t' + FRAME,
      'Caused by: a.RootException',
      FRAME,
    ].join('\n'),
  );

  assert.deepEqual(outline(report), [
    ['a.MainException', 1],
    ['a.CloseException', 1, 'suppressed', 0],
    ['a.DiskException', 1, 'cause', 1],
    ['a.OtherException', 1, 'suppressed', 0],
    ['a.RootException', 1, 'cause', 0],
  ]);
  assert.equal(report.facts?.['thread'], 'pool 1');
});

test('a message may have several lines, even ones that look like headers', () => {
  const report = parse(`a.FirstException: one\ntwo: 2\na.SecondException: three\n${FRAME}`);

  assert.deepEqual(outline(report), [['a.FirstException', 1]]);
  assert.equal(report.exceptions[0]?.message, 'one\ntwo: 2\na.SecondException: three');
});

test('a circular reference ends a chain without frames', () => {
  const report = parse(
    `a.OneException\n${FRAME}\nCaused by: a.TwoException\n${FRAME}\n\t[CIRCULAR REFERENCE:a.OneException: x]`,
  );

  assert.deepEqual(outline(report), [
    ['a.OneException', 1],
    ['a.TwoException', 1, 'cause', 0],
    ['a.OneException', 0, 'cause', 1],
  ]);
});

test('the trace after FATAL EXCEPTION is the crash, with thread, process and pid', () => {
  const report = parse(
    [
      `E/Disk( 77): a.DiskException: full`,
      `E/Disk( 77): ${FRAME}`,
      'E/AndroidRuntime( 77): FATAL EXCEPTION: main',
      'E/AndroidRuntime( 77): Process: com.shop, PID: 77',
      'E/AndroidRuntime( 77): a.RealException: x',
      `E/AndroidRuntime( 77): ${FRAME}`,
      'E/AndroidRuntime( 77): Caused by: a.RootException',
      `E/AndroidRuntime( 77): ${FRAME}`,
    ].join('\n'),
  );

  assert.deepEqual(outline(report), [
    ['a.RealException', 1],
    ['a.RootException', 1, 'cause', 0],
  ]);
  assert.deepEqual(report.facts, { thread: 'main', process: 'com.shop', pid: '77' });
});

test('a mark without a trace after it does not hide the trace before it', () => {
  const report = parse(`a.DiskException: full\n${FRAME}\nFATAL EXCEPTION: main\na.DiskException: full`);

  assert.deepEqual(outline(report), [
    ['a.DiskException', 1],
    ['a.DiskException', 0],
  ]);
});

test('an obfuscated type, and one inside a log line, head the frames that follow', () => {
  assert.deepEqual(outline(parse(`a.b.c: boom\n${FRAME}`)), [['a.b.c', 1]]);
  assert.deepEqual(outline(parse(`ERROR while saving: a.DiskException: full\n${FRAME}`)), [
    ['a.DiskException', 1],
  ]);
});

test('a line of another log among the frames does not end a trace', () => {
  assert.deepEqual(outline(parse(`a.TopException\n${FRAME}\nloading\n${FRAME}`)), [['a.TopException', 2]]);
});

test('a cause belongs to its own trace, however that is indented', () => {
  const report = parse(
    `a.OneException\n${FRAME}\nFATAL EXCEPTION: main\n    a.TwoException\n${FRAME}\nCaused by: a.RootException\n${FRAME}`,
  );

  assert.deepEqual(outline(report), [
    ['a.TwoException', 1],
    ['a.RootException', 1, 'cause', 0],
  ]);
});

test('frames without a header are kept, and so is a cause whose beginning was cut off', () => {
  assert.deepEqual(outline(parse(`${FRAME}\n${FRAME}`)), [['', 2]]);
  assert.deepEqual(outline(parse(`Caused by: a.RootException\n${FRAME}`)), [['a.RootException', 1, 'cause']]);
});

test('causes and frames over their limit are left out and reported', () => {
  const chain = Array.from({ length: 1_000 }, (_, i) => `Caused by: a.E${String(i)}Exception\n${FRAME}`);

  const report = parse([`a.TopException\n${FRAME}`, ...chain].join('\n'));
  const tall = parse(`a.TopException\n${FRAME}\n${FRAME}\n${FRAME}`, { ...LIMITS, framesMax: 2 });

  assert.equal(report.exceptions.length, LIMITS.causesMax + 1);
  assert.deepEqual(report.problems, [{ code: 'causes-over-limit', at: 'line 43' }]);
  assert.deepEqual(outline(tall), [['a.TopException', 2]]);
  assert.deepEqual(tall.problems, [{ code: 'frames-over-limit', at: 'line 4' }]);
});

test('blanks that a web page made of others are blanks', () => {
  const report = parse(
    `a.TopException\r\n\u00a0\u00a0at com.shop.Cart.add(Cart.kt:31)\u00a0\n\u00a0Caused by: a.RootException`,
  );

  assert.deepEqual(outline(report), [
    ['a.TopException', 1],
    ['a.RootException', 0, 'cause', 0],
  ]);
});

test('a frame that is cut off is a problem, and harms no other', () => {
  const report = parse(`a.TopException\n\tat com.shop.Cart.ad\n${FRAME}`);

  assert.deepEqual(outline(report), [['a.TopException', 1]]);
  assert.deepEqual(report.problems, [{ code: 'frame-unreadable', at: 'line 2' }]);
});

test('a report of nothing but a header says that frames are missing', () => {
  assert.deepEqual(codes(parse('java.lang.OutOfMemoryError: heap')), ['frames-missing']);
});
