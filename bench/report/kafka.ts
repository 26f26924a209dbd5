/** What came of publishing over Kafka. Pure. */
import type { KafkaFigures, KafkaResults } from '../kafka.ts';
import type { Bar, Report } from '../section.ts';
import { median, times, whole } from './format.ts';
import { cpuTable, RATE_HEAD, rateCells, stageTables, threadsPlot } from './runs.ts';

const BAR = 25;
/** The analyzer that does nothing, and who writes unless told otherwise. */
const BARRED = { analyzer: 'small', publisher: 'thread' } as const;
const NAMES = ['analyzer', 'publish', 'publisher', 'threads'];
const TITLE = 'Kafka';

/** Its tables, bar and plot. */
export function kafkaReport({ runs, stages }: KafkaResults): Report {
  const rows = runs.map((run) => {
    const ratio = toSync(run, runs);
    return [
      ...nameOf(run),
      ...rateCells(run),
      ratio === null ? '' : times(ratio),
      whole(run.findingBytes),
      run.cpuUsPerEvent.main.toFixed(2),
      run.parseUs.toFixed(2),
      times(run.mainToParse, 2),
    ];
  });
  const samples = stages.map((each) => ({
    name: [each.analyzer, 'async', each.publisher, String(each.threads)],
    sampled: each.sampled,
    cpuUsPerEvent: unsampled(each, runs),
  }));
  const named = runs.map((run) => ({ name: nameOf(run), run }));
  const lines = runs.map((run) => ({ ...run, line: lineOf(run) }));
  const head = [...NAMES, ...RATE_HEAD, 'of sync', 'finding bytes', 'main µs', 'JSON.parse µs', 'ratio'];
  return {
    tables: [
      {
        title: `${TITLE}: sync against async publish, 2-KB events from topic to topic`,
        note: 'Latency is from consumed to acknowledged at saturation. CPU of sync runs is that of starting.',
        head,
        rows,
      },
      cpuTable(TITLE, NAMES, named),
      ...(samples.length === 0 ? [] : stageTables(TITLE, NAMES, samples)),
    ],
    bars: bars(runs),
    plots: [threadsPlot('kafka-threads', 'Kafka: sync and async publish', lines)],
  };
}

function bars(runs: readonly KafkaFigures[]): readonly Bar[] {
  const most = Math.max(...runs.map(({ threads }) => threads));
  const run = runs.find(
    ({ publish, analyzer, publisher, threads }) =>
      publish === 'async' &&
      analyzer === BARRED.analyzer &&
      publisher === BARRED.publisher &&
      threads === most,
  );
  const ratio = run === undefined ? null : toSync(run, runs);
  if (ratio === null) return [];
  return [
    {
      what: `async over sync publish, Kafka, analyzer that does nothing, ${most} threads`,
      wanted: `≥ ${BAR} ×`,
      measured: times(ratio),
      isMet: ratio >= BAR,
    },
  ];
}

/** The rate over that of sync publish with the same analyzer and threads; medians of all rounds. */
function toSync(run: KafkaFigures, runs: readonly KafkaFigures[]): number | null {
  const like = runs.filter(({ analyzer, threads }) => analyzer === run.analyzer && threads === run.threads);
  const sync = like.filter(({ publish }) => publish === 'sync');
  const same = like.filter(
    ({ publish, publisher }) => publish === run.publish && publisher === run.publisher,
  );
  return sync.length === 0 ? null : rate(same) / rate(sync);
}

function rate(runs: readonly KafkaFigures[]): number {
  return median(runs.map(({ eventsPerSecond }) => eventsPerSecond));
}

/** CPU of the run that was not sampled. Zero where there is none. */
function unsampled(
  of: Pick<KafkaFigures, 'analyzer' | 'publisher' | 'threads'>,
  runs: readonly KafkaFigures[],
): KafkaFigures['cpuUsPerEvent'] {
  const run = runs.find(
    ({ publish, analyzer, publisher, threads }) =>
      publish === 'async' && analyzer === of.analyzer && publisher === of.publisher && threads === of.threads,
  );
  return run?.cpuUsPerEvent ?? { main: 0, workers: 0, publisher: 0, total: 0 };
}

function nameOf({ analyzer, publish, publisher, threads }: KafkaFigures): readonly string[] {
  return [analyzer, publish, publisher, String(threads)];
}

function lineOf({ analyzer, publish, publisher }: KafkaFigures): string {
  return publish === 'sync' ? `${analyzer}, sync` : `${analyzer}, async (${publisher})`;
}
