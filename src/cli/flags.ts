/** The kinds of flags: what is written after their names, and what becomes of it. */
import { EngineError } from '../model/errors.ts';
import type { Flag } from './spec.ts';

/** What every flag says of itself. */
interface Words {
  readonly summary: string;
  readonly placeholder?: string;
}

/** Bounds of a number, both allowed. */
interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** `--json`: there or not. */
export function switchFlag(summary: string): Flag<boolean> {
  return { kind: 'switch', placeholder: '', summary, absent: false, parse: () => true };
}

/** `--topic NAME`: a text with a default. */
export function textFlag(words: Words & { readonly fallback: string }): Flag<string> {
  return { ...one(words, 'TEXT', words.fallback), absent: words.fallback, parse: last };
}

/** A text that may be left out. */
export function optionalText(words: Words): Flag<string | null> {
  return { ...one(words, 'TEXT'), absent: null, parse: last };
}

/** `--include GLOB --include GLOB`: any number of texts. */
export function listFlag(words: Words): Flag<readonly string[]> {
  return { ...one(words, 'TEXT'), kind: 'many', absent: [], parse: (texts) => texts };
}

/** `--kind auto|crash|lag`: one of some words. */
export function choiceFlag<const Choice extends string>(
  summary: string,
  choices: readonly Choice[],
  fallback: Choice,
): Flag<Choice> {
  const parse = (texts: readonly string[]): Choice => {
    const found = choices.find((choice) => choice === last(texts));
    if (found === undefined) throw wrong(`must be one of ${choices.join(', ')}`, texts);
    return found;
  };
  return { ...one({ summary, placeholder: choices.join('|') }, '', fallback), absent: fallback, parse };
}

/** `--count N`: a number with a default, within bounds. */
export function numberFlag(
  words: Words & Bounds & { readonly fallback: number; readonly whole?: boolean },
): Flag<number> {
  const parse = (texts: readonly string[]): number => readNumber(texts, words);
  return { ...one(words, 'N', words.fallback.toLocaleString('en')), absent: words.fallback, parse };
}

/** A number that may be left out. */
export function optionalNumber(words: Words & Bounds & { readonly whole?: boolean }): Flag<number | null> {
  return { ...one(words, 'N'), absent: null, parse: (texts) => readNumber(texts, words) };
}

type Declared = Pick<Flag<never>, 'kind' | 'placeholder' | 'summary' | 'defaultText'>;

function one(words: Words, placeholder: string, defaultText?: string): Declared {
  return {
    kind: 'one',
    placeholder: words.placeholder ?? placeholder,
    summary: words.summary,
    ...(defaultText === undefined ? {} : { defaultText }),
  };
}

function last(texts: readonly string[]): string {
  return texts.at(-1) ?? '';
}

/** `1_000_000`, `1,000,000` and `1e6` are numbers too. */
function readNumber(texts: readonly string[], bounds: Bounds & { readonly whole?: boolean }): number {
  const { min = -Infinity, max = Infinity, whole = false } = bounds;
  const text = last(texts).replaceAll(/(?<=\d)[_,](?=\d{3})/g, '');
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const fits = value >= min && value <= max && (!whole || Number.isSafeInteger(value));
  if (!fits) throw wrong(`must be ${wanted(min, max, whole)}`, texts);
  return value;
}

function wanted(min: number, max: number, whole: boolean): string {
  const noun = whole ? 'a whole number' : 'a number';
  if (min === -Infinity && max === Infinity) return noun;
  if (max === Infinity) return `${noun} of at least ${min.toLocaleString('en')}`;
  return `${noun} from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
}

function wrong(rule: string, texts: readonly string[]): EngineError {
  return new EngineError('E_USAGE', `${rule}, not ${JSON.stringify(last(texts).slice(0, 100))}`);
}
