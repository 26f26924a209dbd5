import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pack } from 'msgpackr';
import type { Headers } from '../../../src/model/delivery.ts';
import { NO_HEADERS } from '../../../src/model/delivery.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { PerfEvent } from '../../../src/model/event.ts';
import { decodeEvent } from '../../../src/wire/event.ts';

const SOURCE = { topic: 'app.crash', partition: 2, offset: 41, timestampMs: 1_700_000_000_000 };
const LIMITS = { eventBytesMax: 4_096 };
const MINIMAL = { category: 'PERF_CRASH', profile_data: 'boom' };

function decode(value: unknown, headers: Headers = NO_HEADERS): PerfEvent {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  return decodeEvent(bytes, headers, SOURCE, LIMITS);
}

function errorOf(value: Uint8Array | string | null, headers: Headers = NO_HEADERS): EngineError {
  try {
    decodeEvent(typeof value === 'string' ? Buffer.from(value) : value, headers, SOURCE, LIMITS);
  } catch (error) {
    assert.ok(error instanceof EngineError);
    return error;
  }
  assert.fail('it was decoded');
}

describe('decodeEvent', () => {
  it('takes all fields of an event', () => {
    const event = decode({
      id: '7f9c',
      category: 'PERF_CRASH',
      timestamp: '2026-11-20T08:15:30.123Z',
      dimensions: { app_id: 'shop' },
      values: { uptime_ms: 81_234 },
      profile_data: { format: 'java-stack', report: 'java.lang.Error' },
      unknown: 'is no error',
    });

    assert.deepEqual(event, {
      id: '7f9c',
      category: 'PERF_CRASH',
      timestampMs: Date.UTC(2026, 10, 20, 8, 15, 30, 123),
      dimensions: { app_id: 'shop' },
      values: { uptime_ms: 81_234 },
      profileData: { format: 'java-stack', report: 'java.lang.Error' },
      problems: [],
    });
  });

  it('takes the spelling of the services that it replaces', () => {
    const event = decode({
      ID: 'a',
      Category: 'PERF_LAG',
      Timestamp: 1_700_000_000_123,
      Dimensions: { scene: 'x' },
      Values: { n: 1 },
      profileData: { Format: 'anr', Report: 'text' },
    });

    assert.deepEqual(event, {
      id: 'a',
      category: 'PERF_LAG',
      timestampMs: 1_700_000_000_123,
      dimensions: { scene: 'x' },
      values: { n: 1 },
      profileData: { format: 'anr', report: 'text' },
      problems: [],
    });
  });

  it('names an event without id after its place, the same each time', () => {
    assert.equal(decode(MINIMAL).id, 'app.crash:2:41');
    assert.deepEqual(decode(MINIMAL), decode(MINIMAL));
  });

  it('bears an unusable id, timestamp, dimensions or values, and says so', () => {
    const event = decode({ ...MINIMAL, id: {}, timestamp: 'yesterday', dimensions: [], values: 7 });

    assert.equal(event.id, 'app.crash:2:41');
    assert.equal(event.timestampMs, SOURCE.timestampMs);
    assert.deepEqual(
      event.problems.map(({ code }) => code),
      ['bad-id', 'bad-timestamp', 'bad-dimensions', 'bad-values'],
    );
  });

  it('takes a report without a wrapping object', () => {
    assert.deepEqual(decode({ ...MINIMAL, profile_data: 'text' }).profileData, {
      format: 'auto',
      report: 'text',
    });
    assert.deepEqual(decode({ ...MINIMAL, profile_data: [1] }).profileData, { format: 'auto', report: [1] });
    assert.deepEqual(decode({ ...MINIMAL, profile_data: { stack: 'x' } }).profileData, {
      format: 'auto',
      report: { stack: 'x' },
    });
  });

  it('takes msgpack by its first byte and by content type', () => {
    const headers: Headers = [['Content-Type', Buffer.from('application/x-msgpack')]];
    const large = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`field${index}`, index]));

    assert.deepEqual(decode(pack(MINIMAL)), decode(MINIMAL));
    assert.deepEqual(decode(pack(MINIMAL), headers), decode(MINIMAL));
    assert.deepEqual(decode(pack({ ...MINIMAL, ...large })), decode(MINIMAL));
    assert.equal(errorOf(JSON.stringify(MINIMAL), headers).code, 'E_EVENT_UNMARSHAL');
  });

  it('takes text that msgpack carries as binary, and its timestamps', () => {
    const date = new Date(Date.UTC(2026, 0, 2));
    const event = decode(
      pack({ ...MINIMAL, timestamp: date, profile_data: { report: Buffer.from('boom') } }),
    );

    assert.equal(event.timestampMs, date.getTime());
    assert.equal(event.profileData.report, 'boom');
  });

  it('bears invalid UTF-8 inside valid JSON, and says so', () => {
    const value = Buffer.concat([
      Buffer.from('{"category":"C","profile_data":"a'),
      Buffer.from([0xff]),
      Buffer.from('b"}'),
    ]);

    const event = decode(value);

    assert.equal(event.profileData.report, 'a\ufffdb');
    assert.deepEqual(event.problems, [{ code: 'invalid-utf8' }]);
  });

  it('a replacement character that was sent is no problem, nor is a byte order mark', () => {
    const event = decode(Buffer.from(`\ufeff${JSON.stringify({ ...MINIMAL, profile_data: 'a\ufffd' })}`));

    assert.deepEqual(event.problems, []);
  });

  it('refuses what is larger than the limit without parsing it, with its size and hash', () => {
    const error = errorOf(Buffer.alloc(5_000, '{'));

    assert.equal(error.code, 'E_EVENT_TOO_LARGE');
    assert.equal(error.details['bytes'], 5_000);
    assert.match(String(error.details['sha256']), /^[0-9a-f]{64}$/);
  });

  it('refuses what is no event, with a code and without quoting the payload', () => {
    const rows: readonly (readonly [Uint8Array | string | null, string])[] = [
      [null, 'E_EVENT_UNMARSHAL'],
      ['', 'E_EVENT_UNMARSHAL'],
      ['secret', 'E_EVENT_UNMARSHAL'],
      ['{"category":secret}', 'E_EVENT_UNMARSHAL'],
      ['"secret"', 'E_EVENT_UNMARSHAL'],
      ['null', 'E_EVENT_UNMARSHAL'],
      ['[{"category":"secret"}]', 'E_EVENT_UNMARSHAL'],
      [Buffer.from([0xde, 0xff, 0xff]), 'E_EVENT_UNMARSHAL'],
      ['{}', 'E_EVENT_SCHEMA'],
      ['{"category":null,"profile_data":"x"}', 'E_EVENT_SCHEMA'],
      ['{"category":"","profile_data":"x"}', 'E_EVENT_SCHEMA'],
      ['{"category":"C","profile_data":7}', 'E_EVENT_SCHEMA'],
      ['{"category":"C","profile_data":null}', 'E_EVENT_SCHEMA'],
    ];

    const errors = rows.map(([value]) => errorOf(value));

    assert.deepEqual(
      errors.map(({ code }) => code),
      rows.map(([, code]) => code),
    );
    assert.equal(
      errors.some(({ message, retriable }) => retriable || message.includes('secret')),
      false,
    );
  });

  it('a __proto__ key is a field like any other', () => {
    const event = decode(Buffer.from('{"__proto__":{"category":"x"},"category":"C","profile_data":"x"}'));

    assert.equal(event.category, 'C');
    assert.equal(errorOf('{"__proto__":{"category":"C","profile_data":"x"}}').code, 'E_EVENT_SCHEMA');
  });

  it('whatever the bytes, it returns an event or a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          return typeof decode(Buffer.from(bytes)).id === 'string';
        } catch (error) {
          return error instanceof EngineError && error.code.startsWith('E_EVENT_');
        }
      }),
    );
  });

  it('any JSON object with the required fields is an event, whatever else it has', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (others, timestamp) => {
        const event = decode({ ...others, timestamp, ...MINIMAL });

        return event.category === 'PERF_CRASH' && Number.isFinite(event.timestampMs) && event.id !== '';
      }),
    );
  });
});
