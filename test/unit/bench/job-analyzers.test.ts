/** The two analyzers of the benchmark's job: what they find is the same, whatever the report. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import byRegexp, { readByRegexp } from '../../../bench/analyzers/java-regexp.ts';
import byScanner, { readByScanner } from '../../../bench/analyzers/java-scanner.ts';
import { generateEvents, javaCrashEvent } from '../../../src/load/generate.ts';
import type { PerfEvent } from '../../../src/model/event.ts';

const RUNS = 3000;

const part = fc.constantFrom(
  'com',
  'example',
  'Main',
  'Main$1',
  'R8$$Lambda$14',
  'a',
  'é',
  'v2',
  '日本',
  'b-c',
);
const owner = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const prefix = fc.constantFrom('', '', '', 'java.base@17.0.1/', 'app//', 'loader/mod@1/', '/', 'x/5');
const hidden = fc.constantFrom('', '', '/0x00007f12', '$$Lambda/0x7f', '/');
const method = fc.constantFrom(
  'run',
  '<init>',
  'lambda$f$0',
  'f$default',
  'wait!',
  'two words',
  'a/b',
  '',
  '!',
  'f-x2',
);
const place = fc.constantFrom(
  'Main.java:12',
  'Main.kt:0',
  'Native Method',
  'Native method',
  'Unknown Source',
  'Unknown Source:4',
  'Native Method:4',
  'Main.java',
  ':12',
  ':',
  '',
  'Main.java:-2',
  'Main.java:-2/x y',
  'java.base@17.0.15/Thread.java:840',
  '@/Thread.java:1',
  'a.js:1:2',
  'a/b.js:1',
  'My File.java:3',
  'Main.java:1234567890123456',
  'r8-map-id-1a2b:31',
  'String s',
);
const end = fc.constantFrom(
  ')',
  ')',
  ')',
  ')',
  ') ~[app.jar:1.2]',
  ') [app.jar:?]',
  ') in a.cs:line 1',
  '',
  ') ',
  '))',
);
const frame = fc
  .tuple(prefix, owner, hidden, method, place, end)
  .map(([before, name, id, call, where, after]) => `at ${before}${name}${id}.${call}(${where}${after}`);
const other = fc.constantFrom(
  'java.lang.IllegalStateException: it is so',
  'Caused by: java.io.IOException: no',
  'Suppressed: java.io.IOException',
  'com.example.Failed',
  'com.example.Failed:',
  'com.example.Failed :  ',
  'com.example.Failed:now',
  'a..b: c',
  'a.: c',
  'Plain: text',
  'Exception in thread "main" java.lang.Error: x',
  'FATAL EXCEPTION: main',
  'Process: com.example, PID: 12',
  '... 12 more',
  '- locked <0x0> (a java.lang.Object)',
  'at int com.example.Main.f(int) (Main.java:3)',
  'at com.example.Main.f',
  'at ',
  '',
);
const indent = fc.constantFrom('', '\t', '    ', '\u00a0', '\ufeff', '\u0001');
const line = fc
  .tuple(indent, fc.oneof(frame, other), fc.constantFrom('', '', '\r', ' ', '\ufeff'))
  .map((parts) => parts.join(''));
const report = fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\n'));

/** A report with a few characters changed, so that all kinds of broken lines are met. */
const broken = fc
  .tuple(
    fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n')),
    fc.array(
      fc.tuple(
        fc.nat(400),
        fc.nat(2),
        fc.constantFrom(
          '',
          '.',
          '/',
          '(',
          ')',
          ' ',
          ':',
          '@',
          '!',
          '\n',
          '\t',
          '\ufeff',
          '\u2028',
          '7',
          '-',
          '~[',
          'é',
        ),
      ),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, [at, removed, added]) => {
      const place = at % (changed.length + 1);
      return changed.slice(0, place) + added + changed.slice(place + removed);
    }, text),
  );

function event(text: unknown): PerfEvent {
  const profileData = { format: 'java-stack', report: text };
  const dimensions = { app_id: 'shop', device_id: '1' };
  return {
    id: 'e',
    category: 'PERF_CRASH',
    timestampMs: 0,
    dimensions,
    values: {},
    profileData,
    problems: [],
  };
}

describe('the analyzers of the job', () => {
  test('both read the same of odd Java stacks', () => {
    fc.assert(
      fc.property(report, (text) => {
        // The third time the scanner knows the frames again.
        for (let i = 0; i < 3; i += 1) assert.deepEqual(readByScanner(text), readByRegexp(text));
      }),
      { numRuns: RUNS },
    );
  });

  test('both read the same of broken lines', () => {
    fc.assert(
      fc.property(broken, (text) => {
        assert.deepEqual(readByScanner(text), readByRegexp(text));
      }),
      { numRuns: RUNS },
    );
  });

  test('both read the same of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        assert.deepEqual(readByScanner(text), readByRegexp(text));
      }),
    );
  });

  test('both find the same in the generator’s events of all formats', () => {
    const events = generateEvents({ count: 500, keys: 50, zipf: 0, duplicates: 0, seed: 7, start: 0 });
    for (const { value } of [...events, ...Array.from({ length: 100 }, (_, i) => javaCrashEvent(i))]) {
      const { profile_data } = JSON.parse(Buffer.from(value).toString()) as {
        profile_data: { report: unknown };
      };

      assert.deepEqual(byScanner(event(profile_data.report)), byRegexp(event(profile_data.report)));
    }
  });

  test('type, top frame, number of frames and group are those of the stack, digits of classes folded', () => {
    const frames = Array.from(
      { length: 20 },
      (_, i) => `\tat java.base@17/com.shop.Cart${i}$12.add${i}(C.kt:${i})`,
    );
    const text = ['java.io.IOException: no', ...frames.slice(0, 9), 'Caused by: a.B: c', ...frames.slice(9)];

    const found = byRegexp(event(text.join('\n')));

    const keys = Array.from({ length: 16 }, (_, i) => `com.shop.Cart0$0.add${i}`);
    assert.deepEqual(found, {
      app: 'shop',
      device: '1',
      type: 'java.io.IOException',
      top: 'com.shop.Cart0$0.add0',
      frames: 20,
      group: hash('sha256', keys.join('\n')),
    });
  });

  test('a report that is no text has no frames', () => {
    assert.deepEqual(byScanner(event({ stack: 'at a.b(C.java:1)' })), byRegexp(event(null)));
  });
});
