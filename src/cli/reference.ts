/** docs/reference/commands.md, from the commands' declarations. Pure. */
import { flagRows, PROGRAM, settingFlags, usageLine } from './help.ts';
import type { FlagRow } from './help.ts';
import type { Command } from './spec.ts';
import { EXIT_CODES } from './spec.ts';

/** The page, in Markdown. */
export function commandReference(commands: readonly Command[]): string {
  const sections = [
    '# Commands',
    'In a checkout the command is `npm run -s faultline -- COMMAND …`, which uses the pinned Node.',
    table(
      ['command', 'what it does'],
      commands.map(({ name, summary }) => [`[\`${name}\`](#${name})`, summary]),
    ),
    `Errors are one sentence on stderr, \`${PROGRAM} COMMAND: what is wrong\`, and a hint; [errors](errors.md) lists all. The exit codes are the same for all commands:`,
    table(
      ['code', 'meaning'],
      EXIT_CODES.map(([code, meaning]) => [String(code), meaning]),
    ),
    ...commands.flatMap(commandSections),
  ];
  return `${sections.join('\n\n')}\n`;
}

function commandSections(command: Command): readonly string[] {
  const settings = settingFlags(command);
  return [
    `## ${command.name}`,
    command.summary,
    ['```', usageLine(command), '```'].join('\n'),
    ...command.details,
    ...flagTable('flag', flagRows(command.flags)),
    ...flagTable('flag that sets the [config](config.md)', flagRows(settings)),
    ...(command.allSettings === true ? ['Every other key of the [config](config.md) has a flag too.'] : []),
    ...examples(command),
  ];
}

function flagTable(title: string, rows: readonly FlagRow[]): readonly string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ written, summary, defaultText }) => [
    `\`${written}\``,
    summary,
    defaultText === '' ? '' : `\`${defaultText}\``,
  ]);
  return [table([title, 'what it does', 'default'], cells)];
}

function examples({ examples: list }: Command): readonly string[] {
  if (list.length === 0) return [];
  return [
    ['```sh', ...list.flatMap(({ args, does }) => [`# ${does}`, `${PROGRAM} ${args}`]), '```'].join('\n'),
  ];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
