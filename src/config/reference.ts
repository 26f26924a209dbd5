/** docs/reference/config.md, from the table in `spec.ts`. Pure. */
import { CONFIG_FLAGS, systemEntries } from './flags.ts';
import type { ConfigFlag } from './flags.ts';
import type { Key } from './keys.ts';
import { DEFAULT_TASKS, TASK_DOCS } from './task-spec.ts';

const HEAD = `# Config

Every key, in the order of its table. [The guide](../guide/config.md) explains by example. Editors
complete and check a config file by [its schema](config.schema.json).

What is said later counts: default, \`system\` in the file, a task in the file, environment variable,
flag. **Task** marks what a task can say for itself. Sizes in bytes may be written \`64 MiB\` (KiB, MiB,
GiB); everything in milliseconds is named \`…Ms\`. The config file itself is named by \`--config\` or
\`FAULTLINE_CONFIG\`; none is looked for.`;

/** Markdown, ending with a line break. */
export function configReference(): string {
  const single = systemEntries().filter(([, entry]) => !('keys' in entry));
  const names = new Set(single.map(([name]) => name));
  const sections = systemEntries().flatMap(([name, entry]) =>
    'keys' in entry ? [`## system.${name}`, entry.doc, keyTable((path) => path.startsWith(`${name}.`))] : [],
  );
  return `${[HEAD, '## system', keyTable((path) => names.has(path)), ...sections, ...tasks()].join('\n\n')}\n`;
}

function tasks(): readonly string[] {
  const rows = Object.entries(TASK_DOCS).map(([name, doc]) => [
    `\`tasks.NAME.${name}\``,
    doc,
    taskDefault(name),
  ]);
  const defaults = Object.entries(DEFAULT_TASKS).map(([name, { topics, analyzer }]) => [
    `\`${name}\``,
    topics.map((topic) => `\`${topic}\``).join(', '),
    `\`${analyzer}\``,
  ]);
  return [
    '## tasks.NAME',
    'A map of tasks by name. Besides these keys a task takes every key that is marked above, at the same path (`tasks.NAME.retry.max`).',
    table(['key', 'meaning', 'default'], rows),
    'Without `tasks` there are these; a task of one of these names may leave out its `topics` and `analyzer`:',
    table(['task', 'topics', 'analyzer'], defaults),
  ];
}

function taskDefault(name: string): string {
  return name === 'enabled' ? '`true`' : name === 'analyzers' ? '`{}`' : '';
}

function keyTable(isIn: (path: string) => boolean): string {
  return table(
    ['key', 'meaning', 'values', 'default', 'task', 'flag and variable'],
    CONFIG_FLAGS.filter(({ path }) => isIn(path)).map(keyRow),
  );
}

function keyRow({ path, key, task, flag, env }: ConfigFlag): readonly string[] {
  return [
    `\`system.${path}\``,
    key.doc,
    values(key),
    defaultText(key),
    task ? 'task' : '',
    key.type === 'secret' ? `\`${env}\`` : `\`--${flag}\` \`${env}\``,
  ];
}

function values(key: Key): string {
  switch (key.type) {
    case 'int':
      return `${sizeText(key.min, key)} to ${sizeText(key.max, key)}`;
    case 'choice':
      return key.options.map((option) => `\`${option}\``).join(', ');
    case 'bool':
      return '`true`, `false`';
    case 'threads':
      return `\`auto\`, 1 to ${key.max}`;
    case 'from':
      return '`earliest`, `latest`, a time (`2026-11-20T08:15:30Z`)';
    case 'address':
      return '`HOST:PORT`, a port, `null`; as flag also `none`';
    case 'name':
      return 'a name';
    case 'path':
      return 'a directory';
    case 'socket':
      return '`auto`, a path, `none`';
    case 'file':
      return 'a path, `null`; as flag also `none`';
    case 'text':
      return 'a text, `null`; as flag also `none`';
    case 'secret':
      return 'a text; never in the config file nor as a flag';
    case 'hosts':
      return 'a list of `HOST:PORT`, or a text with commas between them';
    case 'field':
      return 'a path of names (`dimensions.device_id`), `null`; as flag also `none`';
    default:
      return 'a topic’s name';
  }
}

function defaultText(key: Key): string {
  if (key.type === 'int') return sizeText(key.default, key);
  const text = String(key.default);
  return text === '' ? '' : `\`${text}\``;
}

const SIZES: readonly (readonly [unit: string, bytes: number])[] = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
];

function sizeText(value: number, key: Key): string {
  const even = SIZES.find(([, bytes]) => value >= bytes && value % bytes === 0);
  const isSize = key.type === 'int' && key.unit === 'bytes';
  return isSize && even !== undefined ? `${value / even[1]} ${even[0]}` : value.toLocaleString('en');
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
