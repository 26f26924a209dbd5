/**
 * From arguments to an exit code: finds the command, parses, runs it, and says in one sentence what
 * went wrong. Never rejects, never ends the process itself.
 */
import { describe, EngineError, errorSpec } from '../model/errors.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, overview, PROGRAM } from './help.ts';
import { parseCommand } from './parse.ts';
import type { Command } from './spec.ts';
import { suggest } from '../config/suggest.ts';
import { ownVersion } from '../system/version.ts';
import type { Terminal } from './terminal.ts';
import { openTerminal } from './terminal.ts';

/** Runs a command line; resolves to the exit code. */
export async function main(
  args: readonly string[],
  terminal: Terminal = openTerminal(process),
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  const [first = '', ...rest] = args;
  try {
    const command = COMMANDS.find(({ name }) => name === first);
    if (command !== undefined) return await runCommand(command, rest, { terminal, env });
    return await runGlobal(first, rest, terminal);
  } catch (error) {
    return report(PROGRAM, error, terminal);
  }
}

type Surroundings = Pick<Parameters<Command['run']>[0], 'terminal' | 'env'>;

async function runCommand(command: Command, args: readonly string[], around: Surroundings): Promise<number> {
  try {
    const parsed = parseCommand(command, args);
    if (!parsed.help) return await command.run({ ...parsed, ...around });
    await around.terminal.print(commandHelp(command, around.terminal.paint));
    return 0;
  } catch (error) {
    return report(`${PROGRAM} ${command.name}`, error, around.terminal);
  }
}

async function runGlobal(first: string, rest: readonly string[], terminal: Terminal): Promise<number> {
  if (first === '--version') {
    await terminal.print(`${ownVersion()}\n`);
    return 0;
  }
  if (first === '') {
    terminal.note(overview(COMMANDS, terminal.paintNote).trimEnd());
    return 2;
  }
  if (first !== 'help' && first !== '--help' && first !== '-h') throw unknownCommand(first);
  const command = COMMANDS.find(({ name }) => name === rest[0]);
  if (command === undefined && rest[0] !== undefined) throw unknownCommand(rest[0]);
  const help =
    command === undefined ? overview(COMMANDS, terminal.paint) : commandHelp(command, terminal.paint);
  await terminal.print(help);
  return 0;
}

function unknownCommand(word: string): EngineError {
  if (word.startsWith('-')) {
    return new EngineError('E_USAGE', `there is no flag ${word} before the command`, {
      hint: `Flags follow the command: ${PROGRAM} COMMAND ${word}.`,
    });
  }
  const names = COMMANDS.map(({ name }) => name);
  const near = suggest(word, names);
  const question = near === null ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
  return new EngineError('E_USAGE', `there is no command ${JSON.stringify(word)}; ${question}`);
}

/** One sentence and a hint; the exit code is that of the error's code. */
function report(who: string, error: unknown, { paintNote, note, status }: Terminal): number {
  status('');
  if (!(error instanceof EngineError)) {
    // Not foreseen: whoever repairs it needs the stack.
    note(`${who}: ${paintNote('red', 'unexpected:')} ${describe(error)}`);
    if (error instanceof Error && error.stack !== undefined) note(paintNote('dim', error.stack));
    return 1;
  }
  note(`${who}: ${error.message}`);
  note(paintNote('dim', `  ${error.hint} (${error.code})`));
  return errorSpec(error.code).exit;
}
