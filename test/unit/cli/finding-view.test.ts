import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingLine, findingView, isFinding } from '../../../src/cli/finding-view.ts';
import type { Finding } from '../../../src/model/finding.ts';

const options = { paint: (_style: string, text: string) => text, columns: 100, framesMax: 2 };

const envelope = {
  schema: 1,
  id: 'e1',
  category: 'PERF_CRASH',
  timestamp: '2026-11-20T08:15:30.123Z',
  app: { id: 'com.example.shop', version: '4.2.0' },
  platform: 'android',
  source: { topic: 'app-crash', partition: 0, offset: 7 },
  analyzer: { name: 'crash', version: '1' },
} as const;

const crash: Finding = {
  ...envelope,
  kind: 'crash',
  format: 'java-stack',
  severity: 'fatal',
  signature: 'java.lang.IllegalStateException at Cart.total',
  group: 'c35f652895a10e63889eaa025c8af3eb',
  group_version: 1,
  exceptions: [
    {
      type: 'java.lang.IllegalStateException',
      message: 'empty \u001b[2J',
      frames: [
        { function: 'total', module: 'com.example.Cart', file: 'Cart.java', line: 41, in_app: true },
        { function: 'run', module: 'java.lang.Thread', file: 'Thread.java' },
        { raw: 'something else' },
      ],
    },
    { type: 'java.io.IOException', relation: 'cause', frames: [] },
  ],
  problems: [{ code: 'truncated', at: 'line 12' }],
  explain: ['the first frame of the app'],
};

const lag: Finding = {
  ...envelope,
  kind: 'lag',
  format: 'samples',
  severity: 'warning',
  signature: 'Hang in Cart.render',
  group: 'b36540e074c5aa31e1e308b9304123d9',
  group_version: 1,
  duration_ms: 2_400,
  samples: 24,
  heaviest_path: [
    { frame: 'main', total_ms: 2_400, self_ms: 0 },
    { frame: 'Cart.render', total_ms: 1_200, self_ms: 800 },
  ],
  main_thread: { name: 'main', state: 'Blocked', frames: [], waits_for: '<0x1>', held_by: 'worker 3' },
};

test('a crash is told with its chain, its app frames marked, the rest counted', () => {
  const view = findingView(crash, options).join('\n');

  assert.match(view, /^java\.lang\.IllegalStateException at Cart\.total\n/);
  assert.match(
    view,
    /\n {2}▸ com\.example\.Cart\.total \(Cart\.java:41\)\n {4}java\.lang\.Thread\.run \(Thread\.java\)\n {4}… 1 more\n/,
  );
  assert.match(view, /\ncaused by java\.io\.IOException\n/);
  assert.match(view, /\nNot understood\n {2}truncated at line 12\n/);
  assert.match(view, /\n {2}the first frame of the app$/);
});

test('a context is what Python was handling, and in JavaScript an error of the same list', () => {
  const exceptions = [
    { type: 'E', frames: [] },
    { type: 'KeyError', relation: 'context', frames: [] },
  ] as const;
  const viewAs = (format: string) =>
    findingView({ ...crash, kind: 'crash', format, exceptions }, options).join('\n');

  const python = viewAs('python-stack');
  const js = viewAs('js-stack');

  assert.match(python, /\nwhile handling KeyError\n/);
  assert.match(js, /\nalong with KeyError\n/);
});

test('a lag is told with its duration, its heaviest path and what it waits for', () => {
  const view = findingView(lag, options).join('\n');

  assert.match(view, /not responding for 2\.4 s · 24 samples/);
  assert.match(view, / {2}1\.2 s {2}██████ {8}Cart\.render {2}itself 800 ms/);
  assert.match(view, /waits for <0x1> · held by worker 3/);
});

test('nothing of a report reaches the terminal as a control character', () => {
  const view = findingView(crash, options);

  assert.ok(view.every((line) => !/\p{Cc}/u.test(line)));
  assert.ok(view.join('\n').includes('empty ␛[2J'));
});

test('a finding in a list takes one line of the width', () => {
  const line = findingLine({ ...crash, signature: 'x'.repeat(500) }, options);

  assert.match(line, /^fatal {4}crash {2}android {3}java-stack {4}c35f652895a1 {2}x+…$/);
  assert.equal([...line].length, options.columns);
});

test('what an analyzer of one’s own returned is not taken for a built-in finding', () => {
  assert.ok(isFinding(crash) && isFinding(lag));
  for (const other of [
    null,
    3,
    'text',
    [],
    {},
    { kind: 'crash', signature: 'x', group: 'y', severity: 'fatal' },
  ]) {
    assert.equal(isFinding(other), false);
  }
});
