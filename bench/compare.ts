/**
 * `npm run bench:compare -- A B [--only engine] [--pairs 7] [--no-concurrent] [--json FILE] [-- FLAG…]`: which of
 * two revisions is faster, `.` being the working tree. `--only` and FLAGs go to the bench of both.
 */
import { writeFileSync } from 'node:fs';
import { onSignals } from '../src/system/signals.ts';
import { runPairs } from './compare/pairs.ts';
import { compareTable, comparisonsOf } from './compare/report.ts';
import { tableText } from './report/text.ts';
import { Trees } from './compare/trees.ts';
import type { Wish } from './compare/wish.ts';
import { wishOf } from './compare/wish.ts';

const FAILED_EXIT_CODE = 1;
const USAGE_EXIT_CODE = 2;
const INTERRUPTED_EXIT_CODE = 130;

const wish = readWish();
const ending = new AbortController();
const trees = new Trees(ending.signal);
process.once('exit', () => trees.remove());
onSignals({ first: () => ending.abort(), second: () => trees.remove() });
try {
  await compare();
} catch (error) {
  if (ending.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
  fail(error instanceof Error ? error.message : String(error), FAILED_EXIT_CODE);
}
process.exit();

async function compare(): Promise<void> {
  const commits = [await commitOf(wish.a), await commitOf(wish.b)] as const;
  const pairs = await runPairs({
    ...wish,
    trees: [await trees.open('a', commits[0]), await trees.open('b', commits[1])],
    signal: ending.signal,
    tell: (what) => console.error(`compare: ${what} …`),
  });
  const comparisons = comparisonsOf(pairs);
  if (comparisons.length === 0) throw new Error('the runs have no figure in common');
  const how = wish.areConcurrent ? 'both at the same time' : 'one after the other';
  const title = `B (${wish.b}) against A (${wish.a}): ${wish.pairs} pairs, ${how}`;
  console.log(tableText(compareTable(title, comparisons)));
  if (wish.json === undefined) return;
  writeFileSync(wish.json, `${JSON.stringify({ ...wish, commits, comparisons, pairs }, null, 2)}\n`);
}

async function commitOf(revision: string): Promise<string> {
  return (await trees.commitOf(revision)) ?? fail(`git knows no revision ${revision}`, USAGE_EXIT_CODE);
}

function readWish(): Wish {
  try {
    return wishOf(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return fail(error.message, USAGE_EXIT_CODE);
  }
}

function fail(message: string, exitCode: number): never {
  console.error(`compare: ${message}`);
  process.exit(exitCode);
}
