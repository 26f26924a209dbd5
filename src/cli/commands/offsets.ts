/** `faultline offsets`: where the groups of tasks stand, and how to put them elsewhere. */
import type { Config, From } from '../../config/config.ts';
import { selectTasks } from '../../config/resolve.ts';
import { suggest } from '../../config/suggest.ts';
import { EngineError } from '../../model/errors.ts';
import { parseTimestampMs } from '../../wire/timestamp.ts';
import { claimsOf } from '../claims.ts';
import { readConfig } from '../config.ts';
import { listFlag, numberFlag, optionalNumber, optionalText, switchFlag } from '../flags.ts';
import { formatCount, formatTable, type Column } from '../format.ts';
import type { Ledger } from '../ledger.ts';
import { readerOf } from '../ledger.ts';
import type { Move, Place } from '../offsets-plan.ts';
import { lagOf, moveTo, placesOf, skip } from '../offsets-plan.ts';
import { openLedger } from '../open-ledger.ts';
import { command, type Command, type Invocation, type Values } from '../spec.ts';
import type { Terminal } from '../terminal.ts';

const flags = {
  task: listFlag({ placeholder: 'NAME', summary: 'only what this task takes' }),
  topic: optionalText({ placeholder: 'NAME', summary: 'only this topic' }),
  partition: optionalNumber({ summary: 'only this partition', min: 0, whole: true }),
  to: optionalText({ placeholder: 'earliest|latest|TIME|OFFSET', summary: 'where reset puts the positions' }),
  count: numberFlag({ summary: 'offsets that skip passes over', min: 1, whole: true, fallback: 1 }),
  'dry-run': switchFlag('print what would change, and change nothing'),
  json: switchFlag('print JSON'),
};

/** What it does, by its word. */
const ACTIONS = { show, reset, skip: skipOver } as const;
type Action = keyof typeof ACTIONS;

/** The declaration. */
export const offsetsCommand: Command = command({
  name: 'offsets',
  summary: 'Show where the groups of tasks stand, put them elsewhere, or pass over a record.',
  details: [
    'show prints, for each partition of what a task takes, where it begins and ends, what its group has committed and how much is left.',
    'reset puts the positions of a task to the oldest record, the end, the first record of a time (ISO 8601) or an offset. skip passes over offsets of one partition, from where the group stands; over a batch that cannot be read only a reset to the offset behind it helps, which the error names. Both print before and after for each partition and ask nothing: look first with --dry-run.',
    'They are refused while somebody reads for the group, by name. What was finished above a position that is changed is done again: publications may be seen twice.',
  ],
  operands: { text: 'show|reset|skip', min: 1, max: 1 },
  flags,
  settings: ['config', 'data', 'transport', 'brokers'],
  allSettings: true,
  examples: [
    { args: 'offsets show --task crash', does: 'where the task stands' },
    {
      args: 'offsets reset --task crash --to 2026-11-20T08:00Z --dry-run',
      does: 'what reading again from that time on would mean',
    },
    { args: 'offsets skip --topic app-crash --partition 3', does: 'pass over the record that holds it' },
  ],
  run: offsets,
});

type Offsets = Invocation<typeof flags>;
type Chosen = Values<typeof flags>;

async function offsets(invocation: Offsets): Promise<number> {
  const [word = ''] = invocation.operands;
  const action = (Object.keys(ACTIONS) as Action[]).find((each) => each === word);
  if (action === undefined) throw unknownAction(word);
  const { flags: chosen } = invocation;
  checkUse(action, chosen);
  const config = selectTasks(await readConfig(invocation), chosen.task);
  const isChange = action !== 'show' && !chosen['dry-run'];
  const ledger = await openLedger(config.system, isChange ? 'write' : 'read');
  try {
    const places = await chosenPlaces(ledger, config, chosen);
    await ACTIONS[action]({ ledger, config, places, chosen, terminal: invocation.terminal });
  } finally {
    await ledger.close();
  }
  return 0;
}

function unknownAction(word: string): EngineError {
  const words = Object.keys(ACTIONS);
  const near = suggest(word, words);
  const question = near === null ? `there are ${words.join(', ')}` : `did you mean ${near}?`;
  return new EngineError('E_USAGE', `there is no offsets ${JSON.stringify(word)}; ${question}`);
}

/** Said before anything is opened. */
function checkUse(action: Action, { task, topic, partition, to, 'dry-run': dryRun }: Chosen): void {
  const wrong = (message: string): EngineError => new EngineError('E_USAGE', message);
  if (partition !== null && topic === null) throw wrong('--partition needs --topic');
  if (action === 'show' && dryRun) throw wrong('--dry-run is for reset and skip: show changes nothing');
  if (action !== 'reset' && to !== null) throw wrong(`--to is for reset, not for ${action}`);
  if (action === 'skip' && partition === null)
    throw wrong('skip is for one partition: --topic NAME --partition P');
  if (action !== 'reset') return;
  if (task.length === 0 && topic === null) throw wrong('reset needs --task NAME or --topic NAME');
  const target = readTarget(to);
  if (typeof target === 'object' && partition === null) {
    throw wrong('an offset is one of one partition: --topic NAME --partition P');
  }
}

/** What a change is made with. */
interface Work {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly places: readonly Place[];
  readonly chosen: Chosen;
  readonly terminal: Terminal;
}

async function chosenPlaces(
  ledger: Ledger,
  { tasks }: Config,
  { topic, partition }: Chosen,
): Promise<readonly Place[]> {
  const topics = await ledger.topics();
  if (topic !== null && !topics.some(({ name }) => name === topic)) {
    throw new EngineError('E_TOPIC_UNKNOWN', `there is no topic ${JSON.stringify(topic)}`);
  }
  const groups = await ledger.groups([...new Set(tasks.map(({ group }) => group))]);
  const { taken } = claimsOf(tasks, topics);
  const places = placesOf(taken, groups, readerOf).filter(
    (place) =>
      (topic === null || place.topic === topic) && (partition === null || place.partition === partition),
  );
  if (places.length > 0 || topic === null) return places;
  const what = partition === null ? topic : `partition ${partition} of ${topic}`;
  const names = tasks.map(({ name }) => name).join(', ');
  throw new EngineError('E_TOPIC_UNKNOWN', `there is no ${what} that a task (${names}) takes`, {
    hint: '`faultline topics --dry-run` tells which task takes what.',
  });
}

async function show({ places, chosen, terminal }: Work): Promise<void> {
  if (chosen.json) {
    const rows = places.map((place) => ({ ...place, lag: lagOf(place) }));
    await terminal.print(json(rows));
    return;
  }
  const columns = [
    ...PLACE,
    right('START'),
    right('END'),
    right('COMMITTED'),
    right('LAG'),
    { title: 'READ BY' },
  ];
  const rows = places.map((place) => [
    ...named(place),
    formatCount(place.start),
    formatCount(place.end),
    offsetText(place.committed),
    formatCount(lagOf(place)),
    place.readBy ?? 'nobody',
  ]);
  await terminal.print(`${table(terminal, columns, rows)}\n`);
}

async function reset(work: Work): Promise<void> {
  const target = readTarget(work.chosen.to);
  const { ledger, places } = work;
  if (typeof target === 'object')
    return change(
      work,
      places.map((place) => moveTo(place, target.offset)),
    );
  const byTopic = new Map<string, ReadonlyMap<number, number>>();
  for (const topic of new Set(places.map((place) => place.topic))) {
    byTopic.set(topic, await ledger.offsetsAt(topic, target));
  }
  const moves = places.map((place) =>
    moveTo(place, byTopic.get(place.topic)?.get(place.partition) ?? place.committed ?? place.start),
  );
  return change(work, moves);
}

async function skipOver(work: Work): Promise<void> {
  const { ledger, config, places, chosen } = work;
  const begins = await ledger.offsetsAt(chosen.topic ?? '', config.system.from);
  const moves = places.map((place) => skip(place, begins.get(place.partition) ?? place.start, chosen.count));
  return change(work, moves);
}

async function change({ ledger, chosen, terminal }: Work, moves: readonly Move[]): Promise<void> {
  const isDry = chosen['dry-run'];
  const groups = Map.groupBy(moves, ({ group }) => group);
  for (const [group, own] of isDry ? [] : groups) {
    await ledger.setPositions(
      group,
      // Without the note of what is finished above: it belongs to the old position.
      own.map(({ topic, partition, after }) => ({ topic, partition, offset: after, metadata: '' })),
    );
  }
  if (chosen.json) {
    const positions = moves.map(({ committed, ...move }) => ({ ...move, before: committed }));
    await terminal.print(json({ changed: !isDry, positions }));
    return;
  }
  const columns = [...PLACE, right('BEFORE'), right('AFTER'), right('LAG')];
  const rows = moves.map((move) => [
    ...named(move),
    offsetText(move.committed),
    formatCount(move.after),
    formatCount(lagOf({ ...move, committed: move.after })),
  ]);
  await terminal.print(`${table(terminal, columns, rows)}\n`);
  for (const group of isDry ? groups.keys() : []) {
    const found = (await ledger.groups([group])).find(({ name }) => name === group);
    const readBy = found === undefined ? null : readerOf(found);
    if (readBy !== null)
      terminal.note(`group ${group} is read by ${readBy} now: until it ends, this is refused`);
  }
  terminal.note(isDry || moves.length === 0 ? 'Nothing was changed.' : 'Stored.');
}

/** `{ offset }`: a number alone is an offset, not a time. */
function readTarget(text: string | null): From | { readonly offset: number } {
  if (text === 'earliest' || text === 'latest') return text;
  if (text !== null && /^\d+$/.test(text)) return { offset: Number(text) };
  const timeMs = text === null ? undefined : parseTimestampMs(text);
  if (timeMs !== undefined) return timeMs;
  const not = text === null ? 'it is missing' : `not ${JSON.stringify(text)}`;
  throw new EngineError(
    'E_USAGE',
    `--to must be earliest, latest, a time such as 2026-11-20T08:15Z or an offset, ${not}`,
  );
}

const PLACE: readonly Column[] = [
  { title: 'TASK' },
  { title: 'GROUP' },
  { title: 'TOPIC' },
  right('PARTITION'),
];

function named({ task, group, topic, partition }: Place): readonly string[] {
  return [task, group, topic, String(partition)];
}

function offsetText(offset: number | null): string {
  return offset === null ? 'none' : formatCount(offset);
}

function table(
  { paint }: Terminal,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const [head = '', ...lines] = formatTable(columns, rows);
  return rows.length === 0
    ? 'No task takes any topic that there is.'
    : [paint('bold', head), ...lines].join('\n');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function right(title: string): Column {
  return { title, align: 'right' };
}
