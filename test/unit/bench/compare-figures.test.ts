import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { figuresOf } from '../../../bench/compare/figures.ts';

const RESULTS = join(import.meta.dirname, '../../../bench/results');

function kept(name: string): unknown {
  return JSON.parse(readFileSync(join(RESULTS, name), 'utf8'));
}

test('finds CPU by thread, the rate and the micro medians of the first kept results', () => {
  const figures = figuresOf(kept('2026-11-21.json'));

  assert.deepEqual(figures.get('engine memory, threads 2: main µs'), {
    run: 'engine memory, threads 2',
    name: 'main µs',
    value: 3.455539,
    better: 'lower',
  });
  assert.equal(figures.get('publish log async, threads 1: events/s')?.better, 'higher');
  assert.equal(figures.get('micro: hash of a 36-byte key: µs')?.better, 'lower');
});

test('finds runs that lie deeper, and tells them apart by what they were given', () => {
  const runs = [...figuresOf(kept('2026-11-21-kafka.json')).values()].map(({ run }) => run);

  assert.ok(runs.includes('kafka kafka async thread crash, threads 2'));
  assert.ok(runs.every((run) => !run.endsWith(')')));
});

test('numbers runs that were given the same', () => {
  const row = { threads: 1, cpuUsPerEvent: { main: 2 } };

  const keys = [...figuresOf({ later: { runs: [row, row] } }).keys()];

  assert.deepEqual(keys, ['later, threads 1: main µs', 'later, threads 1 (2): main µs']);
});

test('leaves out what is zero, the machine and what is no result', () => {
  const row = { cpuUsPerEvent: { main: 0 }, eventsPerSecond: Number.NaN };

  for (const results of [{ engine: [row], machine: [{ name: 'cpu', us: 1 }], memory: null }, null, 'none']) {
    assert.equal(figuresOf(results).size, 0);
  }
});
