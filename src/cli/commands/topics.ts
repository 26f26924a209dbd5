/** `faultline topics`: what the log holds, and how far behind each group is. */
import { readConfig } from '../config.ts';
import { switchFlag } from '../flags.ts';
import { formatBytes, formatCount, formatTable, type Column } from '../format.ts';
import type { Store } from '../parts.ts';
import { command, type Command, type Invocation } from '../spec.ts';
import type { Terminal } from '../terminal.ts';

const flags = { json: switchFlag('print JSON, with each partition') };

/** The declaration. */
export const topicsCommand: Command = command({
  name: 'topics',
  summary: 'List the topics of the embedded log, and how far behind each group is.',
  details: [],
  operands: { text: '', min: 0, max: 0 },
  flags,
  settings: ['config', 'data'],
  examples: [{ args: 'topics', does: 'what there is' }],
  run: topics,
});

type Topics = ReturnType<Store['topics']>;
type Groups = ReturnType<Store['groups']>;

/** A group's place in one topic. */
interface GroupProgress {
  readonly group: string;
  readonly topic: string;
  /** Records before the committed positions. */
  readonly committed: number;
  readonly lag: number;
  /** Id of the process that reads for the group now. */
  readonly pid: number | null;
}

async function topics(invocation: Invocation<typeof flags>): Promise<number> {
  const { flags: chosen, terminal } = invocation;
  const { system } = await readConfig(invocation);
  const { openToRead } = await import('../parts.ts');
  const store = await openToRead(system);
  try {
    const held = store.topics();
    const groups = store.groups();
    if (chosen.json) await terminal.print(`${JSON.stringify({ topics: held, groups }, null, 2)}\n`);
    else await terminal.print(`${tables(held, groups, terminal).join('\n')}\n`);
  } finally {
    await store.close();
  }
  return 0;
}

/** A partition without a committed position is behind by all that it holds. */
function groupProgress(held: Topics, groups: Groups): readonly GroupProgress[] {
  return groups.flatMap(({ name, pid, positions }) => {
    const read = [...new Set(positions.map(({ topic }) => topic))];
    return read.flatMap((topic) => {
      const partitions = held.find((each) => each.name === topic)?.partitions ?? [];
      const sums = partitions.map(({ partition, start, end }) => {
        const position = positions.find((each) => each.topic === topic && each.partition === partition);
        // What was removed before it was committed is neither.
        const offset = Math.max(start, position?.offset ?? start);
        return { committed: offset - start, lag: Math.max(0, end - offset) };
      });
      const sum = (of: 'committed' | 'lag'): number => sums.reduce((total, each) => total + each[of], 0);
      return [{ group: name, topic, committed: sum('committed'), lag: sum('lag'), pid }];
    });
  });
}

function tables(held: Topics, groups: Groups, terminal: Terminal): readonly string[] {
  if (held.length === 0) return ['The log is empty: `faultline ingest PATH` fills it.'];
  const topicRows = held.map(({ name, partitions, records, bytes }) => [
    name,
    formatCount(partitions.length),
    formatCount(records),
    formatBytes(bytes),
  ]);
  const groupRows = groupProgress(held, groups).map(({ group, topic, committed, lag, pid }) => [
    group,
    topic,
    formatCount(committed),
    formatCount(lag),
    pid === null ? 'nobody' : `process ${pid}`,
  ]);
  const topicTable = formatTable(
    [{ title: 'TOPIC' }, right('PARTITIONS'), right('RECORDS'), right('SIZE')],
    topicRows,
  );
  const groupTable = formatTable(
    [{ title: 'GROUP' }, { title: 'TOPIC' }, right('COMMITTED'), right('LAG'), { title: 'READ BY' }],
    groupRows,
  );
  const [title = '', ...rows] = groupTable;
  const lines = [terminal.paint('bold', topicTable[0] ?? ''), ...topicTable.slice(1)];
  return groupRows.length === 0 ? lines : [...lines, '', terminal.paint('bold', title), ...rows];
}

function right(title: string): Column {
  return { title, align: 'right' };
}
