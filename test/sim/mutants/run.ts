/**
 * `node test/sim/mutants/run.ts [--seeds 200] [BUG…]`: hunts every planted bug, or those named, and
 * prints a table: seeds that it took to find each, and the rule that it broke. Exits with 1 when one is not found.
 */
import { parseArgs } from 'node:util';
import { availableParallelism } from 'node:os';
import { BUGS } from './bugs.ts';
import { hunt } from './hunt.ts';

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '200' } },
  allowPositionals: true,
});
const bugs = BUGS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const NAME_LENGTH = 28;
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const left = bugs.entries();
const lines: string[] = [];
let found = 0;

/** Takes bugs in turn; lines are said in the order of the list. */
async function work(): Promise<void> {
  for (const [index, bug] of left) {
    const { seeds, said } = await hunt(bug, { from: 1, seedsMax: Number(values.seeds) });
    if (seeds !== null) found += 1;
    const by = seeds === null ? 'NOT FOUND' : said.replace(/^.*tried: /, '');
    lines[index] = `${bug.name.padEnd(NAME_LENGTH)} ${String(seeds ?? '-').padStart(5)}  ${by}`;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
say(`${'bug'.padEnd(NAME_LENGTH)} seeds  found by`);
for (const line of lines) say(line);
say(`mutants: ${found} of ${bugs.length} found within ${values.seeds} seeds each`);
if (found < bugs.length || bugs.length === 0) process.exitCode = 1;
