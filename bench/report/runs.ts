/** What sections with whole runs have in common: tables of rates, CPU and samples. Pure. */
import type { CpuParts, Figures } from '../meter.ts';
import type { Sampled } from '../sampling.ts';
import type { Plot, Table } from '../section.ts';
import { STAGES, WORKER_STAGES } from '../stages.ts';
import { median, percent, whole } from './format.ts';

/** One run; `name` holds the cells that tell it from the others. */
export interface NamedRun {
  readonly name: readonly string[];
  readonly run: Figures;
}

/** Samples of one run. */
export interface NamedSamples {
  readonly name: readonly string[];
  readonly sampled: Sampled;
  /** CPU per event of the same run without samples. */
  readonly cpuUsPerEvent: Figures['cpuUsPerEvent'];
}

/** Titles of the cells of {@link rateCells}. */
export const RATE_HEAD: readonly string[] = ['events', 'events/s', 'p50 ms', 'p99 ms', 'p99.9 ms'];

/** What came through, how fast and how old. */
export function rateCells({ events, eventsPerSecond, p50Ms, p99Ms, p999Ms }: Figures): readonly string[] {
  return [whole(events), whole(eventsPerSecond), p50Ms.toFixed(1), p99Ms.toFixed(1), p999Ms.toFixed(1)];
}

const PARTS = ['main', 'workers', 'publisher', 'v8', 'libuv', 'other'] as const;

/** CPU of the whole process per event, by kind of thread. */
export function cpuTable(title: string, names: readonly string[], runs: readonly NamedRun[]): Table {
  return {
    title: `${title}: CPU per event, µs, by kind of thread`,
    note: 'Over the whole run; the parts together are the process. v8: its helpers, which collect garbage and compile; libuv: its pool, where LMDB writes; other: the rest, and the end of the run.',
    head: [...names, ...PARTS, 'all', 'anonymous MiB'],
    rows: runs.map(({ name, run }) => [
      ...name,
      ...PARTS.map((part) => partCell(run.cpuByKindUsPerEvent, part)),
      run.cpuUsPerEvent.total.toFixed(2),
      run.anonymousMb.toFixed(0),
    ]),
  };
}

/** What the threads did, by samples: the share of each stage and the µs per event that it stands for. */
export function stageTables(
  title: string,
  names: readonly string[],
  runs: readonly NamedSamples[],
): readonly Table[] {
  const note =
    'By samples of a run of its own, between a fifth and nine tenths of its events: per cent of what the thread did, and µs per event. Allocated is on V8’s heap, garbage included.';
  const writers = runs.flatMap(({ name, sampled: { main, publisher }, cpuUsPerEvent: us }) => [
    [...name, 'main', ...stageCells(STAGES, main, us.main)],
    ...(publisher === null ? [] : [[...name, 'publisher', ...stageCells(STAGES, publisher, us.publisher)]]),
  ]);
  const workers = runs.map(({ name, sampled, cpuUsPerEvent: us }) => [
    ...name,
    ...stageCells(WORKER_STAGES, sampled.workers, us.workers),
  ]);
  return [
    {
      title: `${title}: main thread and publisher by stage`,
      note,
      head: [...names, 'thread', ...STAGES, 'allocated bytes'],
      rows: writers,
    },
    {
      title: `${title}: workers by stage`,
      head: [...names, ...WORKER_STAGES, 'allocated bytes'],
      rows: workers,
    },
  ];
}

/** Throughput over threads, a line for each kind of run. */
export function threadsPlot(
  name: string,
  title: string,
  runs: readonly { readonly line: string; readonly threads: number; readonly eventsPerSecond: number }[],
): Plot {
  const lines = Map.groupBy(runs, ({ line }) => line);
  return {
    name,
    title,
    x: { label: 'worker threads' },
    y: { label: 'events per second', isLog: true },
    series: [...lines].map(([line, of]) => ({
      name: line,
      points: [...Map.groupBy(of, ({ threads }) => threads)]
        .map(([threads, same]) => [threads, median(same.map((run) => run.eventsPerSecond))] as const)
        .toSorted(([a], [b]) => a - b),
    })),
  };
}

function partCell(parts: CpuParts | null, part: keyof CpuParts): string {
  return parts === null ? '' : parts[part].toFixed(2);
}

function stageCells<Stage extends string>(
  stages: readonly Stage[],
  thread: { readonly shares: Readonly<Record<Stage, number>>; readonly allocatedBytesPerEvent: number },
  us: number,
): readonly string[] {
  const cells = stages.map(
    (stage) => `${percent(thread.shares[stage])}  ${(thread.shares[stage] * us).toFixed(2)}`,
  );
  return [...cells, whole(thread.allocatedBytesPerEvent)];
}
