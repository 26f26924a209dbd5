/**
 * Loads a config: file, environment and flags, later ones over earlier ones, into one checked and
 * frozen whole. Every mistake is told at once, with its place.
 *
 * It reads the one file that is named and nothing else: no default file is looked for.
 */
import { checkDraft } from './check.ts';
import { kafkaOddities } from './check-kafka.ts';
import type { Config } from './config.ts';
import { draftConfig } from './draft.ts';
import type { FileLayer } from './file.ts';
import { readTree } from './file.ts';
import { ENV_CONFIG } from './flags.ts';
import { readEnv, readFlags } from './layer.ts';
import { Mistakes } from './mistakes.ts';
import { readText } from './read-text.ts';
import { readYaml } from './yaml.ts';

/** What stands over the file. */
export interface Overlays {
  /** Flags by name without dashes; `config` names the file. */
  readonly flags?: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Everything a config is made of. */
export interface ConfigInput extends Overlays {
  /** `null`: no file. */
  readonly file: { readonly name: string; readonly text: string } | null;
}

/**
 * Reads the file that `--config` or `FAULTLINE_CONFIG` names, if any. Rejects with `E_CONFIG_READ`, and as
 * {@link parseConfig} throws.
 */
export async function loadConfig({ flags = {}, env = {} }: Overlays): Promise<Config> {
  const named = flags['config'] ?? env[ENV_CONFIG];
  const name = typeof named === 'object' ? named.at(-1) : named;
  if (typeof name !== 'string' || name === '') return parseConfig({ file: null, flags, env });
  return parseConfig({ file: { name, text: await readText(name, name) }, flags, env });
}

/**
 * The config, complete. Pure, but for relative paths of modules, which become absolute. Throws
 * `E_CONFIG_INVALID` with `details.mistakes`, or the one code that all mistakes have
 * (`E_ROUTE_OWN_OUTPUT`, `E_ROUTE_AMBIGUOUS`).
 */
export function parseConfig({ file, flags = {}, env = {} }: ConfigInput): Config {
  const mistakes = new Mistakes();
  const fromFile = file === null ? NOTHING : readFileLayer(file, mistakes);
  const fromEnv = readEnv(env, mistakes);
  const layers = { file: fromFile, env: fromEnv.layer, flags: readFlags(flags, mistakes) };
  const draft = draftConfig(layers, mistakes);
  checkDraft(draft, mistakes);
  mistakes.throwIfAny();
  return deepFreeze({
    file: file?.name ?? null,
    system: draft.system,
    tasks: draft.tasks.map(({ config }) => config),
    warnings: [...fromEnv.warnings, ...draft.warnings, ...kafkaOddities(draft.system)],
  });
}

const NOTHING: FileLayer = { system: new Map(), tasks: null };

function readFileLayer({ name, text }: { name: string; text: string }, mistakes: Mistakes): FileLayer {
  const root = readYaml(name, text, mistakes);
  return root === null ? NOTHING : readTree(name, root, mistakes);
}

/** Patterns stay as they are: they hold no state of their own without the flags `g` and `y`. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
