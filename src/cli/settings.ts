/**
 * Flags that set config keys, as the parser and the help see them. Made from the config's own
 * declaration: it names them, and looks at their values.
 */
import { CONFIG_FLAGS, findFlag } from '../config/flags.ts';
import { assert } from '../model/assert.ts';
import type { Flag } from './spec.ts';

/** The flag that names the config file. */
const CONFIG_FILE: Flag<string> = setting({
  placeholder: 'FILE',
  summary: 'Config file; flags and environment variables (`FAULTLINE_…`) stand over it.',
});

/** All names: `config`, and one for each key of the config. */
export const SETTINGS: readonly string[] = ['config', ...CONFIG_FLAGS.map(({ flag }) => flag)];

/** The flag of a config key by its name. */
export function settingFlag(name: string): Flag<string> {
  if (name === 'config') return CONFIG_FILE;
  const found = findFlag(name);
  assert(found !== undefined, `${name} is a flag of the config`);
  const { placeholder, key } = found;
  const defaultText = key.default === null ? {} : { defaultText: String(key.default) };
  return setting({ placeholder, summary: key.doc, ...defaultText });
}

function setting(words: Pick<Flag<string>, 'placeholder' | 'summary' | 'defaultText'>): Flag<string> {
  return { ...words, kind: 'one', absent: '', parse: (texts) => texts.at(-1) ?? '' };
}
