/**
 * Writes the generated pages of docs/reference; with `--check` writes nothing and exits with 1 when
 * one differs from what it would be.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGES } from './pages.ts';

const FOLDER = join(import.meta.dirname, 'reference');
const checkOnly = process.argv.includes('--check');

for (const { file, render } of PAGES) {
  const path = join(FOLDER, file);
  const text = render();
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (checkOnly) {
    process.exitCode = 1;
    process.stderr.write(
      `docs/reference/${file} differs from its table; \`node docs/generate.ts\` writes it\n`,
    );
  } else {
    writeFileSync(path, text);
    process.stdout.write(`wrote docs/reference/${file}\n`);
  }
}
