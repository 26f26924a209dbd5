/** What came of changing one setting at a time. Pure. */
import type { Plot, Report } from '../section.ts';
import type { SweepFigures } from '../sweeps.ts';
import { cpuTable, RATE_HEAD, rateCells } from './runs.ts';

const NAMES = ['setting', 'value'];
const TRANSPORT_NAMES = { log: 'Embedded log', kafka: 'Kafka' };

/** A table of all points, and two plots for each setting. */
export function sweepsReport(points: readonly SweepFigures[]): Report {
  const [first] = points;
  if (first === undefined) return { tables: [], bars: [], plots: [] };
  const { transport, analyzer, threads } = first;
  const title = `${TRANSPORT_NAMES[transport]}, settings of async publish`;
  const nameOf = ({ setting, value }: SweepFigures): readonly string[] => [setting, String(value)];
  const rows = points.map((point) => [
    ...nameOf(point),
    point.deliveriesPerBatch.toFixed(0),
    ...rateCells(point),
  ]);
  const note = `Analyzer ${analyzer}, ${threads} threads, at saturation; the other settings as they are by default.`;
  const named = points.map((run) => ({ name: nameOf(run), run }));
  return {
    tables: [
      { title, note, head: [...NAMES, 'per batch', ...RATE_HEAD], rows },
      cpuTable(title, NAMES, named),
    ],
    bars: [],
    plots: [...Map.groupBy(points, ({ setting }) => setting)].flatMap(([setting, of]) => [
      plotOf(setting, of, { kind: 'rate', label: 'events per second', y: (point) => point.eventsPerSecond }),
      plotOf(setting, of, { kind: 'p99', label: 'p99 from consumed, ms', y: (point) => point.p99Ms }),
    ]),
  };
}

function plotOf(
  setting: string,
  points: readonly SweepFigures[],
  {
    kind,
    label,
    y,
  }: { readonly kind: string; readonly label: string; readonly y: (of: SweepFigures) => number },
): Plot {
  const transport = points[0]?.transport ?? 'log';
  return {
    name: `${transport}-${setting}-${kind}`,
    title: `${TRANSPORT_NAMES[transport]}: ${label} over --${setting}`,
    // Linger may be 0, which has no logarithm.
    x: { label: `--${setting}`, isLog: points.every(({ value }) => value > 0) },
    y: { label },
    series: [
      {
        name: points[0]?.analyzer ?? '',
        points: points.map((point) => [point.value, y(point)] as const).toSorted(([a], [b]) => a - b),
      },
    ],
  };
}
