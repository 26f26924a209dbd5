/** Runs the simulated world against an engine with a planted bug, in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { RunId } from '../seeds.ts';
import { runName } from '../seeds.ts';
import type { Bug } from './bugs.ts';

/** Half of a short hunt is loading. */
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/sim');

/** How a hunt ended: the seeds it took, or `null` when none found the bug, and what was said last. */
export interface Hunt {
  readonly bug: Bug;
  readonly seeds: number | null;
  readonly said: string;
}

/** Where to hunt. */
export interface Ground {
  readonly from: number;
  readonly seedsMax: number;
}

/** Tries seeds until one finds the bug. Rejects when the bug could not be planted. */
export async function hunt(bug: Bug, { from, seedsMax }: Ground): Promise<Hunt> {
  const seeds = ['--seeds', String(seedsMax), '--from', String(from)];
  const { code, output } = await simulate(bug, [...seeds, '--rerun', '0', '--jobs', '1', '--no-kept']);
  const said = output.trim().split('\n').at(-1) ?? '';
  if (code === 0) return { bug, seeds: null, said };
  const nth = /^sim: VIOLATION at seed [\d@]+, the (\d+)\. tried: /.exec(said)?.[1];
  if (code !== 1 || nth === undefined) throw new Error(`${bug.name}: exit code ${code}\n${output}`);
  return { bug, seeds: Number(nth), said };
}

/** Whether one run finds the bug. Rejects when it could not be planted. */
export async function finds(bug: Bug, run: RunId): Promise<boolean> {
  const { code, output } = await simulate(bug, ['--seed', runName(run)]);
  if (code !== 0 && code !== 1) throw new Error(`${bug.name}: exit code ${code}\n${output.slice(-1000)}`);
  return code === 1;
}

function simulate(bug: Bug, options: readonly string[]): Promise<{ code: number | null; output: string }> {
  const files = ['--import', join(import.meta.dirname, 'plant.ts'), join(import.meta.dirname, '../run.ts')];
  const child = spawn(process.execPath, [...files, ...options], {
    env: { ...process.env, SIM_BUG: bug.name, NODE_COMPILE_CACHE: CACHE },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, output }));
  });
}
