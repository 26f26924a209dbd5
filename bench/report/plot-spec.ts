/** What a plot looks like, in the words of Vega-Lite. Pure. */
import type { TopLevelSpec } from 'vega-lite';
import type { Axis, Plot } from '../section.ts';

const WIDTH = 640;
const HEIGHT = 320;
const TICKS_MAX = 12;
/** Thousands apart, no zeros after the point (d3-format). */
const NUMBERS = ',~f';
/** Told apart by people who see few colours too (Okabe and Ito, 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
const INK = '#333';
const GRID = '#e5e5e5';

/** One point of a line, as Vega-Lite takes it. */
export interface Point {
  readonly series: string;
  readonly x: number;
  readonly y: number;
}

/** All points of a plot; those that have no place on a logarithmic axis are left out. */
export function pointsOf({ series, x: xAxis, y: yAxis }: Plot): readonly Point[] {
  const fits = (value: number, { isLog }: Axis): boolean =>
    Number.isFinite(value) && (isLog !== true || value > 0);
  return series.flatMap(({ name, points }) =>
    points.filter(([x, y]) => fits(x, xAxis) && fits(y, yAxis)).map(([x, y]) => ({ series: name, x, y })),
  );
}

/** Lines with points, a legend where there are several. */
export function specOf(plot: Plot): TopLevelSpec {
  const names = plot.series.map(({ name }) => name);
  return {
    title: { text: plot.title, anchor: 'start', fontSize: 15, color: INK, offset: 12 },
    width: WIDTH,
    height: HEIGHT,
    padding: 16,
    background: 'white',
    data: { values: pointsOf(plot).map((point) => ({ ...point })) },
    mark: { type: 'line', strokeWidth: 2.5, point: { size: 60, filled: true } },
    encoding: {
      x: { field: 'x', type: 'quantitative', ...xChannel(plot) },
      y: { field: 'y', type: 'quantitative', ...yChannel(plot) },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: names, range: COLOURS },
        legend:
          names.length > 1
            ? { title: null, orient: 'bottom', columns: 3, labelLimit: 0, symbolSize: 120 }
            : null,
      },
    },
    config: {
      font: 'Helvetica, Arial, sans-serif',
      axis: {
        gridColor: GRID,
        domainColor: INK,
        tickColor: INK,
        labelColor: INK,
        titleColor: INK,
        labelFontSize: 12,
        titleFontSize: 13,
        titleFontWeight: 'normal',
        titlePadding: 10,
        labelOverlap: true,
      },
      legend: { labelFontSize: 12, labelColor: INK },
      view: { stroke: null },
    },
  };
}

/** With a tick at each value that was measured, where they are few. */
function xChannel(plot: Plot): object {
  const { label, isLog = false } = plot.x;
  const values = [...new Set(pointsOf(plot).map(({ x }) => x))].toSorted((a, b) => a - b);
  const ticks = values.length <= TICKS_MAX ? { values } : {};
  const scale = { ...(isLog ? { type: 'log' } : { zero: false }), nice: false, padding: 12 };
  return { scale, axis: { title: label, format: NUMBERS, ...ticks } };
}

function yChannel({ y: { label, isLog = false } }: Plot): object {
  const scale = isLog ? { type: 'log', nice: true } : { zero: true };
  return { scale, axis: { title: label, format: NUMBERS, tickCount: 8 } };
}
