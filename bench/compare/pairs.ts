/**
 * Runs the bench of two revisions in pairs, with the same flags and the same Node. Each revision runs its
 * own `bench/main.ts`, which checks that its results are right; when one is not, the comparison ends.
 *
 * Both runs of a pair at the same time is what is usual, for then both have the same neighbours. Measured with a
 * revision against itself, six pairs of 60,000 events on two busy cores, the standard deviation of the
 * logarithm of the ratio: main thread 0.03 (one after the other: 0.12), workers 0.04 (0.08), all threads
 * 0.02 (0.08), events/s 0.06 (0.20). Two runs share the cores, so rates are lower than alone, and their
 * ratio is pulled towards 1 a little, as the slower one has the machine for itself at the end: rates of
 * a machine with nothing else on it are better taken in turn. CPU per event is not concerned.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How to run them. */
export interface PairsOptions {
  /** Directories of A and B. */
  readonly trees: readonly [a: string, b: string];
  readonly pairs: number;
  /** Both runs of a pair at the same time; else one after the other. */
  readonly areConcurrent: boolean;
  /** Flags of the bench. */
  readonly flags: readonly string[];
  readonly signal: AbortSignal;
  readonly tell: (what: string) => void;
}

/** What the bench of A and that of B wrote. */
export type Pair = readonly [a: unknown, b: unknown];

const NODE_FLAGS = ['--disable-warning=TimeoutNegativeWarning'];
/** Of what a run that fails has said. */
const LINES_TOLD = 10;

/** All pairs, A first in one and B first in the next. Rejects when a run fails, with the end of what it said. */
export async function runPairs(options: PairsOptions): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (let number = 1; number <= options.pairs; number++) {
    options.tell(`pair ${number} of ${options.pairs}`);
    pairs.push(await runPair(options, number % 2 === 1));
  }
  return pairs;
}

async function runPair(options: PairsOptions, isFirstFirst: boolean): Promise<Pair> {
  const [a, b] = options.trees;
  const trees = isFirstFirst ? [a, b] : [b, a];
  const results = options.areConcurrent ? await runTogether(trees, options) : await runInTurn(trees, options);
  return isFirstFirst ? [results[0], results[1]] : [results[1], results[0]];
}

async function runInTurn(trees: readonly string[], options: PairsOptions): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (const tree of trees) results.push(await runBench(tree, options));
  return results;
}

/** When one fails the other is ended too, with the same error. */
async function runTogether(trees: readonly string[], options: PairsOptions): Promise<readonly unknown[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const runs = trees.map(async (tree) => {
    try {
      return await runBench(tree, { ...options, signal });
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(runs);
  return Promise.all(runs);
}

async function runBench(tree: string, { flags, signal }: PairsOptions): Promise<unknown> {
  signal.throwIfAborted();
  const file = `${tree}.json`;
  const args = [...NODE_FLAGS, join('bench', 'main.ts'), ...flags, '--json', file];
  const child = spawn(process.execPath, args, { cwd: tree, stdio: ['ignore', 'ignore', 'pipe'] });
  const end = (): void => void child.kill();
  signal.addEventListener('abort', end, { once: true });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null];
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  if (code !== 0) {
    const lines = said.trimEnd().split('\n').slice(-LINES_TOLD);
    throw new Error([`the bench of ${tree} ended with ${code ?? killedBy}:`, ...lines].join('\n'));
  }
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
