/**
 * Preloaded (`node --import`): plants the bug named by SIM_BUG while the engine's source is loaded, so
 * that the source itself carries no trace of tests. Ends the process with 70 when the
 * text does not occur exactly once or its file was never loaded.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { BUGS } from './bugs.ts';

/** Exit code that says the bug is not there, whatever the run showed. */
const UNPLANTED = 70;

const ROOT = join(import.meta.dirname, '../../..');
const bug = BUGS.find(({ name }) => name === process.env['SIM_BUG']);
let planted = false;

if (bug === undefined)
  give(`SIM_BUG=${process.env['SIM_BUG'] ?? ''} is none of ${BUGS.map(({ name }) => name).join(', ')}`);
else {
  const url = pathToFileURL(join(ROOT, bug.file)).href;
  registerHooks({
    load(loading, context, nextLoad) {
      const loaded = nextLoad(loading, context);
      if (loading !== url) return loaded;
      const source = loaded.source === undefined ? '' : textOf(loaded.source);
      const pieces = source.split(bug.find);
      if (pieces.length !== 2) give(`${bug.name}: its text occurs ${pieces.length - 1} times in ${bug.file}`);
      planted = true;
      return { ...loaded, source: pieces.join(bug.replace) };
    },
  });
  process.on('exit', () => {
    if (!planted) give(`${bug.name}: ${bug.file} was not loaded`);
  });
}

function give(problem: string): never {
  process.stderr.write(`plant: ${problem}\n`);
  process.exit(UNPLANTED);
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}
