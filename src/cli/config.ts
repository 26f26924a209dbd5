/** The config of a command: defaults, file, environment and flags. */
import type { Config } from '../config/config.ts';
import type { Invocation } from './spec.ts';

/** Loads it; what is odd about it and yet no mistake is told. Rejects with `E_CONFIG_READ`, `E_CONFIG_INVALID`. */
export async function readConfig({
  settings,
  env,
  terminal,
}: Pick<Invocation, 'settings' | 'env' | 'terminal'>): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts');
  const config = await loadConfig({ flags: settings, env });
  for (const warning of config.warnings) terminal.note(`warning: ${warning}`);
  return config;
}
