/**
 * `node test/sim/run.ts --seeds N [--from S] [--rerun SHARE] [--jobs J] [--no-kept]`: runs the kept
 * runs, then seeds; sums up in the last line.
 * `node test/sim/run.ts --seed 42`: replays one with its trace; `42@1` is one of an older drawing.
 *
 * Exits with 1 on a violation, printing its seed and the command that replays it, and with 2 when
 * called wrongly. A share of the seeds is run twice: their traces must be equal.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { describe } from '../../src/model/errors.ts';
import type { Failure } from './many.ts';
import { runMany, runOne, runTwice } from './many.ts';
import { KEPT_RUNS, parseRun, runName } from './seeds.ts';

const values = readArguments();
if (values.seed !== undefined) await replay(values.seed);
else await runAll();

async function replay(text: string): Promise<void> {
  const run = parseRun(text) ?? misuse(`${JSON.stringify(text)} is no seed`);
  const result = await runOne(run, say);
  say(JSON.stringify(result));
  if (result.violation !== null) process.exitCode = 1;
}

async function runAll(): Promise<void> {
  const startedMs = performance.now();
  const kept = values['no-kept'] ? [] : KEPT_RUNS;
  for (const run of kept) {
    const { failure } = await runTwice(run, false);
    if (failure !== null) return fail(failure, `kept because ${run.found}`);
  }
  const seeds = { from: number(values.from), count: number(values.seeds), rerunShare: number(values.rerun) };
  const { failure, steps, virtualMs, counts } = await runMany(seeds, number(values.jobs));
  if (failure !== null) return fail(failure, `the ${failure.seed - seeds.from + 1}. tried`);
  const facts = Object.entries(counts).map(([name, n]) => `${name} ${n}`);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`facts: ${facts.join(', ')}`);
  say(
    `sim: ${seeds.count} seeds from ${seeds.from}, ${kept.length} kept runs, no violation, ${steps} events, ` +
      `${Math.round(virtualMs / 1000)} virtual s in ${seconds} s`,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail({ violation: { rule, message, atMs }, ...run }: Failure, which: string): void {
  const name = runName(run);
  say(`replay: make sim SEED=${name}   (node test/sim/run.ts --seed ${name})`);
  say(`sim: VIOLATION at seed ${name}, ${which}: ${rule}: ${message}, at ${atMs} virtual ms`);
  process.exitCode = 1;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        rerun: { type: 'string', default: '0.05' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        'no-kept': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return misuse(describe(error));
  }
}

function number(text: string): number {
  const value = Number(text);
  return text !== '' && Number.isFinite(value) && value >= 0
    ? value
    : misuse(`${JSON.stringify(text)} is no number`);
}

function misuse(problem: string): never {
  process.stderr.write(`sim: ${problem}\n`);
  process.exit(2);
}
