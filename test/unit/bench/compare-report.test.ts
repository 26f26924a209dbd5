import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareTable, comparisonsOf } from '../../../bench/compare/report.ts';
import { tableText } from '../../../bench/report/text.ts';

function results(main: number, extra: object = {}): unknown {
  return { engine: [{ transport: 'memory', cpuUsPerEvent: { main, ...extra } }] };
}

test('compares the figures that every run of both has, B over A', () => {
  const comparisons = comparisonsOf([
    [results(2, { old: 1 }), results(4, { new: 1 })],
    [results(1), results(2.02)],
    [results(4), results(8.04)],
  ]);

  assert.deepEqual(
    comparisons.map(({ run, figure, a, b, verdict }) => ({ run, figure, a, b, verdict })),
    [{ run: 'engine memory', figure: 'main µs', a: 2, b: 4, verdict: 'slower' }],
  );
});

test('the table says the ratio, its interval and the words', () => {
  const comparisons = comparisonsOf([
    [results(2), results(2.1)],
    [results(2), results(1.9)],
  ]);

  const text = tableText(compareTable('B against A', comparisons));

  assert.match(text, /engine memory +main µs +2 +2 +0\.999 +0\.529 to 1\.886 +no difference shown/);
});
