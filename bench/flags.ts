/**
 * The command line of `npm run bench`: flags of its own and those of the sections, what they mean, and
 * sentences about wrong ones. Pure.
 */
import { parseArgs } from 'node:util';
import type { BenchOptions, Section } from './section.ts';

/** What the flags of a section are known by. */
export type SectionFacts = Pick<Section<unknown>, 'name' | 'about' | 'transports' | 'isUsual' | 'flags'>;

/** Options that are plain data; brokers and the like come with the run. */
export type PlainOptions = Omit<BenchOptions, 'flag' | 'brokers' | 'tell'>;

/** What was asked for. */
export interface Command {
  readonly wantsHelp: boolean;
  /** Names of the sections to run, in the order of the list. */
  readonly sections: readonly string[];
  readonly options: PlainOptions;
  /** The sections' own flags, as given. */
  readonly own: Readonly<Record<string, string>>;
  readonly json: string | undefined;
  readonly wantsKeep: boolean;
}

/** A flag is wrong; the message is one sentence. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/** Words for `--only` that stand for several sections. */
export type Words = Readonly<Record<string, readonly string[]>>;

const TRANSPORTS = ['memory', 'log', 'kafka'];
/** Ends the name of a section's flag that says on which of its transports it runs. */
const TRANSPORT_FLAG = '-transport';

/** `value` stands for what the flag takes; `null`: nothing. */
const OWN: Readonly<Record<string, { readonly value: string | null; readonly means: string }>> = {
  only: { value: 'NAME,…', means: 'the sections to run; without it the usual ones' },
  quick: { value: null, means: 'a short form that shows whether everything works' },
  transport: { value: 'memory|log|kafka,…', means: 'leaves out sections and runs on other transports' },
  publish: { value: 'sync|async,…', means: 'how findings are published; both unless told' },
  threads: { value: 'N,…', means: 'numbers of worker threads; without it 1, 2, 4 … up to the cores' },
  count: { value: 'N', means: 'events of a run' },
  analyzer: { value: 'NAME|PATH,…', means: 'small (does nothing), crash, lag, or the path of a module' },
  seed: { value: 'N', means: 'changes all data; 1 unless told' },
  set: { value: 'FLAG=VALUE', means: 'a flag of `faultline run`; may be repeated' },
  json: { value: 'FILE', means: 'where the results go too' },
  keep: { value: null, means: 'keeps them in bench/results, with plots, and writes docs/benchmarks.md anew' },
  help: { value: null, means: 'this list' },
};

/** Reads the command line. Throws FlagError. */
export function parseCommand(
  argv: readonly string[],
  sections: readonly SectionFacts[],
  { words, cores }: { readonly words: Words; readonly cores: number },
): Command {
  const values = parsed(argv, sections);
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const isQuick = values['quick'] === true;
  const transports = listOf('transport', text('transport'), TRANSPORTS);
  return {
    wantsHelp: values['help'] === true,
    sections: chosen(sections, { only: text('only'), words, transports }),
    options: {
      isQuick,
      publish: modes(text('publish')),
      threads: numbers('threads', text('threads')) ?? defaultThreads(cores, isQuick),
      count: numbers('count', text('count'))?.[0] ?? null,
      analyzers: text('analyzer')?.split(',') ?? null,
      seed: wholeNumber('seed', text('seed') ?? '1'),
      settings: settings(values['set']),
    },
    own: ownFlags(sections, text, transports),
    json: text('json'),
    wantsKeep: values['keep'] === true,
  };
}

/** What `--help` prints. */
export function helpText(sections: readonly SectionFacts[], words: Words): string {
  const flags = Object.entries(OWN).map(([name, { value, means }]) =>
    line(value === null ? `--${name}` : `--${name} ${value}`, means),
  );
  const parts = sections.flatMap(({ name, about, isUsual, flags: own }) => [
    '',
    line(name, isUsual ? about : `${about} (only when it is asked for)`),
    ...Object.entries(own).map(([flag, means]) => line(`  --${flag}`, means)),
  ]);
  const groups = Object.entries(words).map(([word, names]) => line(word, names.join(', ')));
  return [
    'npm run bench -- [FLAG …]: measures, and checks that every result is right.',
    '',
    ...flags,
    '',
    'Sections, with flags of their own:',
    ...parts,
    '',
    'Words for several:',
    ...groups,
  ].join('\n');
}

/** A whole number of at least 1. Throws FlagError. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new FlagError(`--${name} takes whole numbers of at least 1, not ${text}`);
}

/** Words of a list with commas, each one of `all`; `null` where nothing was given. Throws FlagError. */
export function listOf<Word extends string>(
  name: string,
  text: string | undefined,
  all: readonly Word[],
): readonly Word[] | null {
  if (text === undefined) return null;
  return text.split(',').map((word) => {
    const known = all.find((each) => each === word);
    if (known === undefined) throw new FlagError(`--${name} takes ${all.join(', ')}, not ${word}`);
    return known;
  });
}

const MEANING_AT = 34;

function line(what: string, means: string): string {
  return `  ${what.padEnd(MEANING_AT)} ${means}`;
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function parsed(argv: readonly string[], sections: readonly SectionFacts[]): Values {
  const own = Object.entries(OWN).map(([name, { value }]) => [
    name,
    { type: value === null ? ('boolean' as const) : ('string' as const), multiple: name === 'set' },
  ]);
  const others = sections.flatMap(({ flags }) =>
    Object.keys(flags).map((name) => [name, { type: 'string' as const }]),
  );
  const options = Object.fromEntries([...others, ...own]) as Record<string, { type: 'string' | 'boolean' }>;
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    // It goes on with advice about other command lines.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split(/\.\s/);
    throw new FlagError(`${sentence}; --help lists the flags`, { cause: error });
  }
}

function chosen(
  sections: readonly SectionFacts[],
  by: {
    readonly only: string | undefined;
    readonly words: Words;
    readonly transports: readonly string[] | null;
  },
): readonly string[] {
  const known = sections.map(({ name }) => name);
  const all = [...new Set([...known, ...Object.keys(by.words)])];
  const wanted = listOf('only', by.only, all)?.flatMap((word) => by.words[word] ?? [word]);
  return sections
    .filter(({ name, isUsual }) => wanted?.includes(name) ?? isUsual)
    .filter(({ transports }) => transports.some((each) => by.transports?.includes(each) ?? true))
    .map(({ name }) => name);
}

/** `--transport` stands for each flag that says on which of its transports a section runs. */
function ownFlags(
  sections: readonly SectionFacts[],
  text: (name: string) => string | undefined,
  chosenTransports: readonly string[] | null,
): Readonly<Record<string, string>> {
  const entries = sections.flatMap(({ flags, transports }) =>
    Object.keys(flags).map((name) => {
      const meant = transports.filter((each) => chosenTransports?.includes(each)).join();
      const stands = name.endsWith(TRANSPORT_FLAG) && meant !== '' ? meant : undefined;
      return [name, text(name) ?? stands] as const;
    }),
  );
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function modes(text: string | undefined): readonly ('sync' | 'async')[] {
  return listOf('publish', text, ['sync', 'async'] as const) ?? ['sync', 'async'];
}

function numbers(name: string, text: string | undefined): readonly number[] | null {
  return text?.split(',').map((each) => wholeNumber(name, each)) ?? null;
}

/** 1, 2, 4 … and all cores; the short form takes two. */
function defaultThreads(cores: number, isQuick: boolean): readonly number[] {
  if (isQuick) return [2];
  const powers = Array.from({ length: Math.floor(Math.log2(cores)) + 1 }, (_, i) => 2 ** i);
  return [...new Set([...powers, cores])];
}

function settings(given: Values[string]): Readonly<Record<string, string>> {
  const texts = Array.isArray(given) ? given.map(String) : [];
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new FlagError(`--set takes FLAG=VALUE, not ${text}`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
