/** What came of `latency`, for people. Pure. */
import type { LatencyFigures, LatencyResults } from '../latency.ts';
import type { Bar, Plot, Report } from '../section.ts';

/** At half of capacity on Kafka. */
const P99_MS_MOST = 25;
const PERCENTILES = [
  ['p50', 'p50Ms'],
  ['p99', 'p99Ms'],
  ['p99.9', 'p999Ms'],
] as const;

/** The table, the bar and a plot for each transport. */
export function latencyReport({ lingerMs, rows }: LatencyResults): Report {
  return {
    tables: [
      {
        title: 'Latency over load: from when an event is due until its finding is acknowledged',
        note: `Events come at a fixed rate, whatever becomes of them; findings linger ${lingerMs} ms. The commit is not counted. The feeder got to 99 % of the events within the time in the last column, which the latencies include.`,
        head: [
          'transport',
          'threads',
          'analyzer',
          'of capacity',
          'events/s',
          'events',
          'p50 ms',
          'p99 ms',
          'p99.9 ms',
          'max ms',
          'feeder late ms',
        ],
        rows: rows.map(cells),
      },
    ],
    bars: rows.filter(({ transport, load }) => transport === 'kafka' && load === 0.5).map(barOf),
    plots: [...new Set(rows.map(({ transport }) => transport))].map((transport) => plotOf(transport, rows)),
  };
}

function cells(row: LatencyFigures): readonly string[] {
  return [
    row.transport,
    String(row.threads),
    row.analyzer,
    `${(row.load * 100).toFixed(0)} %`,
    row.ratePerSecond.toLocaleString('en'),
    row.events.toLocaleString('en'),
    row.p50Ms.toFixed(1),
    row.p99Ms.toFixed(1),
    row.p999Ms.toFixed(1),
    row.maxMs.toFixed(1),
    row.feederLateP99Ms.toFixed(0),
  ];
}

function barOf({ p99Ms }: LatencyFigures): Bar {
  return {
    what: 'p99 from due to acknowledged at half of capacity, Kafka',
    wanted: `≤ ${P99_MS_MOST} ms`,
    measured: `${p99Ms.toFixed(1)} ms`,
    isMet: p99Ms <= P99_MS_MOST,
  };
}

function plotOf(transport: string, rows: readonly LatencyFigures[]): Plot {
  const own = rows.filter((row) => row.transport === transport);
  return {
    name: `latency-${transport}`,
    title: `Latency over load, ${transport}`,
    x: { label: 'load, % of capacity' },
    y: { label: 'from due to acknowledged, ms', isLog: true },
    series: PERCENTILES.map(([name, field]) => ({
      name,
      points: own.map((row) => [row.load * 100, row[field]] as const),
    })),
  };
}
