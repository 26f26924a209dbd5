/** Lag findings: signature, group, severity, for every kind of report and for none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { analyzeLag } from '../../../../src/analysis/lag/analyze.ts';
import { groupOf } from '../../../../src/analysis/grouping/group.ts';
import { frameKey } from '../../../../src/analysis/stack/frame-key.ts';
import { analyze, codesOf, eventOf, LIMITS } from './helpers.ts';

const STACK = [
  'at java.io.FileInputStream.read(FileInputStream.java:9)',
  'at com.shop.Db.query(Db.java:42)',
  'at com.shop.Main.onClick(Main.java:7)',
  'at android.os.Looper.loop(Looper.java:288)',
];

const BLOCKED = `"main" prio=5 tid=1 Blocked
  at com.shop.Db.query(Db.java:40)
  - waiting to lock <0x0a> (a java.lang.Object) held by thread 9
  at com.shop.Main.onClick(Main.java:6)
  at android.os.Looper.loop(Looper.java:288)

"pool-3" prio=5 tid=9 Native
  at com.shop.Db.flush(Db.java:90)
`;

const IDLE = `"main" prio=5 tid=1 Native
  at android.os.MessageQueue.nativePollOnce(Native method)
  at android.os.Looper.loop(Looper.java:288)
`;

function samples(spanMs: number, stack: readonly string[] = STACK): unknown {
  return {
    interval_ms: 50,
    samples: Array.from({ length: spanMs / 50 }, (_, i) => ({ time: i * 50, stack })),
  };
}

test('samples give a hang in the heaviest frame of the app, with the path to it', () => {
  const finding = analyze(samples(1000));

  assert.equal(finding.format, 'samples');
  assert.equal(finding.signature, 'Hang in com.shop.Db.query');
  assert.deepEqual([finding.samples, finding.duration_ms], [20, 1000]);
  assert.deepEqual(finding.heaviest_path?.at(-1), {
    frame: 'java.io.FileInputStream.read',
    total_ms: 1000,
    self_ms: 1000,
  });
  assert.equal(finding.main_thread?.frames[0]?.module, 'java.io.FileInputStream');
  assert.equal(finding.problems, undefined);
});

test('a blocked main thread is told with the holder of its lock and where that stands', () => {
  const finding = analyze(BLOCKED);

  assert.equal(finding.format, 'anr');
  assert.equal(finding.signature, 'Main thread blocked in com.shop.Db.query (held by pool-3)');
  assert.equal(finding.main_thread?.waits_for, '<0x0a> (a java.lang.Object)');
  assert.equal(finding.main_thread?.held_by, 'pool-3');
  assert.equal(finding.main_thread?.held_at, 'com.shop.Db.flush');
});

test('an idle main thread is said to be idle, and all such are one group', () => {
  const dump = analyze(IDLE);
  const sampled = analyze(samples(200, IDLE.split('\n').slice(1)));

  assert.equal(dump.signature, 'Main thread idle: waits for messages');
  assert.equal(sampled.signature, dump.signature);
  assert.equal(sampled.group, dump.group);
  assert.equal(sampled.duration_ms, undefined);
});

test('samples, a dump and a single stack of one place are one group', () => {
  const groups = [analyze(samples(500)), analyze(BLOCKED), analyze(`Hang\n\t${STACK.join('\n\t')}`)].map(
    ({ group }) => group,
  );

  assert.equal(new Set(groups).size, 1);
});

test('another place is another group', () => {
  const groups = [analyze(samples(500)), analyze(samples(500, STACK.slice(2)))].map(({ group }) => group);

  assert.equal(new Set(groups).size, 2);
});

test('the group takes the keys that crashes group by, and the reasons say which', () => {
  const { group, explain = [] } = analyze(STACK.join('\n'));
  const keys = [
    frameKey({ raw: '', module: 'com.shop.Db', function: 'query' }),
    frameKey({ raw: '', module: 'com.shop.Main', function: 'onClick' }),
  ];

  assert.equal(group, groupOf(['lag', ...keys.map((key) => `frame ${key}`)]));
  assert.deepEqual(explain.slice(2, 4), ["left out, not the app's: #0, #3", 'kept: #1-2']);
});

test('reasons are told only where asked for', () => {
  const finding = analyzeLag(eventOf(BLOCKED), LIMITS, { explain: false });

  assert.equal('explain' in finding, false);
});

test('a single Java or JavaScript stack is the main thread’s one sample', () => {
  const java = analyze(
    `java.lang.Throwable: slow\n\t${STACK.join('\n\t')}\nCaused by: x.Y\n\tat other.Place.f(P.java:1)`,
  );
  const script = analyze(
    'Error\n    at render (https://shop.example/app.js:10:5)\n    at https://shop.example/app.js:20:1',
  );

  assert.deepEqual([java.format, java.main_thread?.frames.length], ['java-stack', 4]);
  assert.deepEqual([script.format, script.signature], ['js-stack', 'Hang in render (app.js)']);
});

test('the head of an ANR goes with the stack below it', () => {
  const finding = analyze(
    `ANR in com.shop\nReason: Input dispatching timed out (x)\n\t${STACK.join('\n\t')}`,
  );

  assert.equal(finding.signature, 'Hang in com.shop.Db.query');
  assert.equal(finding.reason, 'Input dispatching timed out (x)');
  assert.equal(finding.severity, 'fatal');
});

test('a stack in an object or as a list of lines is read like a text', () => {
  const found = [{ stack: STACK.join('\n') }, { stackTrace: STACK }, STACK].map((report) => analyze(report));

  for (const { format, signature } of found)
    assert.deepEqual([format, signature], ['java-stack', 'Hang in com.shop.Db.query']);
});

test('samples as JSON text are samples', () => {
  const finding = analyze(JSON.stringify(samples(300)));

  assert.deepEqual([finding.format, finding.duration_ms], ['samples', 300]);
});

test('severity follows the duration: told by values, by dimensions, by the reason, or spanned by samples', () => {
  const bySpan = [650, 700, 2000, 5000].map((spanMs) => analyze(samples(spanMs)).severity);
  const byValues = analyze(samples(100), { values: { duration_ms: 2500 }, dimensions: { duration_ms: 1 } });
  const byDimensions = analyze(STACK.join('\n'), { dimensions: { duration_ms: '800' } });
  const byReason = analyze(`Subject: Input dispatching timed out (x. Waited 5003ms for y)\n${BLOCKED}`);

  assert.deepEqual(bySpan, ['info', 'warning', 'error', 'fatal']);
  assert.deepEqual([byValues.severity, byValues.duration_ms], ['error', 2500]);
  assert.deepEqual([byDimensions.severity, byDimensions.duration_ms], ['warning', 800]);
  assert.deepEqual([byReason.severity, byReason.duration_ms], ['fatal', 5003]);
});

test('absurd durations are not believed', () => {
  const found = [-1, NaN, 1e12, 'long', {}, ''].map(
    (ms) => analyze(BLOCKED, { values: { duration_ms: ms } }).duration_ms,
  );

  assert.deepEqual(found, [undefined, undefined, undefined, undefined, undefined, undefined]);
});

test('without a duration an ANR that users perceive is worse than another, and that than any dump', () => {
  const severities = [
    `Reason: Input dispatching timed out\n${BLOCKED}`,
    `Reason: Broadcast of Intent\n${BLOCKED}`,
    'Full thread dump X:\n"main" #1 prio=5 os_prio=0 tid=0x1 nid=0x1 runnable\n\tat a.B.c(B.java:1)',
  ].map((report) => analyze(report).severity);

  assert.deepEqual(severities, ['fatal', 'error', 'warning']);
});

test('a report that is not understood gives a finding that says so', () => {
  const found = ['some text', { a: 1 }, 7, true, '{"a":'].map((report) => analyze(report));

  for (const finding of found) {
    assert.equal(finding.format, 'unknown');
    assert.ok(codesOf(finding).includes('format-unknown'));
    assert.match(finding.signature, /unknown format/);
  }
  assert.deepEqual(
    ['', null, undefined, []].map((report) => codesOf(analyze(report))[0]),
    ['report-empty', 'report-empty', 'report-empty', 'samples-empty'],
  );
});

test('problems of the envelope stay with those of the report', () => {
  const finding = analyze({ samples: [] }, { problems: [{ code: 'envelope' }] });

  assert.deepEqual(codesOf(finding), ['envelope', 'samples-empty']);
});

test('whatever the report, the finding is whole and plain data', () => {
  const words = fc.constantFrom(...`${BLOCKED}\n${STACK.join('\n')}`.split(/(?<=\n)|(?<= )/));
  const text = fc.array(fc.oneof(words, fc.string()), { maxLength: 40 }).map((parts) => parts.join(''));
  const values = fc.record({ duration_ms: fc.anything() });
  fc.assert(
    fc.property(fc.oneof(text, fc.json(), fc.anything()), values, fc.boolean(), (report, told, explain) => {
      const finding = analyzeLag(eventOf(report, { values: told }), LIMITS, { explain });

      assert.ok(finding.signature.length > 0);
      assert.match(finding.group, /^[0-9a-f]{32}$/);
      assert.deepEqual(JSON.parse(JSON.stringify(finding)), finding);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});
