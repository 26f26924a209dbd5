/** What came of the job, for people. Pure. */
import type { JobFigures, JobResults } from '../job.ts';
import { median, percent, times, whole } from '../report/format.ts';
import type { Bar, Report, Table } from '../section.ts';
import { STAGES } from '../stages.ts';
import type { JobAnalyzer } from './engine-run.ts';
import { JOB_ANALYZERS } from './engine-run.ts';

/** Of `JSON.parse` of the event. */
const TOTAL_MAX: Readonly<Record<JobAnalyzer, number>> = { 'java-regexp': 8, 'java-scanner': 5 };
const MAIN_MAX = 1.6;
const ENGINE_MAX = 0.4;

/** Tables and bars. */
export function jobReport(results: JobResults): Report {
  return {
    tables: [runsTable(results), stagesTable(results), readingTable(results)],
    bars: bars(results),
    plots: [],
  };
}

/** Median over the rounds. */
function of({ runs }: JobResults, analyzer: JobAnalyzer, pick: (run: JobFigures) => number): number {
  return median(runs.filter((run) => run.analyzer === analyzer).map(pick));
}

function totalToParse({ cpuUsPerEvent, parseUs }: JobFigures): number {
  return cpuUsPerEvent.total / parseUs;
}

function mainToParse({ cpuUsPerEvent, parseUs }: JobFigures): number {
  return cpuUsPerEvent.main / parseUs;
}

/** The engine's part of the main thread, hand-over included, in multiples of `JSON.parse`. */
function engineToParse(results: JobResults, analyzer: JobAnalyzer): number {
  const shares = results.stages.find((stages) => stages.analyzer === analyzer)?.shares;
  if (shares === undefined) throw new Error(`no samples of ${analyzer}`);
  return of(results, analyzer, mainToParse) * (shares.engine + shares['hand-over']);
}

function bars(results: JobResults): readonly Bar[] {
  const worst = (pick: (analyzer: JobAnalyzer) => number): number => Math.max(...JOB_ANALYZERS.map(pick));
  const main = worst((analyzer) => of(results, analyzer, mainToParse));
  const engine = worst((analyzer) => engineToParse(results, analyzer));
  return [
    bar('main thread CPU per event, Kafka in and out', main, MAIN_MAX),
    bar('of it the engine, hand-over included', engine, ENGINE_MAX),
    ...JOB_ANALYZERS.map((analyzer) =>
      bar(
        `whole process CPU per event, ${analyzer}`,
        of(results, analyzer, totalToParse),
        TOTAL_MAX[analyzer],
      ),
    ),
  ];
}

function bar(what: string, measured: number, most: number): Bar {
  return {
    what,
    wanted: `≤ ${times(most)} JSON.parse`,
    measured: times(measured, 2),
    isMet: measured <= most,
  };
}

function runsTable({ runs }: JobResults): Table {
  return {
    title: 'The job, Kafka in and out: CPU per event by thread',
    note: 'From a fifth of the events to the last. The events are reports of one defect: their stacks are equal, their messages are not. Other: helpers of V8 and what else the process has.',
    head: [
      'analyzer',
      'threads',
      'events',
      'finding bytes',
      'events/s',
      'main µs',
      'workers µs',
      'publisher µs',
      'other µs',
      'all µs',
      'JSON.parse µs',
      'all, of it',
      'main, of it',
    ],
    rows: runs.map((run) => [
      run.analyzer,
      String(run.threads),
      whole(run.events),
      whole(run.findingBytes),
      whole(run.eventsPerSecond),
      run.cpuUsPerEvent.main.toFixed(2),
      run.cpuUsPerEvent.workers.toFixed(2),
      run.cpuUsPerEvent.publisher.toFixed(2),
      run.cpuUsPerEvent.other.toFixed(2),
      run.cpuUsPerEvent.total.toFixed(2),
      run.parseUs.toFixed(2),
      times(totalToParse(run)),
      times(mainToParse(run), 2),
    ]),
  };
}

function stagesTable(results: JobResults): Table {
  return {
    title: 'The job: the main thread by stage',
    note: 'Shares of samples, and µs per event of the runs without them.',
    head: ['analyzer', ...STAGES],
    rows: results.stages.map(({ analyzer, shares }) => [
      analyzer,
      ...STAGES.map((stage) => {
        const us = of(results, analyzer, ({ cpuUsPerEvent }) => cpuUsPerEvent.main) * shares[stage];
        return `${percent(shares[stage])} ${us.toFixed(2)}`;
      }),
    ]),
  };
}

function readingTable({ reading, runs }: JobResults): Table {
  const parse = median(runs.map(({ parseUs }) => parseUs));
  return {
    title: 'The job: reading the stack alone',
    note: 'Equal: reports of one defect, as in the runs above. Different: the same with line numbers of as many builds as reports.',
    head: ['by', 'stacks', 'µs', 'of JSON.parse'],
    rows: reading.map(({ reader, stacks, us }) => [reader, stacks, us.toFixed(2), times(us / parse, 2)]),
  };
}
