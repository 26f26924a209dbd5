/**
 * `node test/sim/mutants/run.ts [--seeds 200] [BUG…]`: hunts every planted bug, or those named, and
 * prints which seed found each and by which rule. Exits with 1 when one is not found.
 */
import { parseArgs } from 'node:util';
import { BUGS } from './bugs.ts';
import { hunt } from './hunt.ts';

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '200' } },
  allowPositionals: true,
});
const bugs = BUGS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

let found = 0;
for (const bug of bugs) {
  const { seeds, said } = await hunt(bug, Number(values.seeds));
  if (seeds !== null) found += 1;
  const how = seeds === null ? 'NOT FOUND' : `seed ${seeds}: ${said.replace(/^.*tried: /, '')}`;
  say(`${bug.name.padEnd(26)} ${how}`);
}
say(`mutants: ${found} of ${bugs.length} found within ${values.seeds} seeds each`);
if (found < bugs.length || bugs.length === 0) process.exitCode = 1;
