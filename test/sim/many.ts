/**
 * Runs many seeds and sums them up: in this process, or in several child processes that take chunks
 * of seeds in turn (this file is also the child).
 *
 * Whatever the number of processes, the run that is told to break a rule is the first one that does.
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { Engine } from '../../src/engine/engine.ts';
import type { RunId } from './seeds.ts';
import { DRAWING } from './seeds.ts';
import type { FactName, SimResult, Violation } from './world.ts';
import { simulate } from './world.ts';

/** Seeds that a child takes at a time. */
const CHUNK = 20;

/** Which seeds, and the share of them that is run twice. */
export interface Seeds {
  readonly from: number;
  readonly count: number;
  readonly rerunShare: number;
}

/** A run that broke a rule. */
export interface Failure extends RunId {
  readonly violation: Violation;
}

/** What came of them. */
export interface Sum {
  readonly failure: Failure | null;
  readonly steps: number;
  readonly virtualMs: number;
  /** Facts by type. */
  readonly counts: SimResult['counts'];
}

const NOTHING: Sum = { failure: null, steps: 0, virtualMs: 0, counts: {} };

/** Runs one, with its trace to `onLine`. */
export function runOne(run: RunId, onLine?: (line: string) => void): Promise<SimResult> {
  return simulate(run, (options) => new Engine(options), onLine === undefined ? {} : { onLine });
}

/** Runs one, and again where asked: the traces must be equal. */
export async function runTwice(run: RunId, again: boolean): Promise<Sum> {
  const { violation, hash, steps, virtualMs, counts } = await runOne(run);
  if (violation !== null) return { failure: { ...run, violation }, steps, virtualMs, counts };
  const same = !again || (await runOne(run)).hash === hash;
  const differs = { rule: 'one seed gives one trace', message: 'two runs differ', atMs: virtualMs };
  return { failure: same ? null : { ...run, violation: differs }, steps, virtualMs, counts };
}

/** Runs them all, up to the first that breaks a rule, in `jobs` processes. */
export async function runMany(seeds: Seeds, jobs: number): Promise<Sum> {
  if (jobs <= 1) return runHere(seeds);
  const crew = new Crew(seeds);
  return crew.run(Math.min(jobs, Math.ceil(seeds.count / CHUNK)));
}

async function runHere({ from, count, rerunShare }: Seeds): Promise<Sum> {
  let sum = NOTHING;
  for (let seed = from; seed < from + count && sum.failure === null; seed++) {
    sum = add(sum, await runTwice({ seed, drawing: DRAWING }, (seed * rerunShare) % 1 < rerunShare));
  }
  return sum;
}

/** The failure of the lower seed counts. */
function add(one: Sum, other: Sum): Sum {
  const counts = { ...one.counts };
  for (const [name, n] of Object.entries(other.counts) as [FactName, number][]) {
    counts[name] = (counts[name] ?? 0) + n;
  }
  const failures = [one.failure, other.failure].filter((failure) => failure !== null);
  return {
    failure: failures.toSorted((a, b) => a.seed - b.seed)[0] ?? null,
    steps: one.steps + other.steps,
    virtualMs: one.virtualMs + other.virtualMs,
    counts,
  };
}

/** The child processes, and what is left to be run. */
class Crew {
  readonly #seeds: Seeds;
  #next: number;
  #sum = NOTHING;

  constructor(seeds: Seeds) {
    this.#seeds = seeds;
    this.#next = seeds.from;
  }

  async run(jobs: number): Promise<Sum> {
    await Promise.all(Array.from({ length: jobs }, () => this.#employ()));
    return this.#sum;
  }

  /** A child, from its start to its end. Rejects when it dies of something else. */
  #employ(): Promise<void> {
    const child = fork(import.meta.filename, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    return new Promise((resolve, reject) => {
      child.on('message', (sum: Sum) => {
        this.#sum = add(this.#sum, sum);
        this.#give(child);
      });
      child.on('error', reject).on('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`a process of the simulation ended with exit code ${code}`));
      });
      this.#give(child);
    });
  }

  /** The next chunk, unless there is none or a lower seed has failed. */
  #give(child: ChildProcess): void {
    const { from, count, rerunShare } = this.#seeds;
    const left = from + count - this.#next;
    if (left <= 0 || this.#sum.failure !== null) {
      child.disconnect();
      return;
    }
    const chunk: Seeds = { from: this.#next, count: Math.min(CHUNK, left), rerunShare };
    this.#next += chunk.count;
    child.send(chunk);
  }
}

/** The child's side: chunks in, sums out, until the parent hangs up. */
if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  process.on('message', (seeds: Seeds) => {
    void runHere(seeds).then((sum) => process.send?.(sum));
  });
}
