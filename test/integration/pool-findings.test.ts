import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createInlinePool } from '../../src/pool/inline.ts';
import { FINDING_JSON_SCHEMA } from '../../src/wire/finding-schema.ts';
import type { Outcome } from '../../src/model/batch.ts';
import type { TaskAnalysis } from '../../src/model/task.ts';
import { batchOf, findingsOf, LIMITS, obedientTask } from '../helpers/batches.ts';

const REPORTS = new URL('../../examples/reports/', import.meta.url);
const EXAMPLE = fileURLToPath(new URL('../../examples/analyzers/out-of-memory.ts', import.meta.url));

const isFinding = new Ajv2020({ allErrors: true, formats: { 'date-time': true } }).compile(
  FINDING_JSON_SCHEMA,
);

function reports(): readonly string[] {
  const names = readdirSync(REPORTS).filter((name) => /\.(txt|json)$/.test(name));
  return names.map((name) => readFileSync(new URL(name, REPORTS), 'utf8'));
}

function event(
  category: string,
  report: unknown,
  dimensions: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ category, dimensions, values: { free_memory_mb: 3 }, profile_data: { report } });
}

async function analyse(task: Partial<TaskAnalysis>, values: readonly string[]): Promise<Outcome> {
  const pool = await createInlinePool({ threads: 1, tasks: [obedientTask(task)], limits: LIMITS });
  const outcome = await pool.run(0, batchOf(values));
  await pool.close();
  return outcome;
}

describe('findings as published', () => {
  it('those of the built-in analyzers match the schema, for every example report', async () => {
    const values = reports().flatMap((report) => [event('PERF_CRASH', report), event('PERF_LAG', report)]);
    const task = { analyzers: { PERF_CRASH: 'crash', PERF_LAG: 'lag' }, explain: true };

    const { results } = await analyse(task, values);

    const findings = results.flatMap(findingsOf);
    const wrong = findings
      .filter((finding) => !isFinding(finding))
      .map((finding) => [finding, isFinding.errors]);
    assert.ok(findings.length >= 20);
    assert.equal(findings.length, values.length);
    assert.deepEqual(wrong, []);
  });

  it('the example analyzer tells of crashes for want of memory in the newest version alone', async () => {
    const crash =
      'java.lang.OutOfMemoryError: Failed to allocate\n\tat com.example.shop.Images.load(Images.java:7)';
    const newest = { app_version: '4.2.1', device_model: 'Shopphone 3' };
    const values = [
      event('PERF_CRASH', crash, newest),
      event('PERF_CRASH', crash, { app_version: '4.20.0' }),
      event('PERF_CRASH', 'java.lang.Error', newest),
    ];

    const { results } = await analyse({ analyzer: EXAMPLE }, values);

    const [finding, ...none] = results.map(findingsOf);
    assert.equal(finding?.[0]?.['signature'], 'java.lang.OutOfMemoryError on Shopphone 3');
    assert.deepEqual(finding?.[0]?.['analyzer'], { name: 'out-of-memory', version: '1.0.0' });
    assert.ok(isFinding(finding?.[0]));
    assert.deepEqual(none, [[], []]);
  });
});
