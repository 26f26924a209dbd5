/** `faultline topics`: what there is to read, how far behind each group is, and who would take what. */
import type { Config } from '../../config/config.ts';
import type { Claims } from '../claims.ts';
import { claimsOf } from '../claims.ts';
import { readConfig } from '../config.ts';
import { switchFlag } from '../flags.ts';
import { formatBytes, formatCount, formatTable, type Column } from '../format.ts';
import type { LedgerGroup, LedgerTopic } from '../ledger.ts';
import { readerOf } from '../ledger.ts';
import { openLedger } from '../open-ledger.ts';
import { command, type Command, type Invocation } from '../spec.ts';
import type { Terminal } from '../terminal.ts';

const flags = {
  'dry-run': switchFlag('tell which task would take which topic, and what none takes'),
  json: switchFlag('print JSON, with each partition'),
};

/** The declaration. */
export const topicsCommand: Command = command({
  name: 'topics',
  summary: 'List the topics of the embedded log or of the brokers, and how far behind each group is.',
  details: [
    'On brokers it asks for the groups of the config only, and the records of a topic are its offsets, some of which may be empty.',
    'With --dry-run: what each task of the config would take, with partitions, records and lag; topics that two tasks of one group claim, which none of them gets; topics that no task takes. Nothing is joined and nothing is read.',
  ],
  operands: { text: '', min: 0, max: 0 },
  flags,
  settings: ['config', 'data', 'transport', 'brokers'],
  allSettings: true,
  examples: [
    { args: 'topics', does: 'what there is' },
    { args: 'topics --dry-run --transport kafka --brokers kafka:9092', does: 'what a run would take there' },
  ],
  run: topics,
});

type Topics = readonly LedgerTopic[];
type Groups = readonly LedgerGroup[];

/** A group's place in one topic. */
interface GroupProgress {
  readonly group: string;
  readonly topic: string;
  /** Records before the committed positions. */
  readonly committed: number;
  readonly lag: number;
  readonly readBy: string | null;
}

async function topics(invocation: Invocation<typeof flags>): Promise<number> {
  const { flags: chosen, terminal } = invocation;
  const config = await readConfig(invocation);
  const ledger = await openLedger(config.system);
  try {
    const held = await ledger.topics();
    const groups = await ledger.groups([...new Set(config.tasks.map(({ group }) => group))]);
    const found = { held, groups, config, paint: terminal.paint };
    const text = chosen['dry-run'] ? dryRun(found, chosen.json) : listing(found, chosen.json);
    await terminal.print(`${text}\n`);
  } finally {
    await ledger.close();
  }
  return 0;
}

/** What there is, and how it is shown. */
interface Found {
  readonly held: Topics;
  readonly groups: Groups;
  readonly config: Config;
  readonly paint: Terminal['paint'];
}

function listing({ held, groups, config, paint }: Found, json: boolean): string {
  if (json) return JSON.stringify({ topics: held, groups }, null, 2);
  if (held.length === 0) {
    return config.system.transport === 'kafka'
      ? 'The brokers have no topic that may be seen.'
      : 'The log is empty: `faultline ingest PATH` fills it.';
  }
  const shown = held.filter(({ isInternal }) => !isInternal);
  const topicRows = shown.map(({ name, partitions, offline, records, bytes }) => [
    name,
    formatCount(partitions.length + offline.length),
    formatCount(records),
    bytes === null ? '' : formatBytes(bytes),
  ]);
  const groupRows = groups
    .flatMap((group) => groupProgress(held, group))
    .map(({ group, topic, committed, lag, readBy }) => [
      group,
      topic,
      formatCount(committed),
      formatCount(lag),
      readBy ?? 'nobody',
    ]);
  const isSized = held.some(({ bytes }) => bytes !== null);
  return sections(
    table(
      paint,
      [{ title: 'TOPIC' }, right('PARTITIONS'), right('RECORDS'), right(isSized ? 'SIZE' : '')],
      topicRows,
    ),
    table(
      paint,
      [{ title: 'GROUP' }, { title: 'TOPIC' }, right('COMMITTED'), right('LAG'), { title: 'READ BY' }],
      groupRows,
    ),
    offlineLines(held),
  );
}

/** A partition without a committed position is behind by all that it holds. */
function progressIn({ name, positions, ...group }: LedgerGroup, topic: LedgerTopic): GroupProgress {
  const sums = topic.partitions.map(({ partition, start, end }) => {
    const position = positions.find((each) => each.topic === topic.name && each.partition === partition);
    // What was removed before it was committed is neither.
    const offset = Math.max(start, position?.offset ?? start);
    return { committed: offset - start, lag: Math.max(0, end - offset) };
  });
  const sum = (of: 'committed' | 'lag'): number => sums.reduce((total, each) => total + each[of], 0);
  return {
    group: name,
    topic: topic.name,
    committed: sum('committed'),
    lag: sum('lag'),
    readBy: readerOf(group, { topic: topic.name }),
  };
}

function groupProgress(held: Topics, group: LedgerGroup): readonly GroupProgress[] {
  const read = new Set(group.positions.map(({ topic }) => topic));
  return held.filter(({ name }) => read.has(name)).map((topic) => progressIn(group, topic));
}

function dryRun(found: Found, json: boolean): string {
  const { held, groups, config } = found;
  const claims = claimsOf(config.tasks, held);
  const taken = claims.taken.map(({ task, topic }) => {
    const group = groups.find(({ name }) => name === task.group) ?? nobody(task.group);
    return {
      task: task.name,
      ...progressIn(group, topic),
      partitions: topic.partitions.length,
      records: topic.records,
    };
  });
  const contested = claims.contested.map((each) => ({ ...each, topic: each.topic.name }));
  const untaken = claims.untaken.map(({ name }) => name);
  if (json) return JSON.stringify({ taken, contested, untaken }, null, 2);
  return dryRunText(found, claims, taken);
}

function dryRunText(
  { held, config, paint }: Found,
  { contested, untaken }: Claims<LedgerTopic>,
  taken: readonly (GroupProgress & { task: string; partitions: number; records: number })[],
): string {
  const rows = taken.map(({ task, group, topic, partitions, records, lag, readBy }) => [
    task,
    group,
    topic,
    formatCount(partitions),
    formatCount(records),
    formatCount(lag),
    readBy ?? 'nobody',
  ]);
  const idle = config.tasks
    .filter(({ name }) => !taken.some(({ task }) => task === name))
    .map(({ name, topics: patterns }) => {
      const sources = patterns.map(({ source }) => source).join(' or ');
      return `Task ${name} takes nothing: no topic matches ${sources}`;
    });
  return sections(
    table(
      paint,
      [
        { title: 'TASK' },
        { title: 'GROUP' },
        { title: 'TOPIC' },
        right('PARTITIONS'),
        right('RECORDS'),
        right('LAG'),
        { title: 'READ BY' },
      ],
      rows,
    ),
    idle,
    contested.map(
      ({ topic, group, tasks }) =>
        `Left out: ${topic.name}, which tasks ${tasks.join(' and ')} of group ${group} all claim`,
    ),
    untaken.length === 0 ? [] : [`Taken by no task: ${untaken.map(({ name }) => name).join(', ')}`],
    offlineLines(held),
  );
}

function nobody(name: string): LedgerGroup {
  return { name, pid: null, members: [], positions: [] };
}

function offlineLines(held: Topics): readonly string[] {
  return held
    .filter(({ offline }) => offline.length > 0)
    .map(({ name, offline }) => `No broker leads ${name} partition ${offline.join(', ')} now`);
}

/** Nothing without rows. */
function table(
  paint: Terminal['paint'],
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const [head = '', ...lines] = formatTable(columns, rows);
  return rows.length === 0 ? [] : [paint('bold', head), ...lines];
}

function sections(...parts: readonly (readonly string[])[]): string {
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function right(title: string): Column {
  return { title, align: 'right' };
}
