/**
 * The faults of a chaos run, by kind: each is dealt to a running engine at a moment that chance
 * chose, sees to it that the engine runs again, and blames what the engine must not do.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, within } from '../helpers/eventually.ts';
import { Child } from './children.ts';
import type { Site } from './site.ts';

/** What a fault needs to know. */
export interface Dealer {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** How long a stopped process stands. */
  readonly stopMs: number;
}

/** A kind of fault. */
export interface Fault {
  readonly kind: string;
  /** Does it, and sees to it that the engine runs again. */
  readonly deal: (site: Site, dealer: Dealer) => Promise<void>;
}

/** Room that is left on a full disk: less than the log wants free. */
const LEFT_BYTES = 8 * 2 ** 20;
const COMMAND_MS = 90_000;
/** Another thread that idles looks for the file every 20 ms; one that is at work does so after its batch. */
const THREAD_DEATH_MS = 30_000;

/** The first of each turn. */
export const KILL: Fault = { kind: 'kill -9', deal: kill };
/** Needs a site with a small disk. */
export const FULL_DISK: Fault = { kind: 'full disk', deal: fillDisk };

/** All kinds. */
export const FAULTS: readonly Fault[] = [
  KILL,
  { kind: 'kill -9 while it ends', deal: killWhileItEnds },
  { kind: 'kill -9 while it stands', deal: killWhileItStands },
  { kind: 'SIGTERM', deal: terminate },
  { kind: 'SIGTERM, SIGINT', deal: terminateAtOnce },
  { kind: 'SIGSTOP', deal: halt },
  { kind: 'thread death', deal: endThreads },
  FULL_DISK,
  { kind: 'resize up', deal: (site, { random }) => resize(site, 3 + Math.floor(random() * 3)) },
  { kind: 'resize down', deal: (site, { random }) => resize(site, 1 + Math.floor(random() * 2)) },
  { kind: 'stop', deal: stop },
  { kind: 'drain', deal: drain },
  { kind: 'second reader', deal: readTwice },
  { kind: 'trim', deal: trim },
  { kind: 'feeder killed', deal: killFeeder },
];

/** Sometimes again, while the next one begins. */
async function kill(site: Site, { random }: Dealer): Promise<void> {
  await cut(site);
  while (random() < 0.3) {
    await site.spawn();
    await pause(random() * 1500);
    await cut(site);
  }
  await site.start();
}

async function killWhileItEnds(site: Site, { random }: Dealer): Promise<void> {
  site.expectEnd();
  site.engine.kill('SIGTERM');
  await pause(random() * 200);
  await cut(site);
  await site.start();
}

async function killWhileItStands(site: Site, { stopMs, random }: Dealer): Promise<void> {
  site.engine.kill('SIGSTOP');
  await pause(random() * Math.min(stopMs, 3000));
  await cut(site);
  await site.start();
}

async function terminate(site: Site): Promise<void> {
  site.expectEnd();
  site.engine.kill('SIGTERM');
  await ordered(site, 'SIGTERM');
  await site.start();
}

/** A second signal ends it at once, whatever it is writing at that moment. */
async function terminateAtOnce(site: Site, { random }: Dealer): Promise<void> {
  site.expectEnd();
  site.engine.kill('SIGTERM');
  await pause(random() * 10);
  site.engine.kill('SIGINT');
  await site.ended();
  await site.start();
}

async function halt(site: Site, { stopMs }: Dealer): Promise<void> {
  site.engine.kill('SIGSTOP');
  await pause(stopMs);
  site.engine.kill('SIGCONT');
}

/** From outside, whatever they have in hand; that poison ends threads goes on all the time. */
async function endThreads(site: Site, { random }: Dealer): Promise<void> {
  for (let deaths = 1 + Math.floor(random() * 3); deaths > 0; deaths -= 1) {
    writeFileSync(site.threadFile, '');
    await eventually('a thread ends', () => !existsSync(site.threadFile), { withinMs: THREAD_DEATH_MS });
    await pause(random() * 200);
  }
}

/** Sometimes it is killed then, and sometimes the next one has to begin on the full disk. */
async function fillDisk(site: Site, { random }: Dealer): Promise<void> {
  if (site.disk === null) return;
  const makeRoom = site.fillDisk(site.disk, LEFT_BYTES);
  try {
    await pause(1000 + random() * 2000);
    if (random() < 0.4) {
      await cut(site);
      if (random() < 0.5) await site.spawn();
      await pause(random() * 2000);
    }
  } finally {
    makeRoom();
  }
  await site.start();
}

function resize(site: Site, threads: number): Promise<void> {
  return command(site, ['scale', '--config', site.config, '--threads', String(threads)], 0);
}

async function stop(site: Site): Promise<void> {
  site.expectEnd();
  await command(site, ['stop', '--config', site.config], 0);
  await site.ended();
  await site.start();
}

async function drain(site: Site): Promise<void> {
  site.expectEnd();
  await command(site, ['drain', '--config', site.config], 0);
  await ordered(site, 'drain');
  await site.start();
}

function readTwice(site: Site): Promise<void> {
  return command(site, ['run', '--config', site.config, '--control', 'none'], 3, /E_LOG_BUSY/);
}

function trim(site: Site): Promise<void> {
  return command(site, ['log', 'trim', '--config', site.config, '--retention-age-ms', '1000'], 0);
}

async function killFeeder(site: Site): Promise<void> {
  await site.stopFeeding('SIGKILL');
  site.feed();
}

async function cut(site: Site): Promise<void> {
  site.expectEnd();
  site.engine.kill('SIGKILL');
  await site.ended();
}

async function ordered(site: Site, how: string): Promise<void> {
  const { code, signal } = await site.ended();
  if (code !== 0) site.blame(`${how} ended life ${site.life} with ${signal ?? code}: run-${site.life}.txt`);
}

let commands = 0;

/** Runs a command that must end with such a code, and say so. */
async function command(
  site: Site,
  args: readonly string[],
  code: number,
  words: RegExp = /(?:)/,
): Promise<void> {
  const file = join(site.dir, `command-${(commands += 1)}.txt`);
  const child = Child.faultline(args, { file });
  const exit = await within(`faultline ${args.join(' ')}`, child.exited, COMMAND_MS);
  const { written } = child;
  site.tell(`${args.slice(0, 2).join(' ')} ended with ${exit.code}: ${written.trim()}`);
  if (exit.code !== code || !words.test(written))
    site.blame(`faultline ${args.join(' ')} ended with ${exit.signal ?? exit.code}: ${written.trim()}`);
}
