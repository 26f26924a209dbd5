/** The version of this program. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** As its package says; `unknown` without one. */
export function ownVersion(): string {
  const path = findPackageJSON('..', import.meta.url);
  if (path === undefined) return 'unknown';
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
