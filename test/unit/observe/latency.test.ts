import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Age } from '../../../src/ports/probe.ts';
import { LatencyRecorder } from '../../../src/observe/latency.ts';

function record(ages: readonly Age[]): ReturnType<LatencyRecorder['result']> {
  const recorder = new LatencyRecorder();
  recorder.probe({ type: 'finished', task: 't', withFindings: 0, silent: 0, deadLettered: 0, ages });
  return recorder.result();
}

/** Three significant digits. */
function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= expected / 1000, `${actual} is not ${expected}`);
}

test('percentiles count deliveries, not runs', () => {
  const result = record([
    [1, 980],
    [50, 19],
    [800, 1],
  ]);

  assert.equal(result.deliveries, 1000);
  assertClose(result.p50Ms, 1);
  assertClose(result.p99Ms, 50);
  assertClose(result.p999Ms, 50);
  assertClose(result.maxMs, 800);
  assertClose(result.meanMs, (980 + 19 * 50 + 800) / 1000);
});

test('ages below a millisecond are told apart', () => {
  const result = record([
    [0.1, 10],
    [0.25, 1],
  ]);

  assertClose(result.p50Ms, 0.1);
  assertClose(result.maxMs, 0.25);
});

test('ages out of range are recorded at its ends', () => {
  const result = record([
    [-3, 1],
    [Number.MAX_VALUE, 1],
  ]);

  assert.equal(result.deliveries, 2);
  assertClose(result.maxMs, 3_600_000);
});

test('nothing finished is all zero', () => {
  assert.deepEqual(record([]), { deliveries: 0, meanMs: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 });
});
