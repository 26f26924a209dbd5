/** Values by key, each with the place that gave it: what a file, the environment or the flags say. */
import { CONFIG_FLAGS, ENV_PREFIX, findFlag, OTHER_ENV } from './flags.ts';
import type { ConfigFlag } from './flags.ts';
import type { Key } from './keys.ts';
import type { Mistakes } from './mistakes.ts';
import { didYouMean } from './suggest.ts';
import { describeRaw, readValue } from './values.ts';
import type { Written } from './values.ts';

/** A value that was given. */
export interface Given {
  readonly value: unknown;
  readonly place: string;
  /** The key as a mistake names it; empty where the place says it. */
  readonly path: string;
}

/** By the key's path, `publish.lingerMs`. */
export type Layer = ReadonlyMap<string, Given>;

/** Reads one value, or takes the mistake. */
export function readGiven(
  key: Key,
  written: Written,
  at: Pick<Given, 'place' | 'path'>,
  mistakes: Mistakes,
): Given | null {
  const reading = readValue(key, written);
  if ('value' in reading) return { value: reading.value, ...at };
  const { expected, near = '' } = reading;
  mistakes.add({ ...at, message: `expected ${expected}, got ${describeRaw(written.raw)}${near}` });
  return null;
}

/**
 * A secret in a file would be copied with it, behind a flag everybody on the machine sees it: takes the
 * mistake, which does not repeat what was written.
 */
export function refuseSecret(path: string, at: Pick<Given, 'place' | 'path'>, mistakes: Mistakes): void {
  const env = CONFIG_FLAGS.find((flag) => flag.path === path)?.env ?? '';
  const message = `is a secret and must not stand here: give it by ${env}, or in a file that ${path}File names`;
  mistakes.add({ ...at, message });
}

/** Flags by name without dashes; of a list the last counts. Unknown ones are mistakes. */
export function readFlags(
  flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
  mistakes: Mistakes,
): Layer {
  const layer = new Map<string, Given>();
  for (const [name, raw] of Object.entries(flags)) {
    const text = typeof raw === 'object' ? raw.at(-1) : raw;
    if (text === undefined || name === 'config') continue;
    const place = `--${name}`;
    const flag = findFlag(name);
    if (flag === undefined) {
      mistakes.add({ place, path: '', message: `unknown flag${didYouMean(name, flagNames())}` });
    } else if (flag.key.type === 'secret') {
      refuseSecret(flag.path, { place, path: '' }, mistakes);
    } else {
      readText(layer, flag, { text: String(text), place, mistakes });
    }
  }
  return layer;
}

/** Variables that begin with the prefix. An unknown one is no mistake (Kubernetes makes some), but is told. */
export function readEnv(
  env: Readonly<Record<string, string | undefined>>,
  mistakes: Mistakes,
): { readonly layer: Layer; readonly warnings: readonly string[] } {
  const layer = new Map<string, Given>();
  const warnings: string[] = [];
  const names = CONFIG_FLAGS.map((flag) => flag.env);
  for (const [place, text] of Object.entries(env)) {
    if (text === undefined || !place.startsWith(ENV_PREFIX) || OTHER_ENV.includes(place)) continue;
    const flag = CONFIG_FLAGS.find((each) => each.env === place);
    if (flag === undefined)
      warnings.push(`${place} is not a variable of faultline${didYouMean(place, names)}`);
    else readText(layer, flag, { text, place, mistakes });
  }
  return { layer, warnings };
}

function readText(
  layer: Map<string, Given>,
  { path, key }: ConfigFlag,
  { text, place, mistakes }: { text: string; place: string; mistakes: Mistakes },
): void {
  const given = readGiven(key, { raw: text, text: true, directory: '' }, { place, path: '' }, mistakes);
  if (given !== null) layer.set(path, given);
}

function flagNames(): readonly string[] {
  return CONFIG_FLAGS.map(({ flag }) => flag);
}
