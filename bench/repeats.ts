/**
 * What repeats save: worker CPU of the built-in crash analysis, through the real pool over the memory
 * transport, where nine of ten events bring a report of a thousand defects, by Zipf's law, with another
 * id, time, device and values, and one a report of its own; against a report of its own in each. Reports
 * differ in the line numbers of their frames, as those of different builds do; where they differ in nothing
 * but the message, which stands beside it, stacks repeat all the same. All of the worker is counted:
 * decoding, analysis, encoding, and its half of the hand-over. The cases alternate; each run begins with
 * an empty memory, and its figures after a fifth of its events.
 */
import { wholeNumber } from './flags.ts';
import type { RepeatPlan } from './job/repeat-events.ts';
import { repeatBroker } from './job/repeat-events.ts';
import { runMemorySpan } from './job/memory-run.ts';
import { thereAndBack } from './job/rounds.ts';
import type { SpanFigures } from './job/span.ts';
import { median, percent, times, whole } from './report/format.ts';
import type { BenchOptions, Report, Section } from './section.ts';

/** One run. */
export interface RepeatFigures extends SpanFigures {
  readonly what: string;
  /** Share of repeated reports. */
  readonly repeated: number;
  readonly round: number;
  readonly threads: number;
}

/** All runs. */
export interface RepeatResults {
  readonly runs: readonly RepeatFigures[];
}

const ROUNDS_FLAG = 'repeats-rounds';
const ROUNDS = 3;
const EVENTS = 100_000;
const QUICK_EVENTS = 20_000;
const WARM_UP_SHARE = 0.2;
const REPEATED = 0.9;
const DIFFERENT = 'all different';
const MOSTLY = `${percent(REPEATED)} repeated`;
const CASES = [
  { what: DIFFERENT, repeated: 0, differIn: 'stacks' },
  { what: 'half repeated', repeated: 0.5, differIn: 'stacks' },
  { what: MOSTLY, repeated: REPEATED, differIn: 'stacks' },
  { what: 'other messages', repeated: 0, differIn: 'messages' },
] as const;
const MOST = 1 / 3;

/** The section. */
export const repeats: Section<RepeatResults> = {
  name: 'repeats',
  about: 'worker CPU of the crash analysis where reports repeat, against all different',
  transports: ['memory'],
  isUsual: true,
  flags: { [ROUNDS_FLAG]: `how often each is run; ${ROUNDS} unless told` },
  run,
  report,
};

async function run(options: BenchOptions): Promise<RepeatResults> {
  const { isQuick, seed, settings, tell } = options;
  const count = options.count ?? (isQuick ? QUICK_EVENTS : EVENTS);
  const rounds = wholeNumber(ROUNDS_FLAG, options.flag(ROUNDS_FLAG) ?? String(isQuick ? 1 : ROUNDS));
  const threads = Math.max(...options.threads);
  const bounds = { from: Math.ceil(count * WARM_UP_SHARE), to: count };
  const runs: RepeatFigures[] = [];
  for (const { round, item: each } of thereAndBack(CASES, rounds)) {
    tell(`${each.what}, round ${round + 1} of ${rounds}`);
    const { what, repeated, differIn } = each;
    const plan: RepeatPlan = { count, repeated, differIn, seed: seed * rounds + round };
    const broker = repeatBroker(plan);
    const figures = await runMemorySpan({ broker, analyzer: 'crash', threads, settings, bounds });
    runs.push({ what, repeated, round, threads, ...figures });
  }
  return { runs };
}

function report({ runs }: RepeatResults): Report {
  const different = new Map(runs.filter(({ what }) => what === DIFFERENT).map((each) => [each.round, each]));
  const rows = [...new Set(runs.map(({ what }) => what))].map((what) => {
    const mine = runs.filter((each) => each.what === what);
    const of = (pick: (figures: RepeatFigures) => number): number => median(mine.map(pick));
    const workers = of(({ cpuUsPerEvent }) => cpuUsPerEvent.workers);
    const ofDifferent = of(
      ({ round, cpuUsPerEvent }) =>
        cpuUsPerEvent.workers / (different.get(round)?.cpuUsPerEvent.workers ?? Number.NaN),
    );
    return {
      what,
      events: of(({ events }) => events),
      rate: of(({ eventsPerSecond }) => eventsPerSecond),
      main: of(({ cpuUsPerEvent }) => cpuUsPerEvent.main),
      workers,
      ofDifferent,
    };
  });
  const reached = rows.find(({ what }) => what === MOSTLY)?.ofDifferent ?? Number.NaN;
  return {
    tables: [
      {
        title: 'Repeated reports: CPU per event of the built-in crash analysis, memory transport, medians',
        head: ['reports', 'events', 'events/s', 'main µs', 'workers µs', 'workers, of all different'],
        rows: rows.map(({ what, events, rate, main, workers, ofDifferent }) => [
          what,
          whole(events),
          whole(rate),
          main.toFixed(2),
          workers.toFixed(2),
          times(ofDifferent, 2),
        ]),
      },
    ],
    bars: [
      {
        what: 'worker CPU with 90 % repeated reports against all different',
        wanted: '≤ ⅓',
        measured: times(reached, 2),
        isMet: reached <= MOST,
      },
    ],
    plots: [],
  };
}
