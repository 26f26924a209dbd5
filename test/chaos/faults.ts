/**
 * The faults of a chaos run, by kind: each is dealt to a running engine at a moment that chance
 * chose, sees to it that the engine runs again, and blames what the engine must not do.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.ts';
import { runCommand } from './asking.ts';
import type { Dealer, Fault } from './campaign.ts';
import type { Site } from './site.ts';

/** Room that is left on a full disk: less than the log wants free. */
const LEFT_BYTES = 8 * 2 ** 20;
/** Another thread that idles looks for the file every 20 ms; one that is at work does so after its batch. */
const THREAD_DEATH_MS = 30_000;

/** Needs a site with a small disk. */
export const FULL_DISK: Fault<Site> = { kind: 'full disk', deal: fillDisk };

/** All kinds. */
export const FAULTS: readonly [Fault<Site>, ...Fault<Site>[]] = [
  { kind: 'kill -9', deal: kill },
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
  const args = ['scale', '--config', site.config, '--threads', String(threads)];
  return runCommand(site.story, { args, code: 0 });
}

async function stop(site: Site): Promise<void> {
  site.expectEnd();
  await runCommand(site.story, { args: ['stop', '--config', site.config], code: 0 });
  await site.ended();
  await site.start();
}

async function drain(site: Site): Promise<void> {
  site.expectEnd();
  await runCommand(site.story, { args: ['drain', '--config', site.config], code: 0 });
  await ordered(site, 'drain');
  await site.start();
}

function readTwice(site: Site): Promise<void> {
  const args = ['run', '--config', site.config, '--control', 'none'];
  return runCommand(site.story, { args, code: 3, words: /E_LOG_BUSY/ });
}

function trim(site: Site): Promise<void> {
  const args = ['log', 'trim', '--config', site.config, '--retention-age-ms', '1000'];
  return runCommand(site.story, { args, code: 0 });
}

async function killFeeder(site: Site): Promise<void> {
  await site.feeding.stop('SIGKILL');
  site.feed();
}

async function cut(site: Site): Promise<void> {
  site.expectEnd();
  site.engine.kill('SIGKILL');
  await site.ended();
}

async function ordered(site: Site, how: string): Promise<void> {
  const { code, signal } = await site.ended();
  if (code !== 0)
    site.story.blame(`${how} ended life ${site.life} with ${signal ?? code}: run-${site.life}.txt`);
}
