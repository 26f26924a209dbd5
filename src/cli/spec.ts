/**
 * How a command is declared: once, as data, from which parsing, `--help`, the errors of wrong use
 * and docs/reference/commands.md all come.
 *
 * Flags that set a config key are not declared here but taken from `src/config/spec.ts`.
 */
import type { Terminal } from './terminal.ts';

/** Declares a flag and says how its text becomes a value. */
export interface Flag<Value> {
  readonly kind: 'switch' | 'one' | 'many';
  /** Stands for the value in help: `N`, `FILE`. Empty for a switch. */
  readonly placeholder: string;
  readonly summary: string;
  /** The default as help shows it; absent where there is none. */
  readonly defaultText?: string;
  /** The value of a flag that is not given. */
  readonly absent: Value;
  /** Turns all texts that were given into the value. Throws `E_USAGE` with the words after the flag's name. */
  readonly parse: (texts: readonly string[]) => Value;
}

/** Flags by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The values of declared flags. */
export type Values<Declared extends Flags> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Flag<infer Value> ? Value : never;
};

/** Texts of flags that set config keys, by flag name, for the config to validate. */
export type Settings = Readonly<Record<string, string>>;

/** What a command gets. */
export interface Invocation<Declared extends Flags = Flags> {
  readonly operands: readonly string[];
  readonly flags: Values<Declared>;
  readonly settings: Settings;
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a command takes beside flags. */
export interface Operands {
  /** As in usage: `FILE|-`, `PATH…|-`; empty for none. */
  readonly text: string;
  readonly min: number;
  readonly max: number;
}

/** One example: the arguments and what they do. */
export interface Example {
  readonly args: string;
  readonly does: string;
}

/** A command with its flags' types forgotten, as the list of commands holds it. */
export interface Command {
  readonly name: string;
  /** One sentence, in lists and at the head of its help. */
  readonly summary: string;
  /** What else there is to know, in whole sentences. */
  readonly details: readonly string[];
  readonly operands: Operands;
  readonly flags: Flags;
  /** Names of the config's flags that it takes; help shows them. */
  readonly settings: readonly string[];
  /** It takes all other flags of the config too. */
  readonly allSettings?: true;
  readonly examples: readonly Example[];
  /** Runs it; resolves to the exit code. Rejects with a coded error. */
  readonly run: (invocation: Invocation) => Promise<number>;
}

/** Exit codes, the same for all commands. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done'],
  [1, 'failed while doing it'],
  [2, 'wrong use or config'],
  [3, 'not ready: something outside is missing or busy'],
];

/** What {@link command} takes: a command whose `run` sees the types of its own flags. */
export interface CommandSpec<Declared extends Flags> extends Omit<Command, 'flags' | 'run'> {
  readonly flags: Declared;
  readonly run: (invocation: Invocation<Declared>) => Promise<number>;
}

/** Declares a command. The parser gives `run` exactly the values that its flags declare. */
export function command<const Declared extends Flags>(spec: CommandSpec<Declared>): Command {
  return { ...spec, run: (invocation) => spec.run(invocation as Invocation<Declared>) };
}
