import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Probe } from '../../../src/ports/probe.ts';
import { fanOut } from '../../../src/observe/fanout.ts';
import { Health } from '../../../src/observe/health.ts';
import { LatencyRecorder } from '../../../src/observe/latency.ts';
import { createLogger, logProbe } from '../../../src/observe/logger.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { Summary } from '../../../src/observe/summary.ts';
import { EVENTS } from './events.ts';

const logger = createLogger({ level: 'trace', format: 'json', destination: { write: () => undefined } });
const probes: Readonly<Record<string, Probe>> = {
  metrics: createMetrics({ inFlight: () => 0, backlog: () => Promise.resolve([]) }).probe,
  log: logProbe(logger),
  summary: new Summary().probe,
  latency: new LatencyRecorder().probe,
  health: new Health().probe,
};

for (const [name, probe] of Object.entries(probes)) {
  test(`the probe of ${name} takes every event, in any order, without throwing`, () => {
    for (const event of [...EVENTS, ...EVENTS.toReversed()]) assert.doesNotThrow(() => probe(event));
  });
}

test('a probe that throws harms neither the next one nor the caller, and is told once', async () => {
  const seen: string[] = [];
  const warnings: Error[] = [];
  const keep = (warning: Error): unknown => warnings.push(warning);
  process.on('warning', keep);
  const probe = fanOut(
    () => {
      throw new Error('bad probe');
    },
    ({ type }) => seen.push(type),
  );

  for (const event of EVENTS) probe(event);
  await once(process, 'warning');
  process.off('warning', keep);

  assert.deepEqual(
    seen,
    EVENTS.map(({ type }) => type),
  );
  assert.deepEqual(
    warnings.map(({ message }) => message),
    ['bad probe'],
  );
});
