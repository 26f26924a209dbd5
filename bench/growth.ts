/**
 * How the cost of an event grows: with the number of events, of partitions and of keys, and with the size
 * of an event. The memory transport, and an analyzer that does nothing: decoding, hand-over and publishing
 * are what is left. Warm-up is outside every figure, by {@link Span}.
 *
 * The points of a row run there and back (A B C, C B A, …), and a ratio is taken within a round, so that a
 * machine that others use too shows in the scatter and not in the result, which is the median.
 */
import { analyzerOf } from './analyzer.ts';
import { wholeNumber } from './flags.ts';
import type { GrowthAxis, GrowthPoint } from './job/growth-points.ts';
import { brokerOf, growthPoints } from './job/growth-points.ts';
import { runMemorySpan } from './job/memory-run.ts';
import type { SpanFigures } from './job/span.ts';
import { thereAndBack } from './job/rounds.ts';
import { median, times, whole } from './report/format.ts';
import type { Bar, BenchOptions, Plot, Report, Section, Table } from './section.ts';

/** One run. */
export interface GrowthFigures extends GrowthPoint, SpanFigures {
  readonly round: number;
  readonly threads: number;
}

/** All runs. */
export interface GrowthResults {
  readonly runs: readonly GrowthFigures[];
}

const ROUNDS_FLAG = 'growth-rounds';
const ROUNDS = 3;
const EVENTS = 1_000_000;
const QUICK_EVENTS = 50_000;
const WITHIN = 0.1;
const AXES: Readonly<Record<GrowthAxis, string>> = {
  events: 'events',
  partitions: 'partitions',
  keys: 'keys',
  bytes: 'bytes of an event',
};

/** The section. */
export const growth: Section<GrowthResults> = {
  name: 'growth',
  about: 'how the cost of an event grows with events, partitions, keys and size',
  transports: ['memory'],
  isUsual: true,
  flags: { [ROUNDS_FLAG]: `how often each point is run; ${ROUNDS} unless told` },
  run,
  report,
};

async function run(options: BenchOptions): Promise<GrowthResults> {
  const { isQuick, seed, settings, tell } = options;
  const threads = Math.max(...options.threads);
  const analyzer = analyzerOf('small');
  const rounds = wholeNumber(ROUNDS_FLAG, options.flag(ROUNDS_FLAG) ?? String(isQuick ? 1 : ROUNDS));
  const rows = growthPoints(options.count ?? (isQuick ? QUICK_EVENTS : EVENTS));
  const measure = (point: GrowthPoint): Promise<SpanFigures> => {
    const bounds = { from: point.warmUp, to: point.warmUp + point.events };
    return runMemorySpan({ broker: brokerOf(point, seed), analyzer, threads, settings, bounds });
  };
  const runs: GrowthFigures[] = [];
  for (const points of rows) {
    // The first run of a process compiles for those that follow.
    if (runs.length === 0 && points[0] !== undefined) await measure(points[0]);
    for (const { round, item: point } of thereAndBack(points, rounds)) {
      tell(`${point.axis} ${whole(point.x)}, round ${round + 1} of ${rounds}`);
      runs.push({ ...point, round, threads, ...(await measure(point)) });
    }
  }
  return { runs };
}

function report(results: GrowthResults): Report {
  const axes = (Object.keys(AXES) as GrowthAxis[]).map((axis) => rowOf(axis, results.runs));
  return {
    tables: axes.map(tableOf),
    bars: axes.filter(({ axis }) => axis === 'events' || axis === 'keys').flatMap(barsOf),
    plots: axes.map(plotOf),
  };
}

/** A point with the medians of its rounds. */
interface Row {
  readonly x: number;
  readonly events: number;
  readonly main: number;
  readonly workers: number;
  readonly total: number;
  /** Total over that of the first point of the round. */
  readonly growth: number;
  /** The same of the main thread. */
  readonly mainGrowth: number;
}

interface Axed {
  readonly axis: GrowthAxis;
  readonly rows: readonly Row[];
}

function rowOf(axis: GrowthAxis, all: readonly GrowthFigures[]): Axed {
  const runs = all.filter((each) => each.axis === axis);
  const first = Math.min(...runs.map(({ x }) => x));
  const firstOf = new Map(runs.filter(({ x }) => x === first).map((each) => [each.round, each]));
  const rows = [...new Set(runs.map(({ x }) => x))]
    .toSorted((a, b) => a - b)
    .map((x) => {
      const here = runs.filter((each) => each.x === x);
      const of = (pick: (figures: GrowthFigures) => number): number => median(here.map(pick));
      const growthOf = (pick: (figures: GrowthFigures) => number): number =>
        of((each) => pick(each) / pick(firstOf.get(each.round) ?? each));
      return {
        x,
        events: of(({ events }) => events),
        main: of(({ cpuUsPerEvent }) => cpuUsPerEvent.main),
        workers: of(({ cpuUsPerEvent }) => cpuUsPerEvent.workers),
        total: of(({ cpuUsPerEvent }) => cpuUsPerEvent.total),
        growth: growthOf(({ cpuUsPerEvent }) => cpuUsPerEvent.total),
        mainGrowth: growthOf(({ cpuUsPerEvent }) => cpuUsPerEvent.main),
      };
    });
  return { axis, rows };
}

function tableOf({ axis, rows }: Axed): Table {
  const ofSize = axis === 'bytes';
  const perKb = ofSize ? ['all µs/KB'] : [];
  return {
    title: `Growth: CPU per event over ${AXES[axis]}`,
    head: [
      AXES[axis],
      'of events',
      'main µs',
      'workers µs',
      'all µs',
      ...perKb,
      'all, of the first',
      'main, of the first',
    ],
    rows: rows.map(({ x, events, main, workers, total, growth: all, mainGrowth }) => [
      whole(x),
      whole(events),
      main.toFixed(2),
      workers.toFixed(2),
      total.toFixed(2),
      ...(ofSize ? [((total / x) * 1000).toFixed(2)] : []),
      times(all, 2),
      times(mainGrowth, 2),
    ]),
  };
}

function barsOf({ axis, rows }: Axed): readonly Bar[] {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [
    {
      what: `cost per event from ${whole(first.x)} to ${whole(last.x)} ${axis}`,
      wanted: `within ${WITHIN * 100} %`,
      measured: times(last.growth, 2),
      isMet: last.growth <= 1 + WITHIN,
    },
  ];
}

function plotOf({ axis, rows }: Axed): Plot {
  const perKb = axis === 'bytes';
  const points = (of: (row: Row) => number): readonly (readonly [number, number])[] =>
    rows.map((row) => [row.x, perKb ? (of(row) / row.x) * 1000 : of(row)]);
  return {
    name: `growth-${axis}`,
    title: `CPU per event over ${AXES[axis]}`,
    x: { label: AXES[axis], isLog: true },
    y: { label: perKb ? 'µs per KB' : 'µs per event', ...(perKb && { isLog: true }) },
    series: [
      { name: 'all', points: points(({ total }) => total) },
      { name: 'workers', points: points(({ workers }) => workers) },
      { name: 'main thread', points: points(({ main }) => main) },
    ],
  };
}
