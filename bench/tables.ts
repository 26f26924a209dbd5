/** The bench's results as tables for a terminal. Pure. */
import type { EngineFigures } from './engine.ts';
import type { KafkaFigures, KafkaResults } from './kafka.ts';
import type { MemoryFigures } from './memory.ts';
import type { MicroFigures } from './micro/suite.ts';
import type { PoisonFigures } from './poison.ts';
import type { PublishFigures } from './publish.ts';
import { STAGES } from './stages.ts';
import type { StandstillFigures } from './standstill.ts';

/** Sync against async, with the ratio to sync at the same number of threads. */
export function publishTable(runs: readonly PublishFigures[]): string {
  const rows = runs.map((run) => {
    const sync = runs.find(({ publish, threads }) => publish === 'sync' && threads === run.threads);
    const { main, workers, total } = run.cpuUsPerEvent;
    return [
      run.transport,
      run.publish,
      String(run.threads),
      whole(run.events),
      whole(run.eventsPerSecond),
      sync === undefined ? '' : `${(run.eventsPerSecond / sync.eventsPerSecond).toFixed(1)}×`,
      run.p50Ms.toFixed(1),
      run.p99Ms.toFixed(1),
      main.toFixed(1),
      workers.toFixed(1),
      total.toFixed(1),
      run.anonymousMb.toFixed(0),
    ];
  });
  const titles = [
    'transport',
    'publish',
    'threads',
    'events',
    'events/s',
    'of sync',
    'p50 ms',
    'p99 ms',
    'main µs',
    'workers µs',
    'all µs',
    'anon MiB',
  ];
  return table('Publish: CPU per event by thread, latency from consumed to acknowledged', titles, rows);
}

/** The same over Kafka, the main thread held against `JSON.parse`. */
export function kafkaTable(runs: readonly KafkaFigures[]): string {
  const rows = runs.map((run) => {
    const sync = runs.find(
      ({ publish, analyzer, threads }) =>
        publish === 'sync' && analyzer === run.analyzer && threads === run.threads,
    );
    const { main, workers, publisher, total } = run.cpuUsPerEvent;
    return [
      run.analyzer,
      run.publish,
      run.publisher,
      String(run.threads),
      whole(run.events),
      whole(run.findingBytes),
      whole(run.eventsPerSecond),
      sync === undefined ? '' : `${(run.eventsPerSecond / sync.eventsPerSecond).toFixed(1)}×`,
      run.p50Ms.toFixed(1),
      run.p99Ms.toFixed(1),
      main.toFixed(2),
      run.parseUs.toFixed(2),
      run.mainToParse.toFixed(2),
      publisher.toFixed(2),
      workers.toFixed(1),
      total.toFixed(1),
      run.anonymousMb.toFixed(0),
    ];
  });
  const titles = [
    'analyzer',
    'publish',
    'publisher',
    'threads',
    'events',
    'finding bytes',
    'events/s',
    'of sync',
    'p50 ms',
    'p99 ms',
    'main µs',
    'JSON.parse µs',
    'ratio',
    'publisher µs',
    'workers µs',
    'all µs',
    'anon MiB',
  ];
  return table('Kafka: from topic to topic, CPU per 2-KB event by thread', titles, rows);
}

/** What the main thread does, as shares of its work and as CPU of the run without samples. */
export function kafkaStagesTable({ runs, stages }: KafkaResults): string {
  const rows = stages.map(({ publisher, analyzer, threads, shares }) => {
    const run = runs.find(
      (each) =>
        each.publish === 'async' &&
        each.publisher === publisher &&
        each.analyzer === analyzer &&
        each.threads === threads,
    );
    const main = run?.cpuUsPerEvent.main ?? 0;
    const cells = STAGES.map(
      (stage) => `${(shares[stage] * 100).toFixed(0)} % ${(shares[stage] * main).toFixed(2)}`,
    );
    return [analyzer, publisher, String(threads), ...cells];
  });
  const titles = ['analyzer', 'publisher', 'threads', ...STAGES];
  return table('Kafka: the main thread by stage, per cent and µs per event (sampled)', titles, rows);
}

/** Memory while the sink stands still. */
export function standstillTable(runs: readonly StandstillFigures[]): string {
  const rows = runs.map((run) => [
    run.seconds.toFixed(0),
    whole(run.inFlight),
    run.firstMb.toFixed(0),
    run.highestMb.toFixed(0),
    run.lastMb.toFixed(0),
    whole(run.afterwards),
  ]);
  const titles = ['seconds', 'in flight', 'first MiB', 'highest MiB', 'last MiB', 'came through after'];
  return table('A sink that stands still: anonymous memory meanwhile', titles, rows);
}

/** The main thread's cost against `JSON.parse`. */
export function engineTable(runs: readonly EngineFigures[]): string {
  const rows = runs.map((run) => [
    run.transport,
    String(run.threads),
    whole(run.events),
    whole(run.eventBytes),
    whole(run.eventsPerSecond),
    run.deliveriesPerBatch.toFixed(0),
    run.cpuUsPerEvent.main.toFixed(2),
    run.parseUs.toFixed(2),
    run.mainToParse.toFixed(2),
    run.cpuUsPerEvent.workers.toFixed(1),
    run.anonymousMb.toFixed(0),
  ]);
  const titles = [
    'transport',
    'threads',
    'events',
    'bytes',
    'events/s',
    'per batch',
    'main µs',
    'JSON.parse µs',
    'ratio',
    'workers µs',
    'anon MiB',
  ];
  return table('Engine: CPU of the main thread per event, hand-over included', titles, rows);
}

/** Anonymous memory over a long run. */
export function memoryTable(runs: readonly MemoryFigures[]): string {
  const rows = runs.map((run) => [
    whole(run.events),
    String(run.threads),
    whole(run.eventsPerSecond),
    run.firstHalfMaxMb.toFixed(0),
    run.secondHalfMaxMb.toFixed(0),
    run.growth.toFixed(3),
    String(run.samples),
  ]);
  const titles = [
    'events',
    'threads',
    'events/s',
    'max, 1st half MiB',
    'max, 2nd half MiB',
    '2nd to 1st',
    'samples',
  ];
  return table(
    'Memory: anonymous memory (RssAnon) of the command while events pass, after the first tenth',
    titles,
    rows,
  );
}

/** What poisons cost over the run without. */
export function poisonTable(runs: readonly PoisonFigures[]): string {
  const rows = runs.map((run) => [
    run.kind,
    whole(run.events),
    whole(run.poisons),
    String(run.threads),
    (run.ms / 1_000).toFixed(1),
    (run.cpuMs / 1_000).toFixed(1),
    whole(run.suspected),
    run.poisons === 0 ? '' : run.msPerPoison.toFixed(0),
    run.poisons === 0 ? '' : run.cpuMsPerPoison.toFixed(0),
  ]);
  const titles = [
    'poison',
    'events',
    'poisons',
    'threads',
    's',
    'CPU s',
    'suspected',
    'ms each',
    'CPU ms each',
  ];
  return table('Poison: time and CPU over the run without, per poison', titles, rows);
}

/** Micro-benchmarks, as multiples of `JSON.parse` too. */
export function microTable(figures: readonly MicroFigures[]): string {
  const rows = figures.map(({ name, unit, us, toParse }) => [name, unit, us.toFixed(3), toParse.toFixed(3)]);
  return table('Micro-benchmarks (median)', ['what', 'per', 'µs', 'of JSON.parse'], rows);
}

function table(caption: string, titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) =>
        /^[\d.,×]*$/.test(cell) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [
    '',
    caption,
    '',
    line(titles),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...rows.map(line),
  ].join('\n');
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
