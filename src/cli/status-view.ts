/** The state of a running process on one screen, most important first. Pure: text in lines. */
import type { StatusAnswer } from '../control/protocol.ts';
import type { PartitionStatus, Whereabouts } from '../model/status.ts';
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  printable,
  wrapText,
  type Column,
} from './format.ts';
import { fittedTable, intakeWords, labelled, WHERE_WORDS } from './status-words.ts';
import type { Paint } from './terminal.ts';

/** What the view needs beside the status. */
export interface StatusContext {
  readonly paint: Paint;
  /** Of the terminal. */
  readonly columns: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** How fast the watermarks rise, where it was looked at twice. */
  readonly perSecond?: number;
}

const SLOTS_SHOWN = 8;
const TASKS_SHOWN = 16;
const PARTITIONS_SHOWN = 16;

/** Lines. */
export function statusView(status: StatusAnswer, context: StatusContext): readonly string[] {
  const sections = [
    wrapText(heading(status, context.nowMs), context.columns),
    summary(status, context),
    stoppedTasks(status, context),
    threads(status, context),
    tasks(status, context),
    partitions(status, context),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function heading({ pid, version, startedMs, threads, slots, delivery }: StatusAnswer, nowMs: number): string {
  const parts = [
    `process ${pid}`,
    ...(version === null ? [] : [`faultline ${printable(version)}`]),
    `up ${formatDuration(Math.max(0, nowMs - startedMs))}`,
    `${formatAmount(threads, 'thread')}, ${slots.filter(({ batches }) => batches > 0).length} busy`,
    delivery,
  ];
  return parts.join(' · ');
}

function summary(status: StatusAnswer, context: StatusContext): readonly string[] {
  const { credit, backlog } = status;
  const deliveries = `${formatCount(credit.deliveries)} of ${formatCount(credit.deliveriesMax)} deliveries`;
  const bytes = `${formatBytes(credit.bytes)} of ${formatBytes(credit.bytesMax)}`;
  const shares = [credit.deliveries / credit.deliveriesMax, credit.bytes / credit.bytesMax].map(percent);
  const rows = [
    ['state', state(status, context)],
    ...obstacles(status, context),
    ...intake(status, context),
    ['in flight', inFlight(status)],
    ['credit', `${deliveries} (${shares[0]}), ${bytes} (${shares[1]})`],
    ['to come', backlog === null ? 'not known' : toCome(backlog)],
    ...(context.perSecond === undefined ? [] : [['moving', moving(context.perSecond)]]),
  ];
  return labelled(rows, context.columns);
}

function state({ state: name, reason }: StatusAnswer, { paint }: StatusContext): string {
  const because = reason === null ? '' : `: ${printable(reason)}`;
  return paint(name === 'running' ? 'green' : 'yellow', name) + because;
}

/** A line for each. */
function obstacles(
  { obstacles: all = [] }: StatusAnswer,
  { paint }: StatusContext,
): readonly (readonly string[])[] {
  return all.map((each, index) => [index === 0 ? 'in the way' : '', paint('yellow', printable(each))]);
}

/** A line for each group. */
function intake({ intake: groups }: StatusAnswer, { paint }: StatusContext): readonly (readonly string[])[] {
  return groups.map((each, index) => {
    const words = intakeWords(each);
    const of = groups.length === 1 ? '' : `${printable(each.group)}: `;
    return [index === 0 ? 'intake' : '', of + (each.waiting === null ? words : paint('yellow', words))];
  });
}

function inFlight({ inFlight: counts }: StatusAnswer): string {
  const entries = Object.entries(counts) as readonly [Whereabouts, number][];
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const parts = entries
    .filter(([, count]) => count > 0)
    .map(([where, count]) => `${formatCount(count)} ${WHERE_WORDS[where]}`);
  if (parts.length === 0) return 'nothing';
  return `${formatCount(total)} = ${parts.join(' + ')}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function toCome(backlog: NonNullable<StatusAnswer['backlog']>): string {
  const total = backlog.reduce((sum, { deliveries }) => sum + deliveries, 0);
  return total === 0
    ? 'nothing: everything is read'
    : `${formatAmount(total, 'delivery', 'deliveries')} not read yet`;
}

function moving(perSecond: number): string {
  return perSecond === 0
    ? 'no watermark has risen since the last look'
    : `${formatRate(perSecond)} by the watermarks`;
}

/** How far the watermarks of the partitions that are in both have risen, offsets. */
export function risenBetween(before: StatusAnswer, after: StatusAnswer): number {
  const name = ({ group, topic, partition }: PartitionStatus): string => `${group} ${topic} ${partition}`;
  const watermarks = new Map(before.partitions.map((each) => [name(each), each.watermark]));
  return after.partitions.reduce((sum, each) => {
    const earlier = watermarks.get(name(each)) ?? each.watermark;
    return sum + Math.max(0, (each.watermark ?? 0) - (earlier ?? 0));
  }, 0);
}

function stoppedTasks({ tasks: list }: StatusAnswer, { paint, columns }: StatusContext): readonly string[] {
  return list.flatMap(({ name, stopped }) => {
    if (stopped === null) return [];
    const text = `task ${printable(name)} is stopped: ${printable(stopped)}`;
    return wrapText(text, columns).map((line) => paint('red', line));
  });
}

/** Of many threads those with most in hand. */
function threads({ slots: list }: StatusAnswer, context: StatusContext): readonly string[] {
  const shown =
    list.length <= SLOTS_SHOWN
      ? list
      : list.toSorted((a, b) => b.deliveries - a.deliveries || a.slot - b.slot);
  const rows = shown.map(({ slot, batches, deliveries }) => [
    String(slot),
    formatCount(batches),
    formatCount(deliveries),
    batches === 0 ? 'idle' : '',
  ]);
  const columns = [right('THREAD'), right('BATCHES'), right('DELIVERIES'), { title: '' }];
  return table(columns, rows, { ...context, shown: SLOTS_SHOWN, shrink: [], noun: 'thread' });
}

function tasks({ tasks: list }: StatusAnswer, context: StatusContext): readonly string[] {
  const rows = list.map(({ name, group, stopped, queued, longestLane, heldKeys }) => [
    printable(name),
    printable(group),
    formatCount(queued),
    formatCount(longestLane),
    formatCount(heldKeys),
    stopped === null ? 'works' : 'stopped',
  ]);
  const columns = [
    { title: 'TASK' },
    { title: 'GROUP' },
    right('QUEUED'),
    right('LONGEST LANE'),
    right('HELD KEYS'),
    { title: 'STATE' },
  ];
  return table(columns, rows, { ...context, shown: TASKS_SHOWN, shrink: [0, 1], noun: 'task' });
}

function partitions(status: StatusAnswer, context: StatusContext): readonly string[] {
  const several = new Set(status.partitions.map(({ group }) => group)).size > 1;
  const ordered = neediest(status).map((each) => {
    const cells = [
      `${printable(each.topic)} ${each.partition}`,
      offset(each.committed),
      offset(each.watermark),
      formatCount(each.ahead),
      behind(status, each),
      each.phase === 'active' ? '' : each.phase,
    ];
    return several ? [printable(each.group), ...cells] : cells;
  });
  const columns = [
    ...(several ? [{ title: 'GROUP' }] : []),
    { title: 'PARTITION' },
    right('COMMITTED'),
    right('WATERMARK'),
    right('AHEAD'),
    right('TO COME'),
    { title: '' },
  ];
  const shrink = several ? [1, 0] : [0];
  const hidden = status.partitions.length - ordered.length;
  return [
    ...table(columns, ordered, { ...context, shown: PARTITIONS_SHOWN, shrink, noun: 'partition' }),
    ...more(hidden, 'partition', context),
  ];
}

/** Those with most in hand, where there are too many, by name. */
function neediest({ partitions: list }: StatusAnswer): readonly PartitionStatus[] {
  return list
    .toSorted((a, b) => Number(a.phase === 'active') - Number(b.phase === 'active') || b.ahead - a.ahead)
    .slice(0, PARTITIONS_SHOWN)
    .toSorted((a, b) => compare(a.group, b.group) || compare(a.topic, b.topic) || a.partition - b.partition);
}

/** A backlog does not name its group: of a partition that two groups read it is not known whose it is. */
function behind({ backlog, partitions: all }: StatusAnswer, { topic, partition }: PartitionStatus): string {
  const isHere = (each: { readonly topic: string; readonly partition: number }): boolean =>
    each.topic === topic && each.partition === partition;
  const found = (backlog ?? []).filter(isHere);
  const [only] = found;
  return only === undefined || found.length > 1 || all.filter(isHere).length > 1
    ? '?'
    : formatCount(only.deliveries);
}

/** Without separators: offsets are there to be copied. */
function offset(value: number | null): string {
  return value === null ? '-' : String(value);
}

interface TableOptions extends StatusContext {
  readonly shown: number;
  readonly shrink: readonly number[];
  readonly noun: string;
}

function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): readonly string[] {
  if (rows.length === 0) return [];
  const { shown, shrink, noun, paint } = options;
  const [title = '', ...lines] = fittedTable(columns, rows.slice(0, shown), {
    width: options.columns,
    shrink,
  });
  return [paint('bold', title), ...lines, ...more(rows.length - shown, noun, options)];
}

function more(count: number, noun: string, { paint }: StatusContext): readonly string[] {
  return count <= 0 ? [] : [paint('dim', `and ${formatAmount(count, `more ${noun}`)}; --json has all`)];
}

function right(title: string): Column {
  return { title, align: 'right' };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
