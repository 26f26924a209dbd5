import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { guessReport } from '../../../src/load/guess.ts';

const CASES: readonly (readonly [
  what: string,
  report: unknown,
  kind: string,
  platform: string | undefined,
])[] = [
  [
    'a logcat crash',
    'E AndroidRuntime: FATAL EXCEPTION: main\nE AndroidRuntime: Process: a.b',
    'crash',
    'android',
  ],
  ['a tombstone', '*** *** *** *** ***\nBuild fingerprint: x\nsignal 11 (SIGSEGV)', 'crash', 'android'],
  ['an ART dump', '----- pid 12 at 2026-01-01 10:00:00 -----\nDALVIK THREADS (2):', 'lag', 'android'],
  ['an ART dump without its head', '"main" prio=5 tid=1 Blocked\n  at a.b.C.d(C.java:1)', 'lag', 'jvm'],
  ['an ANR of the exit info', 'Subject: Input dispatching timed out (a)\n', 'lag', 'android'],
  ['an ANR in a log', 'E ActivityManager: ANR in com.example.shop', 'lag', undefined],
  ['a crash after an ANR in a log', 'ANR in com.example.shop\nFATAL EXCEPTION: main', 'crash', 'android'],
  ['a HotSpot dump', '2026-01-01\nFull thread dump OpenJDK 64-Bit\n', 'lag', 'jvm'],
  ['a Java crash', 'a.B: x\n\tat a.b.C.d(C.kt:12)', 'crash', 'jvm'],
  ['a Java crash of Android', 'a.B: x\n\tat android.os.Looper.loop(Looper.java:1)', 'crash', 'android'],
  ['a Java crash that quotes a dump', 'Exception in thread "main" a.B: x\nFull thread dump ', 'crash', 'jvm'],
  ['a Python crash', 'Traceback (most recent call last):\n  File "a.py", line 1, in f', 'crash', 'python'],
  ['a Node crash', 'Error: x\n    at f (node:fs:1:2)', 'crash', 'node'],
  ['a browser’s crash', 'Error: x\n    at f (https://shop.example/a.js:1:2)', 'crash', 'web'],
  ['a Gecko crash', 'f@https://shop.example/a.js:1:2', 'crash', 'web'],
  ['a text with a link', 'see https://shop.example/help', 'crash', undefined],
  ['nothing', '', 'crash', undefined],
  ['an error object', { name: 'Error', stack: 'f@https://shop.example/a.js:1:2' }, 'crash', 'web'],
  ['an error in a wrapper', { error: { stack: 'Error\n at f (node:fs:1:2)' } }, 'crash', 'node'],
  ['a stack as a list', { stackTrace: ['at a.b.C.d(C.java:1)'] }, 'crash', 'jvm'],
  ['lines', ['at a.b.C.d(C.java:1)'], 'crash', 'jvm'],
  ['a dump in an object', { input: 'DALVIK THREADS (1):' }, 'lag', 'android'],
  ['samples', { samples: [{ time: 0, stack: [] }] }, 'lag', undefined],
  ['samples with a platform', { platform: 'ios', samples: [] }, 'lag', 'ios'],
  ['a list of samples', [{ time: 0, stack: 'a\nb' }], 'lag', undefined],
  ['a list of errors', [{ stack: 'a' }], 'crash', undefined],
  ['a platform that is none', { platform: 12, stack: 'x' }, 'crash', undefined],
];

for (const [what, report, kind, platform] of CASES) {
  test(`${what} is a ${kind} of ${platform ?? 'no platform that shows'}`, () => {
    const guess = guessReport(report);

    assert.equal(guess.kind, kind);
    assert.equal(guess.platform, platform);
  });
}

test('whatever JSON gives can be looked at', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.match(guessReport(value).kind, /^(crash|lag)$/);
    }),
  );
});
