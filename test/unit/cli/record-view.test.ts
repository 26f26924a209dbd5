import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recordObject, recordView } from '../../../src/cli/record-view.ts';
import type { Delivery } from '../../../src/model/delivery.ts';
import { packMsgpack } from '../../../src/wire/msgpack.ts';

const options = { paint: (_style: string, text: string) => text, columns: 100, framesMax: 5, full: false };

const record: Delivery = {
  topic: 'app-crash',
  partition: 1,
  offset: 42,
  key: Buffer.from('device-1'),
  value: Buffer.from('{"a":1}'),
  headers: [],
  timestampMs: 0,
};

test('values are shown decoded: JSON, msgpack, text, and base64 where they are none of these', () => {
  const values = [record.value, packMsgpack({ a: 1 }), Buffer.from('hello'), Buffer.from([0xff, 0xfe]), null];

  const shown = values.map((value) => recordObject({ ...record, value }));

  assert.deepEqual(
    shown.map(({ value, value_base64: base64 }) => value ?? base64),
    [{ a: 1 }, { a: 1 }, 'hello', '//4=', undefined],
  );
});

test('the JSON of a record has its place, key and headers', () => {
  const headers = [['faultline-code', Buffer.from('E_EVENT_SCHEMA')]] as const;

  assert.deepEqual(recordObject({ ...record, headers }), {
    topic: 'app-crash',
    partition: 1,
    offset: 42,
    timestamp: '1970-01-01T00:00:00.000Z',
    key: 'device-1',
    headers: { 'faultline-code': 'E_EVENT_SCHEMA' },
    value: { a: 1 },
  });
});

test('a dead letter tells its code, where it came from and why', () => {
  const told = {
    code: 'E_EVENT_SCHEMA',
    error: 'no category',
    'source-topic': 'in',
    'source-partition': '3',
    'source-offset': '9',
  };
  const headers = Object.entries(told).map(
    ([name, text]) => [`faultline-${name}`, Buffer.from(text)] as const,
  );

  assert.match(
    recordView({ ...record, headers }, options),
    /^1:42 {5} {2}E_EVENT_SCHEMA {2}in:3:9 {2}no category$/,
  );
});

test('whatever a record holds, its view is one line without control characters', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (key, value) => {
      assert.doesNotMatch(recordView({ ...record, key, value }, options), /\p{Cc}/u);
    }),
  );
});

test('an event in a list tells its category, app and id', () => {
  const event = {
    id: 'e1',
    category: 'PERF_LAG',
    dimensions: { platform: 'ios', app_id: 'shop' },
    profile_data: {},
  };

  const line = recordView({ ...record, value: Buffer.from(JSON.stringify(event)) }, options);

  assert.match(line, /^1:42 +device-1 +PERF_LAG +ios {2}shop {2}e1$/);
});
