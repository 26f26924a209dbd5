/** What came of publishing over the embedded log. Pure. */
import type { PublishFigures } from '../publish.ts';
import type { Bar, Report } from '../section.ts';
import { times } from './format.ts';
import { cpuTable, RATE_HEAD, rateCells, stageTables, threadsPlot } from './runs.ts';

const BAR = 50;
const NAMES = ['analyzer', 'publish', 'threads'];

/** Its tables, bars and plot. */
export function publishReport(runs: readonly PublishFigures[]): Report {
  const named = runs.map((run) => ({ name: nameOf(run), run }));
  const rows = runs.map((run) => {
    const ratio = toSync(run, runs);
    return [...nameOf(run), ...rateCells(run), ratio === null ? '' : times(ratio)];
  });
  const samples = runs.flatMap(({ sampled, ...run }) =>
    sampled === null ? [] : [{ name: nameOf(run), sampled, cpuUsPerEvent: run.cpuUsPerEvent }],
  );
  const title = 'Embedded log';
  const note =
    'crash: the built-in analyzers, of crashes and of lags. Latency is from consumed to acknowledged at saturation.';
  const lines = runs.map((run) => ({ ...run, line: `${run.analyzer}, ${run.publish}` }));
  return {
    tables: [
      {
        title: `${title}: sync against async publish`,
        note,
        head: [...NAMES, ...RATE_HEAD, 'of sync'],
        rows,
      },
      cpuTable(title, NAMES, named),
      ...(samples.length === 0 ? [] : stageTables(title, NAMES, samples)),
    ],
    bars: bars(runs),
    plots: [threadsPlot('publish-threads', 'Embedded log: sync and async publish', lines)],
  };
}

/** One for each analyzer, on the most threads. */
function bars(runs: readonly PublishFigures[]): readonly Bar[] {
  const most = Math.max(...runs.map(({ threads }) => threads));
  return runs.flatMap((run) => {
    const ratio = toSync(run, runs);
    if (ratio === null || run.publish === 'sync' || run.threads !== most) return [];
    return [
      {
        what: `async over sync publish, embedded log at disk, analyzer ${run.analyzer}, ${most} threads`,
        wanted: `≥ ${BAR} ×`,
        measured: times(ratio),
        isMet: ratio >= BAR,
      },
    ];
  });
}

/** The rate over that of sync publish with the same analyzer and threads. */
function toSync(run: PublishFigures, runs: readonly PublishFigures[]): number | null {
  const sync = runs.find(
    ({ publish, analyzer, threads }) =>
      publish === 'sync' && analyzer === run.analyzer && threads === run.threads,
  );
  return sync === undefined ? null : run.eventsPerSecond / sync.eventsPerSecond;
}

function nameOf({ analyzer, publish, threads }: Omit<PublishFigures, 'sampled'>): readonly string[] {
  return [analyzer, publish, String(threads)];
}
