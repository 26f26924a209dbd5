/** Arguments to an invocation's values, by the command's declaration. Wrong use is `E_USAGE`, in one sentence. */
import { parseArgs } from 'node:util';
import { describe, EngineError } from '../model/errors.ts';
import { SETTINGS, settingFlag } from './settings.ts';
import type { Command, Flag, Invocation, Settings } from './spec.ts';
import { suggest } from '../config/suggest.ts';

/** What was given, understood; or that help is wanted. */
export type Parsed =
  ({ readonly help: false } & Pick<Invocation, 'operands' | 'flags' | 'settings'>) | { readonly help: true };

/** Parses the arguments behind the command's name. Throws `E_USAGE`. */
export function parseCommand(command: Command, args: readonly string[]): Parsed {
  const declared = declarations(command);
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens(args, declared)) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') operands.push(token.value);
    else if (isHelp(token.rawName)) return { help: true };
    else take(token, declared, given);
  }
  checkOperands(command, operands);
  return { help: false, operands, flags: flagValues(command, given), settings: settingTexts(command, given) };
}

type Declarations = ReadonlyMap<string, Flag<unknown>>;
type Token = ReturnType<typeof tokens>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

function declarations(command: Command): Declarations {
  const settings = settingNames(command).map((name) => [name, settingFlag(name)] as const);
  return new Map([...Object.entries(command.flags), ...settings]);
}

/** A flag of the command’s own (`tail --from`) stands for the one of the config. */
function settingNames({ flags, settings, allSettings }: Command): readonly string[] {
  return allSettings === true ? SETTINGS.filter((name) => !Object.hasOwn(flags, name)) : settings;
}

/** Not strict: what is wrong is said in our own words. */
function tokens(args: readonly string[], declared: Declarations) {
  const options = Object.fromEntries(
    [...declared].map(([name, flag]) => [
      name,
      { type: flag.kind === 'switch' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  return parseArgs({ args: [...args], options, strict: false, tokens: true }).tokens;
}

function isHelp(rawName: string): boolean {
  return rawName === '--help' || rawName === '-h';
}

function take(token: OptionToken, declared: Declarations, given: Map<string, string[]>): void {
  const flag = token.rawName.startsWith('--') ? declared.get(token.name) : undefined;
  if (flag === undefined) throw unknownFlag(token.rawName, declared);
  if (flag.kind === 'switch' && token.value !== undefined) {
    throw new EngineError('E_USAGE', `--${token.name} takes no value`);
  }
  // The next flag taken for a value is a value forgotten; `-` and `-5` are values.
  const forgotten = token.value === undefined || (!token.inlineValue && /^--?[a-z]/i.test(token.value));
  if (flag.kind !== 'switch' && forgotten) {
    throw new EngineError('E_USAGE', `--${token.name} needs a value: --${token.name} ${flag.placeholder}`);
  }
  given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
}

function unknownFlag(rawName: string, declared: Declarations): EngineError {
  const near = suggest(rawName.replace(/^-+/, ''), [...declared.keys(), 'help']);
  const question = near === null ? '' : `; did you mean --${near}?`;
  return new EngineError('E_USAGE', `there is no flag ${rawName}${question}`);
}

function checkOperands({ name, operands }: Command, given: readonly string[]): void {
  if (given.length > operands.max) {
    const extra = JSON.stringify(given[operands.max]);
    throw new EngineError(
      'E_USAGE',
      operands.max === 0 ? `${name} takes no ${extra}` : `${extra} is one too many`,
    );
  }
  if (given.length < operands.min) throw new EngineError('E_USAGE', `${operands.text} is missing`);
}

function flagValues(
  command: Command,
  given: ReadonlyMap<string, readonly string[]>,
): Record<string, unknown> {
  const entries = Object.entries(command.flags).map(([name, flag]) => {
    const texts = given.get(name);
    return [name, texts === undefined ? flag.absent : read(name, flag, texts)];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function read(name: string, flag: Flag<unknown>, texts: readonly string[]): unknown {
  try {
    return flag.parse(texts);
  } catch (error) {
    throw new EngineError('E_USAGE', `--${name} ${describe(error)}`, { cause: error });
  }
}

function settingTexts(command: Command, given: ReadonlyMap<string, readonly string[]>): Settings {
  const entries = settingNames(command).flatMap((name) => {
    const texts = given.get(name);
    return texts === undefined ? [] : [[name, settingFlag(name).parse(texts)] as const];
  });
  return Object.fromEntries(entries);
}
