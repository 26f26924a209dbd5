import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseReport, wrapReport, type WrappedReport } from '../../../src/load/wrap.ts';
import type { PerfEvent } from '../../../src/model/event.ts';
import { decodeEvent } from '../../../src/wire/event.ts';

const JAVA = 'java.lang.Error: x\n\tat com.example.shop.Basket.total(Basket.java:29)\n';
const FILE = { name: 'reports/a.txt', keyField: null };
const LINE = { name: null, keyField: null };

function decode(wrapped: WrappedReport): PerfEvent {
  const origin = { topic: 't', partition: 0, offset: 0, timestampMs: 0 };
  return decodeEvent(wrapped.value, [], origin, { eventBytesMax: 1 << 24 });
}

test('any text becomes a valid event whose report is that text, or is the event that it was', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((json) => JSON.stringify({ category: 'PERF_LAG', extra: json })),
    fc.constantFrom('', '{', '"', '[]', '{}', 'null', '\uFEFF{"stack":1}', '{"__proto__":{"stack":"x"}}'),
  );
  const property = fc.property(texts, fc.option(fc.string()), (text, keyField) => {
    const wrapped = wrapReport(text, { name: null, keyField });

    assert.notEqual(wrapped.key, '');
    if (wrapped.wasEvent) {
      assert.equal(Buffer.from(wrapped.value).toString(), text.toWellFormed());
      return;
    }
    const event = decode(wrapped);
    assert.deepEqual(
      event.problems.filter((problem) => problem.code !== 'invalid-utf8'),
      [],
    );
    assert.equal(event.id, wrapped.id);
    assert.equal(event.profileData.format, 'auto');
    assert.equal(event.category, wrapped.kind === 'lag' ? 'PERF_LAG' : 'PERF_CRASH');
  });

  fc.assert(property, { numRuns: 500 });
});

test('a text is the report, character for character', () => {
  const event = decode(wrapReport(JAVA, FILE));

  assert.equal(event.profileData.report, JAVA);
  assert.equal(event.category, 'PERF_CRASH');
  assert.equal(event.dimensions['platform'], 'jvm');
});

test('JSON goes into the envelope as it stands', () => {
  const json = '{ "stack": "Error\\n at f (a.js:1:2)", "id": 12345678901234567890, "__proto__": { "a": 1 } }';

  const wrapped = wrapReport(`\n${json}\n`, FILE);

  assert.equal(wrapped.wasEvent, false);
  assert.ok(Buffer.from(wrapped.value).toString().endsWith(`"report":${json}}}`));
});

test('JSON that nests a hundred thousand deep is wrapped too', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

  const wrapped = wrapReport(deep, FILE);

  assert.ok(Buffer.from(wrapped.value).includes(deep));
});

test('a JSON text is the report that it quotes', () => {
  const event = decode(wrapReport(JSON.stringify(JAVA), LINE));

  assert.equal(event.profileData.report, JAVA);
  assert.equal(event.dimensions['platform'], 'jvm');
});

test('an event is passed on byte for byte, in whichever spelling, mistakes included', () => {
  const events = [
    '{"category":"PERF_LAG","profile_data":{"report":"x"}} ',
    '{"Category": "PERF_CRASH", "ProfileData": {"Report": "x"}}',
    '{"id":"no-category","profileData":"x"}',
    '{"category":"PERF_CRASH"}',
    '{"category":12,"profile_data":null}',
  ];

  for (const text of events) {
    const wrapped = wrapReport(text, LINE);
    assert.equal(wrapped.wasEvent, true, text);
    assert.equal(Buffer.from(wrapped.value).toString(), text);
  }
});

test('a report with a category of its own is still a report', () => {
  assert.equal(wrapReport('{"category":"ui","stack":"Error\\n at a.js:1:2"}', LINE).wasEvent, false);
});

test('an event goes by its category, else by its report', () => {
  const kindOf = (event: object): string => wrapReport(JSON.stringify(event), LINE).kind;

  assert.equal(kindOf({ category: 'PERF_LAG', profile_data: JAVA }), 'lag');
  assert.equal(kindOf({ category: 'ui.lag', profile_data: JAVA }), 'lag');
  assert.equal(kindOf({ category: 'PERF_CRASH', profile_data: { report: { samples: [] } } }), 'crash');
  assert.equal(kindOf({ category: 'flags', profile_data: { report: { samples: [] } } }), 'lag');
  assert.equal(kindOf({ category: 'flags', profile_data: { samples: [] } }), 'lag');
  assert.equal(kindOf({ profile_data: { report: JAVA } }), 'crash');
});

test('the id of a report is its content’s, that of an event its own', () => {
  assert.equal(wrapReport(JAVA, FILE).id, wrapReport(JAVA, LINE).id);
  assert.notEqual(wrapReport(JAVA, FILE).id, wrapReport(`${JAVA} `, FILE).id);
  assert.match(wrapReport(JAVA, FILE).id, /^[0-9a-f]{32}$/);
  assert.equal(wrapReport('{"ID":"e1","profile_data":"x"}', LINE).id, 'e1');
});

test('the key is the field asked for, else the device, else the name, else the id', () => {
  const event = '{"id":"e1","dimensions":{"device_id":"d1","user_id":7},"profile_data":"x"}';
  const bare = '{"id":"e1","profile_data":"x"}';

  assert.equal(wrapReport(event, { name: 'n', keyField: 'dimensions.user_id' }).key, '7');
  assert.equal(wrapReport(event, { name: 'n', keyField: 'dimensions.nothing.here' }).key, 'd1');
  assert.equal(wrapReport(event, FILE).key, 'd1');
  assert.equal(wrapReport(bare, FILE).key, 'reports/a.txt');
  assert.equal(wrapReport(bare, LINE).key, 'e1');
  assert.equal(wrapReport(JAVA, FILE).key, 'reports/a.txt');
  assert.equal(
    wrapReport('{"stack":"x","tab":"t1"}', { name: null, keyField: 'profile_data.report.tab' }).key,
    't1',
  );
});

test('a key is never read from a prototype', () => {
  const wrapped = wrapReport('{"id":"e1","profile_data":"x"}', { name: null, keyField: 'constructor.name' });

  assert.equal(wrapped.key, 'e1');
});

test('what is no object, list or text is no JSON report', () => {
  for (const text of ['12', 'true', 'null', '', '{"a":', 'at f()'])
    assert.equal(parseReport(text), undefined);
});
