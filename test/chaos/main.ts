/**
 * `make chaos`: the running command under every fault, in both modes by turns, over the embedded log;
 * then what came out against what was put in. Exit code 1, and all evidence kept, where a promise is
 * broken.
 *
 *   node test/chaos/main.ts [--minutes 10] [--seed N] [--keep]
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
import { endAll } from './children.ts';
import type { Dealer, Fault } from './faults.ts';
import { FAULTS, FULL_DISK, KILL } from './faults.ts';
import { findings, table } from './report.ts';
import { Site } from './site.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    keep: { type: 'boolean', default: false },
  },
});
const totalMs = Number(values.minutes) * 60_000;
const seed = Number(values.seed);
const isShort = totalMs < 120_000;
/** Turns of both modes together; even. */
const turns = isShort ? 2 : 2 * Math.ceil(totalMs / 120_000);
/** Longest wait between two faults. */
const GAP_MS = isShort ? 500 : 3000;
/** What all the rest may take beyond the minutes: healing, mostly. */
const BEYOND_MS = 10 * 60_000;
const CLOSE_MS = 30_000;

const dir = mkdtempSync(join(tmpdir(), 'faultline-chaos-'));
const atEnd: (() => void | Promise<void>)[] = [];
const end = { after: (callback: () => void | Promise<void>) => void atEnd.push(callback) };
const random = seededRandom(seed);
const dealer: Dealer = { random, stopMs: isShort ? 3000 : 20_000 };
const sites = (['at-least-once', 'exactly-once'] as const).map((mode) => new Site(mode, { dir, seed, end }));

const noDisk = sites.find((site) => site.noDisk !== null)?.noDisk ?? null;
const faults = noDisk === null ? FAULTS : FAULTS.filter((fault) => fault !== FULL_DISK);

/** Of the kinds that were dealt least, in all and then here, one that chance takes. A turn begins with a kill. */
function nextFault(site: Site, isFirst: boolean): Fault {
  if (isFirst) return KILL;
  const count = ({ kind }: Fault): number => dealtOf(kind) + (site.dealt.get(kind) ?? 0) / 1000;
  const least = Math.min(...faults.map(count));
  const choice = faults.filter((fault) => count(fault) === least);
  return choice[Math.floor(random() * choice.length)] ?? KILL;
}

function dealtOf(kind: string): number {
  return sites.reduce((sum, { dealt }) => sum + (dealt.get(kind) ?? 0), 0);
}

/** How many kinds were dealt. */
function kindsDealt(): number {
  return faults.filter(({ kind }) => dealtOf(kind) > 0).length;
}

/** What a turn has to reach, both: a time, and so many kinds of faults dealt by then. */
interface Turn {
  readonly untilMs: number;
  readonly kindsMin: number;
}

async function turn(site: Site, { untilMs, kindsMin }: Turn): Promise<void> {
  const asking = new AbortController();
  site.feed();
  await site.start();
  const asked = site.keepAsking(asking.signal);
  try {
    await site.progress();
    for (let isFirst = true; performance.now() < untilMs || kindsDealt() < kindsMin; isFirst = false) {
      const { kind, deal } = nextFault(site, isFirst);
      site.dealt.set(kind, (site.dealt.get(kind) ?? 0) + 1);
      site.tell(`fault: ${kind}`);
      await site.start();
      await deal(site, dealer);
      if (random() < 0.7) await site.progress();
      await pause(random() * GAP_MS);
    }
    await site.stopFeeding();
    site.expectEnd();
    site.engine.kill(random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
    await site.ended();
  } finally {
    asking.abort();
    await asked;
  }
}

async function run(): Promise<void> {
  const turnMs = totalMs / turns;
  await Promise.all(sites.map((site) => site.open()));
  for (let number = 0; number < turns; number += 1) {
    const site = sites[number % 2];
    if (site === undefined) continue;
    console.log(`chaos: turn ${number + 1} of ${turns}, ${site.mode}`);
    const kindsMin = Math.round((faults.length * (number + 1)) / turns);
    await turn(site, { untilMs: performance.now() + turnMs, kindsMin });
  }
  for (const site of sites) await site.heal();
}

const overdue = setTimeout(() => {
  leaveNow(`FAILED: it does not come to an end; the evidence is in ${dir}`);
}, totalMs + BEYOND_MS);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => leaveNow(`interrupted; what there is lies in ${dir}`));
process.on('exit', () => {
  endAll();
  giveBack();
});

/** By a kill: a log in which a write stands still does not let its process exit. */
function leaveNow(why: string): void {
  console.log(`chaos: ${why}`);
  endAll();
  giveBack();
  process.kill(process.pid, 'SIGKILL');
}

/** Once: unmounts and removes the small disks. All of it is done when it returns, also while the process exits. */
function giveBack(): void {
  for (const callback of atEnd.splice(0)) void callback();
}

console.log(`chaos: ${values.minutes} minutes, seed ${seed}, ${dir}`);
if (noDisk !== null) console.log(`chaos: no disk is filled up: ${noDisk}`);
let broken: string[] = [];
try {
  await run();
} catch (error) {
  broken.push(String(error));
}
for (const site of sites) site.expectEnd();
endAll();
const judged = sites.map((site) => site.judge());
broken = [...broken, ...judged.flatMap(findings)];
const summary = table(
  FAULTS.map(({ kind }) => kind),
  judged,
);
console.log(summary);
for (const line of broken.slice(0, 20)) console.log(`chaos: ${line.slice(0, 300)}`);
if (broken.length > 20) console.log(`chaos: and ${broken.length - 20} more`);
if (broken.length > 0 || values.keep) {
  writeFileSync(join(dir, 'findings.txt'), `${[summary, ...broken].join('\n')}\n`);
  for (const site of sites) site.keep();
}
try {
  for (const site of sites) await within(`the end of the auditor, ${site.mode}`, site.close(), CLOSE_MS);
} catch (error) {
  leaveNow(`FAILED: ${String(error)}; the evidence is in ${dir}`);
}
clearTimeout(overdue);
giveBack();
if (broken.length === 0 && !values.keep) rmSync(dir, { recursive: true });
else console.log(`chaos: the evidence is in ${dir}`);
console.log(`chaos: ${broken.length === 0 ? 'passed' : 'FAILED'}; the same choices: make chaos SEED=${seed}`);
process.exitCode = broken.length === 0 ? 0 : 1;
