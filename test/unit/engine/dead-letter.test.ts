import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadLetter } from '../../../src/engine/dead-letter.ts';
import { findingHeaders, passedOn } from '../../../src/engine/headers.ts';
import { NO_HEADERS } from '../../../src/model/delivery.ts';
import { bytes, delivery, makeLanes, TASK, text } from './support.ts';

function headersOf(letter: { headers: readonly (readonly [string, Uint8Array])[] }): Record<string, string> {
  return Object.fromEntries(letter.headers.map(([name, value]) => [name, text(value)]));
}

test('a dead letter says where it came from and why, and keeps key, value and headers', () => {
  const { work } = makeLanes();
  const dead = work(0, delivery(7, 'device', { value: 'broken', headers: [['traceparent', bytes('00-1')]] }));
  dead.attempt = 4;

  const letter = new DeadLetter(
    dead,
    { code: 'E_EVENT_ANALYZE', message: 'no luck', retriable: true },
    { valueBytesMax: 100, headerBytesMax: 100 },
  );

  assert.equal(letter.topic, 'dead-letters');
  assert.deepEqual([text(letter.key), text(letter.value)], ['device', 'broken']);
  assert.deepEqual(headersOf(letter), {
    traceparent: '00-1',
    'faultline-code': 'E_EVENT_ANALYZE',
    'faultline-error': 'no luck',
    'faultline-attempts': '4',
    'faultline-task': 'crash',
    'faultline-source-topic': 'app-crash',
    'faultline-source-partition': '0',
    'faultline-source-offset': '7',
    'faultline-first-seen': '1970-01-01T00:00:01.007Z',
  });
});

test('a value over the limit is cut, and its size and hash are told', () => {
  const { work } = makeLanes();
  const dead = work(0, delivery(0, null, { value: '0123456789' }));

  const letter = new DeadLetter(
    dead,
    { code: 'E_EVENT_TOO_LARGE', message: 'm', retriable: false, details: { sha256: 'abc' } },
    { valueBytesMax: 4, headerBytesMax: 100 },
  );

  assert.equal(text(letter.value), '0123');
  assert.equal(headersOf(letter)['faultline-value-bytes'], '10');
  assert.equal(headersOf(letter)['faultline-value-sha256'], 'abc');
});

test('the topic may be templated, and a null value gives an empty one', () => {
  const { work } = makeLanes({
    ...TASK,
    outputs: { findings: 'f', deadLetters: 'dead-{task}-{topic}-{category}' },
  });
  const dead = work(0, { ...delivery(0), value: null, timestampMs: Number.NaN });

  const letter = new DeadLetter(
    dead,
    { code: 'E_EVENT_UNMARSHAL', message: 'm', retriable: false },
    { valueBytesMax: 4, headerBytesMax: 100 },
  );

  assert.equal(letter.topic, 'dead-crash-app-crash-unknown');
  assert.equal(letter.value.length, 0);
});

test('a header that pretends to be ours is kept under another name, never believed', () => {
  const passed = passedOn([
    ['faultline-code', bytes('E_FAKE')],
    ['x', bytes('1')],
    ['x', bytes('2')],
  ]);

  assert.deepEqual(
    passed.map(([name, value]) => `${name}=${text(value)}`),
    ['faultline-original-code=E_FAKE', 'x=1', 'x=2'],
  );
});

test('a finding carries its id and schema beside the headers passed on', () => {
  const headers = findingHeaders(NO_HEADERS, bytes('id-1'));

  assert.deepEqual(
    headers.map(([name, value]) => `${name}=${text(value)}`),
    ['faultline-id=id-1', 'faultline-schema=1'],
  );
});

test('headers and a key that are too long are left out and told, so that the dead letter itself is taken', () => {
  const { work } = makeLanes();
  const headers = [
    ['a', bytes('x'.repeat(60))],
    ['b', bytes('x'.repeat(60))],
    ['c', bytes('x')],
  ] as const;
  const dead = work(0, delivery(0, 'k'.repeat(200), { headers }));

  const letter = new DeadLetter(
    dead,
    { code: 'E_EVENT_SCHEMA', message: 'm', retriable: false },
    { valueBytesMax: 4, headerBytesMax: 100 },
  );

  assert.equal(letter.key, null);
  const told = headersOf(letter);
  assert.deepEqual(
    [told['faultline-key-bytes'], told['faultline-headers-dropped'], 'a' in told, 'b' in told],
    ['200', '2', true, false],
  );
});
