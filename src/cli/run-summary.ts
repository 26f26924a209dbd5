/** The last words of `run`: what was done, what was found, and how to look at it. Pure. */
import type { Config } from '../config/config.ts';
import { EngineError } from '../model/errors.ts';
import type { RunSummary } from '../observe/summary.ts';
import {
  clip,
  displayWidth,
  formatAmount,
  formatCount,
  formatDuration,
  formatRate,
  formatTable,
  printable,
} from './format.ts';
import type { Paint } from './terminal.ts';

/** What the view needs beside the figures. */
export interface SummaryContext {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly paint: Paint;
  /** Of the terminal. */
  readonly columns: number;
}

const GROUPS_SHOWN = 5;
const TITLE_WIDTH_MIN = 30;
/** Below it the start is a good part of time and CPU. */
const SHORT_RUN_MS = 3_000;

/** Lines. */
export function summaryView(summary: RunSummary, context: SummaryContext): readonly string[] {
  const sections = [
    totals(summary),
    counts(context.paint('bold', 'Findings by platform'), summary.byPlatform),
    groups(context.paint('bold', 'Most frequent groups'), summary, context.columns),
    counts(context.paint('bold', 'Not understood in reports'), summary.problems),
    counts(context.paint('bold', 'Dead letters'), summary.byCode),
    whereToLook(summary, context),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function totals(summary: RunSummary): readonly string[] {
  const { consumed, published, finished, deadLettered, unfinished, committed, ms, cpuUsPerEvent } = summary;
  const parts = [
    `${formatCount(published)} published`,
    `${formatCount(finished)} finished`,
    `${formatCount(deadLettered)} dead-lettered`,
    ...(unfinished === 0 ? [] : [`${formatCount(unfinished)} unfinished`]),
  ];
  const cpu = (of: keyof typeof cpuUsPerEvent): string => formatDuration(cpuUsPerEvent[of] / 1000);
  const publisher = cpuUsPerEvent.publisher === 0 ? '' : `, ${cpu('publisher')} publisher thread`;
  return formatTable(
    [{ title: '' }, { title: '' }],
    [
      ['consumed', `${formatAmount(consumed, 'delivery', 'deliveries')} = ${parts.join(' + ')}`],
      ['committed', formatAmount(committed, 'delivery', 'deliveries')],
      ['findings', formatCount(summary.findings)],
      ['time', `${formatDuration(ms)}, ${formatRate(summary.eventsPerSecond)}`],
      ...(summary.eventsPerSecond === 0
        ? []
        : [
            [
              'CPU',
              `${cpu('total')} a delivery: ${cpu('main')} main thread, ${cpu('workers')} workers${publisher}`,
            ],
          ]),
      ...(ms < SHORT_RUN_MS && consumed > 0
        ? [['', 'a run this short is mostly the start of threads and modules']]
        : []),
    ],
  );
}

function counts(title: string, byName: Readonly<Record<string, number>>): readonly string[] {
  const rows = Object.entries(byName)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => [`  ${formatCount(count)}`, printable(name)]);
  return rows.length === 0
    ? []
    : [title, ...formatTable([{ title: '', align: 'right' }, { title: '' }], rows)];
}

function groups(title: string, { topGroups }: RunSummary, columns: number): readonly string[] {
  const shown = topGroups.slice(0, GROUPS_SHOWN);
  const heads = formatTable(
    [{ title: '', align: 'right' }, { title: '' }, { title: '' }],
    shown.map(({ count, kind, group }) => [
      `  ${formatCount(count)}`,
      printable(kind),
      printable(group).slice(0, 12),
    ]),
  );
  const lines = shown.map(({ title: text }, index) => {
    const head = heads[index] ?? '';
    return `${head}  ${clip(printable(text), Math.max(TITLE_WIDTH_MIN, columns - displayWidth(head) - 2))}`;
  });
  return lines.length === 0 ? [] : [title, ...lines];
}

/** Commands as they must be typed here; none for topics whose names depend on the event, nor without a log. */
function whereToLook(summary: RunSummary, { config, env }: SummaryContext): readonly string[] {
  const { system, tasks } = config;
  if (system.transport !== 'log') return [];
  const program = env['npm_lifecycle_event'] === 'faultline' ? 'npm run -s faultline --' : 'faultline';
  const named = (kind: 'findings' | 'deadLetters'): readonly string[] =>
    [...new Set(tasks.map(({ outputs }) => outputs[kind]))].filter((topic) => !topic.includes('{'));
  const topics = [
    ...(summary.findings > 0 ? named('findings') : []),
    ...(summary.deadLettered > 0 ? named('deadLetters') : []),
  ];
  const data = system.data === './faultline-data' ? '' : ` --data ${system.data}`;
  return [
    `The log is in ${system.data}. To look at it:`,
    ...topics.map((topic) => `  ${program} tail ${topic}${data}`),
    `  ${program} topics${data}`,
  ];
}

/** What a run ends with whose tasks were stopped. */
export function tasksStopped(
  stopped: readonly { readonly task: string; readonly reason: string }[],
): EngineError {
  return new EngineError(
    'E_TASK_STOPPED',
    stopped.map(({ task, reason }) => `task ${task} was stopped: ${reason}`).join('; '),
  );
}
