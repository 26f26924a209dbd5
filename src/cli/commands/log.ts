/** `faultline log`: the file of the embedded log, what it holds, and how to make it smaller. */
import { EngineError } from '../../model/errors.ts';
import { readConfig } from '../config.ts';
import { switchFlag } from '../flags.ts';
import { formatAmount, formatBytes, formatCount, formatTable, type Column } from '../format.ts';
import { suggest } from '../../config/suggest.ts';
import type { Store } from '../parts.ts';
import { command, type Command, type Invocation } from '../spec.ts';

const flags = { json: switchFlag('print JSON, with each partition') };

/** What it does, by its word. */
const ACTIONS = { info, trim, compact } as const;
type Action = keyof typeof ACTIONS;

/** Flags that say what may be removed. */
const RETENTION = ['retention-age-ms', 'retention-bytes', 'retention-uncommitted'];

/** The declaration. */
export const logCommand: Command = command({
  name: 'log',
  summary: 'Look at the file of the embedded log, remove what is old, give its space back.',
  details: [
    'info tells the size of the file, what of it is in use, and of each topic its records and from when to when they are.',
    'trim removes now, once, what `log.retention` of the config or the flags let go: whole blocks, oldest first, and nothing that a group has not committed, unless told to. It works beside a running engine. The space is used again by what is appended; the file does not shrink.',
    'compact makes the file as small as what it holds. It needs the log for itself alone, and room on the disk for a second copy of what is in use.',
  ],
  operands: { text: 'info|trim|compact', min: 1, max: 1 },
  flags,
  settings: ['config', 'data', ...RETENTION],
  examples: [
    { args: 'log info', does: 'how large it is, and what of that is free' },
    { args: 'log trim --retention-age-ms 604800000', does: 'remove what is older than a week' },
    { args: 'log compact', does: 'give free space back to the disk, while nothing runs' },
  ],
  run: log,
});

type Log = Invocation<typeof flags>;

async function log(invocation: Log): Promise<number> {
  const [word = ''] = invocation.operands;
  const action = (Object.keys(ACTIONS) as Action[]).find((each) => each === word);
  if (action === undefined) throw unknownAction(word);
  const extra = RETENTION.find((name) => Object.hasOwn(invocation.settings, name));
  if (action !== 'trim' && extra !== undefined) {
    throw new EngineError('E_USAGE', `--${extra} is for log trim, not for log ${action}`);
  }
  await ACTIONS[action](invocation);
  return 0;
}

function unknownAction(word: string): EngineError {
  const words = Object.keys(ACTIONS);
  const near = suggest(word, words);
  const question = near === null ? `there are ${words.join(', ')}` : `did you mean ${near}?`;
  return new EngineError('E_USAGE', `there is no log ${JSON.stringify(word)}; ${question}`);
}

async function info(invocation: Log): Promise<void> {
  const { terminal, flags: chosen } = invocation;
  const { system } = await readConfig(invocation);
  const { openToRead } = await import('../parts.ts');
  const store = await openToRead(system);
  try {
    const found = store.info();
    if (chosen.json) await terminal.print(json({ ...found, topics: found.topics.map(withTimes) }));
    else await terminal.print(`${infoLines(found, terminal.paint).join('\n')}\n`);
  } finally {
    await store.close();
  }
}

type Info = ReturnType<Store['info']>;
type TopicOf = Info['topics'][number];

function withTimes({ span, ...topic }: TopicOf): unknown {
  return { ...topic, oldest: time(span?.oldestMs), newest: time(span?.newestMs) };
}

function infoLines(
  { fileBytes, liveBytes, topics }: Info,
  paint: Log['terminal']['paint'],
): readonly string[] {
  const free = Math.max(0, fileBytes - liveBytes);
  const rows = topics.map(({ name, records, bytes, span }) => [
    name,
    formatCount(records),
    formatBytes(bytes),
    time(span?.oldestMs) ?? '-',
    time(span?.newestMs) ?? '-',
  ]);
  const [head = '', ...lines] = formatTable(
    [{ title: 'TOPIC' }, right('RECORDS'), right('SIZE'), { title: 'OLDEST' }, { title: 'NEWEST' }],
    rows,
  );
  const size = `The file has ${formatBytes(fileBytes)}: ${formatBytes(liveBytes)} in use, ${formatBytes(free)} free inside.`;
  return topics.length === 0 ? [size] : [paint('bold', head), ...lines, '', size];
}

async function trim(invocation: Log): Promise<void> {
  const { terminal, flags: chosen } = invocation;
  const { system } = await readConfig(invocation);
  const { ageMs, bytes, uncommitted } = system.log.retention;
  if (ageMs === 0 && bytes === 0) {
    throw new EngineError('E_USAGE', 'nothing says what to remove', {
      hint: 'Give --retention-age-ms or --retention-bytes, or set log.retention in the config.',
    });
  }
  const { openToTrim } = await import('../parts.ts');
  const store = await openToTrim(system);
  try {
    const report = await store.trim({ ageMs, bytes, uncommitted });
    await terminal.print(chosen.json ? json(report) : `${trimLines(report).join('\n')}\n`);
  } finally {
    await store.close();
  }
}

type Trimmed = Awaited<ReturnType<Store['trim']>>;

function trimLines({ removed, held }: Trimmed): readonly string[] {
  const topics = [...new Set(removed.map(({ topic }) => topic))];
  const sum = (topic: string, of: 'records' | 'bytes'): number =>
    removed.filter((each) => each.topic === topic).reduce((total, each) => total + each[of], 0);
  const lines = topics.map(
    (topic) =>
      `removed ${formatAmount(sum(topic, 'records'), 'record')} (${formatBytes(sum(topic, 'bytes'))}) of ${topic}`,
  );
  const kept = held.map(
    ({ topic, partition, group, offset }) =>
      `kept for group ${group}: ${topic} partition ${partition}, from offset ${offset} on`,
  );
  return [...(lines.length === 0 ? ['removed nothing'] : lines), ...kept];
}

async function compact(invocation: Log): Promise<void> {
  const { terminal, flags: chosen } = invocation;
  const { system } = await readConfig(invocation);
  const parts = await import('../parts.ts');
  const report = await parts.compact(system);
  const { beforeBytes, afterBytes } = report;
  const words = `${formatBytes(beforeBytes)} before, ${formatBytes(afterBytes)} after`;
  await terminal.print(chosen.json ? json(report) : `${words}\n`);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function time(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function right(title: string): Column {
  return { title, align: 'right' };
}
