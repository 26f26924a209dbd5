import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointsOf, specOf } from '../../../../bench/report/plot-spec.ts';
import type { Plot } from '../../../../bench/section.ts';

const PLOT: Plot = {
  name: 'p',
  title: 'P',
  x: { label: 'x', isLog: true },
  y: { label: 'y' },
  series: [
    {
      name: 'a',
      points: [
        [0, 1],
        [1, 2],
        [10, Number.NaN],
      ],
    },
    { name: 'b', points: [[10, 0]] },
  ],
};

test('points without a place on a logarithmic axis, and those that are no number, are left out', () => {
  assert.deepEqual(pointsOf(PLOT), [
    { series: 'a', x: 1, y: 2 },
    { series: 'b', x: 10, y: 0 },
  ]);
});

test('a plot says what its axes are, with a tick at each value that was measured', () => {
  const text = JSON.stringify(specOf(PLOT));

  assert.match(text, /"text":"P"/);
  assert.match(text, /"x":\{[^}]*"scale":\{"type":"log"[^}]*\},"axis":\{"title":"x",[^}]*"values":\[1,10\]/);
  assert.match(text, /"y":\{[^}]*"scale":\{"zero":true\},"axis":\{"title":"y"/);
});

test('a single line has no legend', () => {
  const [first] = PLOT.series;

  assert.match(
    JSON.stringify(specOf({ ...PLOT, series: first === undefined ? [] : [first] })),
    /"legend":null/,
  );
});
