/** The help of a command and the list of all, from their declarations. Pure: text in lines. */
import { formatTable, wrapText } from './format.ts';
import { settingFlag } from './settings.ts';
import type { Command, Flag } from './spec.ts';
import { EXIT_CODES } from './spec.ts';
import type { Paint } from './terminal.ts';

/** How the command is called in what is printed; in a checkout it is `npm run -s faultline --`. */
export const PROGRAM = 'faultline';

const SUMMARY_WIDTH = 72;
const WRITTEN_WIDTH_MAX = 22;

/** The one-line usage: `faultline tail TOPIC [flags]`. */
export function usageLine({ name, operands, flags, settings }: Command): string {
  const words = [PROGRAM, name];
  if (operands.text !== '') words.push(operands.min === 0 ? `[${operands.text}]` : operands.text);
  if (Object.keys(flags).length + settings.length > 0) words.push('[flags]');
  return words.join(' ');
}

/** A row of a table of flags: how it is written, and what it does. */
export interface FlagRow {
  readonly written: string;
  readonly summary: string;
  readonly defaultText: string;
}

/** The flags of a command, or of its config keys. */
export function flagRows(flags: Readonly<Record<string, Flag<unknown>>>): readonly FlagRow[] {
  return Object.entries(flags).map(([name, { placeholder, summary, defaultText, kind }]) => ({
    written: placeholder === '' ? `--${name}` : `--${name} ${placeholder}`,
    summary: kind === 'many' ? `${summary} (may be repeated)` : summary,
    defaultText: defaultText ?? '',
  }));
}

/** A command's flags that set config keys. */
export function settingFlags({ settings }: Command): Readonly<Record<string, Flag<unknown>>> {
  return Object.fromEntries(settings.map((name) => [name, settingFlag(name)]));
}

/** What `faultline COMMAND --help` prints. */
export function commandHelp(command: Command, paint: Paint): string {
  const sections = [
    [command.summary],
    [`${paint('bold', 'Usage')}  ${usageLine(command)}`],
    ...command.details.map((text) => wrapText(text, 100)),
    flagSection(paint('bold', 'Flags'), command.flags),
    flagSection(paint('bold', 'Flags that set the config'), settingFlags(command)),
    command.allSettings
      ? ['  Every other key of the config has a flag too: docs/reference/config.md lists them.']
      : [],
    exampleSection(paint('bold', 'Examples'), command),
    [
      `${paint('bold', 'Exit codes')}  ${EXIT_CODES.map(([code, meaning]) => `${code} ${meaning}`).join(' · ')}`,
    ],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** What `faultline` and `faultline --help` print. */
export function overview(commands: readonly Command[], paint: Paint): string {
  const rows = commands.map(({ name, summary }) => [`  ${name}`, summary]);
  return [
    'faultline analyses crash and lag events: it consumes them, shards them by key',
    'over worker threads and publishes findings.',
    '',
    `${paint('bold', 'Usage')}  ${PROGRAM} COMMAND [flags]`,
    '',
    paint('bold', 'Commands'),
    ...formatTable([{ title: '' }, { title: '' }], rows),
    '',
    `${PROGRAM} COMMAND --help tells of a command’s flags; ${PROGRAM} --version of this program.`,
    '',
  ].join('\n');
}

/** A flag that is written long stands on a line of its own. */
function flagSection(title: string, flags: Readonly<Record<string, Flag<unknown>>>): readonly string[] {
  const rows = flagRows(flags);
  if (rows.length === 0) return [];
  const widths = rows.map(({ written }) => written.length).filter((width) => width <= WRITTEN_WIDTH_MAX);
  const width = Math.max(0, ...widths);
  const lines = rows.flatMap(({ written, summary, defaultText }) => {
    const text = wrapText(defaultText === '' ? summary : `${summary} [${defaultText}]`, SUMMARY_WIDTH);
    const indented = text.map((line) => `  ${' '.repeat(width)}  ${line}`);
    const head = `  ${written.padEnd(width)}  `;
    return written.length > width
      ? [`  ${written}`, ...indented]
      : [head + (text[0] ?? ''), ...indented.slice(1)];
  });
  return [title, ...lines];
}

function exampleSection(title: string, { examples }: Command): readonly string[] {
  const lines = examples.flatMap(({ args, does }) => [`  ${PROGRAM} ${args}`, `      ${does}`]);
  return lines.length === 0 ? [] : [title, ...lines];
}
