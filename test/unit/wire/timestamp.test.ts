import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isoTime } from '../../../src/model/time.ts';
import { parseTimestampMs, timestampText } from '../../../src/wire/timestamp.ts';

it('a timestamp is ISO 8601, a number or its digits; what names no zone is UTC', () => {
  const rows: readonly (readonly [unknown, number | undefined])[] = [
    ['2026-11-20T08:15:30.123Z', Date.UTC(2026, 10, 20, 8, 15, 30, 123)],
    ['2026-11-20T08:15:30+02:00', Date.UTC(2026, 10, 20, 6, 15, 30)],
    ['2026-11-20 08:15:30', Date.UTC(2026, 10, 20, 8, 15, 30)],
    ['2026-11-20', Date.UTC(2026, 10, 20)],
    [1_763_626_530_123, 1_763_626_530_123],
    ['1763626530123', 1_763_626_530_123],
    [1_763_626_530, 1_763_626_530_000],
    ['2026-13-45T00:00:00Z', undefined],
    ['Tue Nov 20 2026', undefined],
    ['12', undefined],
    [Number.NaN, undefined],
    [9e15, undefined],
    [true, undefined],
    [undefined, undefined],
  ];

  assert.deepEqual(
    rows.map(([value]) => parseTimestampMs(value)),
    rows.map(([, expected]) => expected),
  );
});

it('every date that JSON can say comes back', () => {
  fc.assert(
    fc.property(
      fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') }),
      (date) => {
        assert.equal(parseTimestampMs(date.toISOString()), date.getTime());
      },
    ),
  );
});

it('a time is written as ISO 8601 with milliseconds, whatever it was read from', () => {
  const dates = fc.date({
    noInvalidDate: true,
    min: new Date('0001-01-01'),
    max: new Date('9999-12-31'),
  });
  const digits = fc.constantFrom(0, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 22);
  const texts = fc.oneof(
    fc.tuple(dates, digits, fc.nat(9)).map(([date, at, digit]) => {
      const text = date.toISOString();
      return text.slice(0, at) + String(digit) + text.slice(at + 1);
    }),
    fc.constantFrom('2024-02-29T00:00:00.000Z', '2023-02-29T00:00:00.000Z', '2026-04-31T00:00:00.000Z'),
    fc.constantFrom('2026-01-01T24:00:00.000Z', '0050-01-01T00:00:00.000Z', '2026-01-31T23:59:59.999Z'),
  );

  fc.assert(
    fc.property(texts, (text) => {
      const timestampMs = parseTimestampMs(text) ?? 0;

      assert.equal(timestampText(timestampMs), isoTime(timestampMs));
      assert.equal(timestampMs, Date.parse(text) || 0);
    }),
    { numRuns: 500 },
  );
});
