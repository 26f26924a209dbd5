/** Runs the simulated world against an engine with a planted bug, in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Bug } from './bugs.ts';

/** How a hunt ended: the seeds it took, or `null` when none found the bug, and what was said last. */
export interface Hunt {
  readonly bug: Bug;
  readonly seeds: number | null;
  readonly said: string;
}

/** Tries seeds from 1 on until one finds the bug. Rejects when the bug could not be planted. */
export async function hunt(bug: Bug, seedsMax: number): Promise<Hunt> {
  const { code, output } = await simulate(bug, seedsMax);
  const said = output.trim().split('\n').at(-1) ?? '';
  if (code === 0) return { bug, seeds: null, said };
  const nth = /^sim: VIOLATION at seed \d+, the (\d+)\. tried: /.exec(said)?.[1];
  if (code !== 1 || nth === undefined) throw new Error(`${bug.name}: exit code ${code}\n${output}`);
  return { bug, seeds: Number(nth), said };
}

function simulate(bug: Bug, seedsMax: number): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      join(import.meta.dirname, 'plant.ts'),
      join(import.meta.dirname, '../run.ts'),
      '--seeds',
      String(seedsMax),
      '--rerun',
      '0',
    ],
    { env: { ...process.env, SIM_BUG: bug.name }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, output }));
  });
}
