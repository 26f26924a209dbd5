/**
 * `node test/sim/run.ts --seeds N [--from S] [--rerun SHARE]`: runs seeds, sums up in the last line.
 * `node test/sim/run.ts --seed 42`: replays one, with its trace.
 *
 * Exits with 1 on a violation, printing its seed and the command that replays it, and with 2 when
 * called wrongly. A share of the seeds is run twice: their traces must be equal.
 */
import { parseArgs } from 'node:util';
import { Engine } from '../../src/engine/engine.ts';
import { describe } from '../../src/model/errors.ts';
import type { SimResult } from './world.ts';
import { simulate } from './world.ts';

const values = readArguments();
if (values.seed !== undefined) await replay(number(values.seed));
else await runMany(number(values.from), number(values.seeds), number(values.rerun));

async function replay(seed: number): Promise<void> {
  const result = await run(seed, say);
  say(JSON.stringify(result));
  if (result.violation !== null) process.exitCode = 1;
}

async function runMany(from: number, count: number, rerunShare: number): Promise<void> {
  const startedMs = performance.now();
  const totals: Record<string, number> = {};
  let steps = 0;
  let virtualMs = 0;
  for (let seed = from; seed < from + count; seed++) {
    const result = await run(seed);
    if (result.violation !== null) return fail(result, seed - from + 1);
    const again = (seed * rerunShare) % 1 < rerunShare ? await run(seed) : result;
    if (again.hash !== result.hash) return differs(seed);
    steps += result.steps;
    virtualMs += result.virtualMs;
    for (const [name, n] of Object.entries(result.counts)) totals[name] = (totals[name] ?? 0) + n;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  say(
    `facts: ${Object.entries(totals)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ')}`,
  );
  say(
    `sim: ${count} seeds from ${from}, no violation, ${steps} events, ` +
      `${Math.round(virtualMs / 1000)} virtual s in ${seconds.toFixed(1)} s`,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function run(seed: number, onLine: ((line: string) => void) | null = null): Promise<SimResult> {
  return simulate(seed, (options) => new Engine(options), onLine);
}

function fail({ seed, violation }: SimResult, nth: number): void {
  say(`replay: make sim SEED=${seed}   (node test/sim/run.ts --seed ${seed})`);
  say(
    `sim: VIOLATION at seed ${seed}, the ${nth}. tried: ${violation?.rule}: ${violation?.message}, ` +
      `at ${violation?.atMs} virtual ms`,
  );
  process.exitCode = 1;
}

function differs(seed: number): void {
  say(`sim: VIOLATION at seed ${seed}: two runs of it have different traces`);
  process.exitCode = 1;
}

function readArguments(): { seed?: string; seeds: string; from: string; rerun: string } {
  try {
    const { values: given } = parseArgs({
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        rerun: { type: 'string', default: '0.05' },
      },
    });
    return given;
  } catch (error) {
    process.stderr.write(`sim: ${describe(error)}\n`);
    process.exit(2);
  }
}

function number(text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value >= 0) return value;
  process.stderr.write(`sim: ${JSON.stringify(text)} is no number\n`);
  process.exit(2);
}
