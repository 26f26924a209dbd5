/**
 * The flags and environment variables of the config, one of each for every key of `system`, made
 * from the table in `spec.ts`. A variable is its flag in capitals: `--linger-ms`, `FAULTLINE_LINGER_MS`.
 */
import { unreachable } from '../model/assert.ts';
import type { Key, Section } from './keys.ts';
import { SYSTEM } from './spec.ts';

/** What every variable begins with. */
export const ENV_PREFIX = 'FAULTLINE_';

/** The variable that names the config file, beside `--config`. */
export const ENV_CONFIG = 'FAULTLINE_CONFIG';

/** Variables of the command itself, which set no key. */
export const OTHER_ENV: readonly string[] = [ENV_CONFIG, 'FAULTLINE_DEBUG'];

/** One key of `system` and its names. */
export interface ConfigFlag {
  /** Without dashes: `linger-ms`. */
  readonly flag: string;
  /** `FAULTLINE_LINGER_MS`. */
  readonly env: string;
  /** `publish.lingerMs`. */
  readonly path: string;
  readonly key: Key;
  /** A task may have its own value. */
  readonly task: boolean;
  /** Stands for the value in help: `N`, `json|msgpack`. */
  readonly placeholder: string;
}

/** All keys in the order of the table. */
export const CONFIG_FLAGS: readonly ConfigFlag[] = systemEntries().flatMap(([name, entry]) =>
  flagsOf(name, entry, entry.task === true),
);

/** The keys and sections of `system`, all in their wide types. */
export function systemEntries(): readonly (readonly [name: string, entry: Key | Section])[] {
  return Object.entries<Key | Section>(SYSTEM);
}

/** The one with this flag. */
export function findFlag(flag: string): ConfigFlag | undefined {
  return CONFIG_FLAGS.find((each) => each.flag === flag);
}

function flagsOf(path: string, entry: Key | Section, task: boolean): readonly ConfigFlag[] {
  if (!('keys' in entry)) return [configFlag(path, entry, task)];
  return Object.entries(entry.keys).flatMap(([name, inner]) => flagsOf(`${path}.${name}`, inner, task));
}

function configFlag(path: string, key: Key, task: boolean): ConfigFlag {
  const flag = key.flag ?? kebab(path);
  const env = key.env ?? `${ENV_PREFIX}${flag.toUpperCase().replaceAll('-', '_')}`;
  return { flag, env, path, key, task, placeholder: placeholder(key) };
}

function kebab(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-');
}

function placeholder(key: Key): string {
  switch (key.type) {
    case 'int':
      return 'N';
    case 'bool':
      return 'true|false';
    case 'choice':
      return key.options.join('|');
    case 'name':
      return 'NAME';
    case 'path':
      return 'DIR';
    case 'topic':
      return 'TOPIC';
    case 'field':
      return 'FIELD';
    case 'threads':
      return 'auto|N';
    case 'from':
      return 'earliest|latest|TIME';
    case 'address':
      return 'HOST:PORT';
    case 'socket':
      return 'auto|none|PATH';
    case 'file':
      return 'FILE';
    case 'text':
    case 'secret':
      return 'TEXT';
    case 'hosts':
      return 'HOST:PORT,…';
    default:
      return unreachable(key);
  }
}
