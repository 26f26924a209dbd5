/**
 * A chaos run, whatever it runs on: faults dealt by turns to two sites, one in each mode, until the
 * time is over and enough kinds were dealt; then what came out against what was put in. Exit code 1,
 * and all evidence kept, where a promise is broken.
 *
 * The seed repeats what is chosen, not when the machine does it. Bounded: by the minutes, a deadline
 * of each wait, and one of the whole.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/load/random.ts';
import { within } from '../helpers/eventually.ts';
import type { TestEnd } from '../helpers/temporary.ts';
import { endAll } from './children.ts';
import type { Judged } from './report.ts';
import { findings, table } from './report.ts';
import type { Story } from './story.ts';

/** What a fault needs to know. */
export interface Dealer {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** How long a stopped process stands. */
  readonly stopMs: number;
}

/** A kind of fault. */
export interface Fault<S> {
  readonly kind: string;
  /** Does it, and sees to it that the engine runs again. */
  readonly deal: (site: S, dealer: Dealer) => Promise<void>;
}

/** One mode: an engine, or several of one group, with all that is around. */
export interface ChaosSite {
  readonly story: Story;
  /** Before the first turn. */
  open(): Promise<void>;
  /** A turn begins. */
  feed(): void;
  /** Sees to it that the engine runs; resolves when it answers. */
  start(): Promise<void>;
  /** Resolves when something more has come out, or blames that nothing does. */
  progress(): Promise<void>;
  keepAsking(signal: AbortSignal): Promise<void>;
  /** A turn is over: no feeder and no engine runs when it resolves. */
  rest(random: () => number): Promise<void>;
  /** No more faults: everything that was fed has to be finished. */
  heal(): Promise<void>;
  /** Whatever ends from now on may. */
  expectEnd(): void;
  judge(dealt: ReadonlyMap<string, number>): Promise<Judged>;
  /** Puts evidence where it stays. */
  keep(): void;
  close(): Promise<void>;
}

/** A run as it was asked for. */
export interface Setting {
  readonly dir: string;
  readonly seed: number;
  readonly isShort: boolean;
  /** Callbacks here have done all they do when they return, also while the process exits. */
  readonly end: TestEnd;
}

/** What is to be done. */
export interface Campaign<S> {
  readonly sites: readonly [S, S];
  /** The first of them begins each turn. */
  readonly faults: readonly [Fault<S>, ...Fault<S>[]];
  /** All kinds that there are, for the table. */
  readonly kinds: readonly string[];
  /** Share of the kinds that has to be dealt, however long it takes. */
  readonly kindsShare: number;
  readonly dealer: Omit<Dealer, 'random'>;
  /** Longest wait between two faults, milliseconds. */
  readonly gapMs: number;
}

/** What all the rest may take beyond the minutes: healing, mostly. */
const BEYOND_MS = 10 * 60_000;
const CLOSE_MS = 60_000;
const SHORT_MS = 120_000;
/** Findings that are shown; the file has all. */
const TOLD_MAX = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    keep: { type: 'boolean', default: false },
  },
});

/** Runs what `plan` makes of the arguments of this process: `--minutes`, `--seed`, `--keep`. `command` is its name. */
export async function runCampaign<S extends ChaosSite>(
  command: string,
  plan: (setting: Setting) => Promise<Campaign<S>>,
): Promise<void> {
  const totalMs = Number(values.minutes) * 60_000;
  const seed = Number(values.seed);
  const dir = mkdtempSync(join(tmpdir(), 'faultline-chaos-'));
  const leaving = new Leaving(dir, totalMs + BEYOND_MS);
  console.log(`chaos: ${values.minutes} minutes, seed ${seed}, ${dir}`);
  const campaign = await plan({ dir, seed, isShort: totalMs < SHORT_MS, end: leaving });
  const run = new Run(campaign, seededRandom(seed));
  const broken = await run.run(totalMs).then(
    (): string[] => [],
    (error: unknown) => [String(error)],
  );
  endAllOf(campaign);
  broken.push(...(await judgeAll(campaign, run.dealt, join(dir, 'findings.txt'))));
  for (const line of broken.slice(0, TOLD_MAX)) console.log(`chaos: ${line.slice(0, 300)}`);
  if (broken.length > TOLD_MAX) console.log(`chaos: and ${broken.length - TOLD_MAX} more`);
  const isKept = broken.length > 0 || values.keep;
  if (isKept) for (const site of campaign.sites) site.keep();
  try {
    for (const site of campaign.sites) await within(`the end of ${site.story.mode}`, site.close(), CLOSE_MS);
  } catch (error) {
    leaving.now(`FAILED: ${String(error)}`);
  }
  await leaving.inOrder();
  if (isKept) console.log(`chaos: the evidence is in ${dir}`);
  else rmSync(dir, { recursive: true });
  const verdict = broken.length === 0 ? 'passed' : 'FAILED';
  console.log(`chaos: ${verdict}; the same choices: make ${command} SEED=${seed}`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}

function endAllOf<S extends ChaosSite>({ sites }: Campaign<S>): void {
  for (const site of sites) site.expectEnd();
  endAll();
}

/** Shows the table; what breaks a promise. Both are in the file too. */
async function judgeAll<S extends ChaosSite>(
  { sites, kinds }: Campaign<S>,
  dealt: ReadonlyMap<S, ReadonlyMap<string, number>>,
  file: string,
): Promise<string[]> {
  const judged: Judged[] = [];
  const broken: string[] = [];
  for (const site of sites) {
    try {
      judged.push(await site.judge(dealt.get(site) ?? new Map()));
    } catch (error) {
      broken.push(`${site.story.mode}: what came out cannot be told: ${String(error)}`);
    }
  }
  broken.push(...judged.flatMap(findings));
  const summary = table(kinds, judged);
  console.log(summary);
  writeFileSync(file, `${[summary, ...broken].join('\n')}\n`);
  return broken;
}

/** The dealing. */
class Run<S extends ChaosSite> {
  readonly dealt: ReadonlyMap<S, Map<string, number>>;
  readonly #campaign: Campaign<S>;
  readonly #random: () => number;

  constructor(campaign: Campaign<S>, random: () => number) {
    this.#campaign = campaign;
    this.#random = random;
    this.dealt = new Map(campaign.sites.map((site) => [site, new Map<string, number>()]));
  }

  /** Rejects where it could not be brought to its end. */
  async run(totalMs: number): Promise<void> {
    const { sites, faults, kindsShare } = this.#campaign;
    /** Of both modes together; even. */
    const turns = totalMs < SHORT_MS ? 2 : 2 * Math.ceil(totalMs / SHORT_MS);
    await Promise.all(sites.map((site) => site.open()));
    for (let number = 0; number < turns; number += 1) {
      const site = sites[number % 2 === 0 ? 0 : 1];
      console.log(`chaos: turn ${number + 1} of ${turns}, ${site.story.mode}`);
      const kindsMin = Math.round((kindsShare * faults.length * (number + 1)) / turns);
      await this.#turn(site, { untilMs: performance.now() + totalMs / turns, kindsMin });
    }
    for (const site of sites) await site.heal();
  }

  /** Until both are reached: a time, and so many kinds of faults dealt by then. */
  async #turn(
    site: S,
    { untilMs, kindsMin }: { readonly untilMs: number; readonly kindsMin: number },
  ): Promise<void> {
    const { dealer, gapMs } = this.#campaign;
    const random = this.#random;
    const asking = new AbortController();
    site.feed();
    await site.start();
    const asked = site.keepAsking(asking.signal);
    try {
      await site.progress();
      for (
        let isFirst = true;
        performance.now() < untilMs || this.#kindsDealt() < kindsMin;
        isFirst = false
      ) {
        const { kind, deal } = this.#nextFault(site, isFirst);
        const ofSite = this.dealt.get(site);
        ofSite?.set(kind, (ofSite.get(kind) ?? 0) + 1);
        site.story.tell(`fault: ${kind}`);
        await site.start();
        await deal(site, { ...dealer, random });
        if (random() < 0.7) await site.progress();
        await pause(random() * gapMs);
      }
      await site.rest(random);
    } finally {
      asking.abort();
      await asked;
    }
  }

  /** Of the kinds that were dealt least, in all and then here, one that chance takes. A turn begins with the first. */
  #nextFault(site: S, isFirst: boolean): Fault<S> {
    const { faults } = this.#campaign;
    if (isFirst) return faults[0];
    const here = this.dealt.get(site);
    const count = ({ kind }: Fault<S>): number => this.#dealt(kind) + (here?.get(kind) ?? 0) / 1000;
    const least = Math.min(...faults.map(count));
    const choice = faults.filter((fault) => count(fault) === least);
    return choice[Math.floor(this.#random() * choice.length)] ?? faults[0];
  }

  #dealt(kind: string): number {
    return [...this.dealt.values()].reduce((sum, dealt) => sum + (dealt.get(kind) ?? 0), 0);
  }

  #kindsDealt(): number {
    return this.#campaign.faults.filter(({ kind }) => this.#dealt(kind) > 0).length;
  }
}

/** The ends of this process: in order, or at once and however it comes. */
class Leaving implements TestEnd {
  readonly #dir: string;
  readonly #callbacks: (() => void | Promise<void>)[] = [];
  readonly #overdue: NodeJS.Timeout;

  constructor(dir: string, withinMs: number) {
    this.#dir = dir;
    this.#overdue = setTimeout(() => this.now('FAILED: it does not come to an end'), withinMs);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => this.now('interrupted'));
    process.on('exit', () => {
      endAll();
      void this.#giveBack();
    });
  }

  after(callback: () => void | Promise<void>): void {
    this.#callbacks.push(callback);
  }

  async inOrder(): Promise<void> {
    clearTimeout(this.#overdue);
    await this.#giveBack();
  }

  /** By a kill: a log in which a write stands still does not let its process exit. */
  now(why: string): void {
    console.log(`chaos: ${why}; what there is lies in ${this.#dir}`);
    endAll();
    void this.#giveBack();
    process.kill(process.pid, 'SIGKILL');
  }

  /** Once, in their order as far as they do not wait. */
  async #giveBack(): Promise<void> {
    await Promise.all(this.#callbacks.splice(0).map(async (callback) => callback()));
  }
}
