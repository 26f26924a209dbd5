/** Which format a report is taken for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectFormat } from '../../../src/analysis/detect.ts';
import { JAVA, PYTHON, TOMBSTONE, V8 } from './crash/reports.ts';

test('each format is known by its content', () => {
  for (const [report, format] of [
    [JAVA, 'java-stack'],
    [
      JAVA.split('\n')
        .map((line) => `E/AndroidRuntime( 9): ${line}`)
        .join('\n'),
      'java-stack',
    ],
    [`${'we met at noon at the end\n'.repeat(500)}${JAVA}`, 'java-stack'],
    ['Exception in thread "main" java.lang.OutOfMemoryError: heap', 'java-stack'],
    ['FATAL EXCEPTION: main\nProcess: com.shop, PID: 1', 'java-stack'],
    [TOMBSTONE, 'tombstone'],
    ['     #0 0x727d4dfdaf  (/system/lib/libasan.so+0x31daf)', 'tombstone'],
    [V8, 'js-stack'],
    ['f@https://a.example/b.js:1:2\n@https://a.example/b.js:3:4', 'js-stack'],
    ['TypeError: x is not a function', 'js-stack'],
    [{ name: 'TypeError', message: 'x', stack: V8 }, 'js-stack'],
    [{ message: 'it broke' }, 'js-stack'],
    [{ stack: JAVA }, 'java-stack'],
    [PYTHON, 'python-stack'],
    ['  File "a.py", line 3\n    x =\n       ^\nSyntaxError: invalid syntax', 'python-stack'],
    ['----- pid 12 at 2026-11-20 -----\nCmd line: com.shop', 'anr'],
    ['"main" prio=5 tid=1 Blocked\n  at com.shop.Main.run(Main.kt:3)', 'anr'],
    ['"main" #1 prio=5 os_prio=0\n\tat com.shop.Main.run(Main.kt:3)', 'anr'],
    [[{ time: 0, stack: ['a', 'b'] }], 'samples'],
    [{ samples: [{ time: 0, stack: 'a' }] }, 'samples'],
    ['once upon a time at the end', 'unknown'],
    ['', 'unknown'],
    [null, 'unknown'],
    [7, 'unknown'],
    [{}, 'unknown'],
  ] as const) {
    assert.equal(detectFormat(report, 'auto'), format, JSON.stringify(report));
  }
});

test('a format that is named is believed, a name that is none of ours is not', () => {
  assert.equal(detectFormat('anything', 'tombstone'), 'tombstone');
  assert.equal(detectFormat(JAVA, 'apple-crash'), 'java-stack');
  assert.equal(detectFormat(JAVA, '__proto__'), 'java-stack');
});
