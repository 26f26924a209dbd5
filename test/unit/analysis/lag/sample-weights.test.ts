/** What samples weigh: time to the next one, ties, gaps, unusable times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GAP_MAX_MS, sampleTimeMs, weighSamples } from '../../../../src/analysis/lag/sample-weights.ts';
import type { Problem } from '../../../../src/model/report.ts';

function weigh(timesMs: readonly number[], intervalMs?: number): { weightsMs: number[]; codes: string[] } {
  const problems: Problem[] = [];
  const weightsUs = weighSamples(timesMs, intervalMs, problems);
  return { weightsMs: weightsUs.map((us) => us / 1000), codes: problems.map(({ code }) => code) };
}

test('a sample weighs the time to the next one, the last one the median gap', () => {
  const { weightsMs } = weigh([0, 50, 100, 180]);

  assert.deepEqual(weightsMs, [50, 50, 80, 50]);
});

test('the last sample weighs the sampler’s interval where that is told', () => {
  const { weightsMs } = weigh([1000, 1100], 40);

  assert.deepEqual(weightsMs, [100, 40]);
});

test('samples of one time share what follows equally', () => {
  const { weightsMs } = weigh([0, 0, 100], 20);

  assert.deepEqual(weightsMs, [50, 50, 20]);
});

test('samples out of order are weighed by time and a problem tells', () => {
  const { weightsMs, codes } = weigh([100, 0, 160], 10);

  assert.deepEqual(weightsMs, [60, 100, 10]);
  assert.deepEqual(codes, ['samples-out-of-order']);
});

test('a gap past the limit counts as a usual one and a problem tells', () => {
  const { weightsMs, codes } = weigh([0, 50, 50 + GAP_MAX_MS + 1]);

  assert.deepEqual(weightsMs, [50, 50, 50]);
  assert.deepEqual(codes, ['sample-gap-over-limit']);
});

test('a sample without a time weighs nothing; where none has one, each weighs the interval', () => {
  const some = weigh([0, NaN, 50], 50);
  const none = weigh([NaN, NaN], 50);
  const nothing = weigh([NaN, NaN]);

  assert.deepEqual(some.weightsMs, [50, 0, 50]);
  assert.deepEqual(none.weightsMs, [50, 50]);
  assert.deepEqual(nothing.weightsMs, [0, 0]);
});

test('times are milliseconds or ISO 8601 text, read as UTC where it names no zone', () => {
  const read = [
    12.5,
    '1970-01-01T00:00:01.500Z',
    '1970-01-01T00:00:01.500',
    '1970-01-01T02:00:01.500+02:00',
  ].map(sampleTimeMs);

  assert.deepEqual(read, [12.5, 1500, 1500, 1500]);
});

test('times that are negative, infinite, past every date or no times are unknown', () => {
  const read = [-1, NaN, Infinity, 1e17, '12', 'soon', '2026-99-99T99:99:99Z', null, {}, true].map(
    sampleTimeMs,
  );

  assert.ok(read.every(Number.isNaN));
});

test('weights are whole microseconds, never negative, and do not depend on the order of samples', () => {
  const times = fc.array(
    fc.oneof(fc.nat(500), fc.constant(NaN), fc.double({ min: 0, max: 1e15, noNaN: true })),
    {
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(times, fc.option(fc.nat(100), { nil: undefined }), (timesMs, intervalMs) => {
      const { weightsMs } = weigh(timesMs, intervalMs);
      const reversed = weigh(timesMs.toReversed(), intervalMs).weightsMs.toReversed();

      assert.ok(weightsMs.every((ms) => ms >= 0 && Number.isSafeInteger(Math.round(ms * 1000))));
      assert.deepEqual(reversed, weightsMs);
    }),
  );
});
