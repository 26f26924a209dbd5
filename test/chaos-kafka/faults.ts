/**
 * The faults of a chaos run on Kafka, by kind: each is dealt to a running group, or to the brokers
 * beneath it, at a moment that chance chose, and sees to it that the group is whole again.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../chaos/asking.ts';
import type { Dealer, Fault } from '../chaos/campaign.ts';
import { eventually } from '../helpers/eventually.ts';
import { NODES } from './brokers.ts';
import type { Member } from './member.ts';
import type { Site } from './site.ts';

const THREAD_DEATH_MS = 30_000;

/** All kinds; the first begins each turn. */
export const FAULTS: readonly [Fault<Site>, ...Fault<Site>[]] = [
  { kind: 'kill -9', deal: kill },
  { kind: 'kill -9 of all', deal: killAll },
  { kind: 'kill -9 while it ends', deal: killWhileItEnds },
  { kind: 'kill -9 while it stands', deal: killWhileItStands },
  { kind: 'join', deal: join },
  { kind: 'SIGTERM', deal: leave },
  { kind: 'join, and kill -9 of another', deal: joinAndKill },
  { kind: 'stands for less than a session', deal: (site, dealer) => stand(site, dealer, [0.2, 0.9]) },
  { kind: 'stands for more than a session', deal: (site, dealer) => stand(site, dealer, [1.05, 2.5]) },
  { kind: 'all stand for more than a session', deal: allStand },
  { kind: 'drain', deal: (site, dealer) => end(site, dealer, 'drain') },
  { kind: 'stop', deal: (site, dealer) => end(site, dealer, 'stop') },
  { kind: 'resize', deal: resize },
  { kind: 'thread death', deal: endThread },
  { kind: 'broker killed', deal: killBroker },
  { kind: 'coordinator killed', deal: killCoordinator },
  { kind: 'broker restarted', deal: restartBroker },
  { kind: 'broker stands still', deal: freezeBroker },
  { kind: 'dead letters refused', deal: (site, dealer) => refuse(site, dealer, site.deadLetters) },
  { kind: 'findings refused', deal: (site, dealer) => refuse(site, dealer, site.findings) },
  { kind: 'feeder killed', deal: killFeeder },
];

/** One of those that run, or more. */
function pick({ members }: Site, { random }: Dealer, count = 1): readonly Member[] {
  const left = [...members];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(Math.floor(random() * left.length), 1),
  ).flat();
}

/** Sometimes the next one comes only when the session of the dead one is over. */
async function kill(site: Site, dealer: Dealer): Promise<void> {
  const { random } = dealer;
  await site.kill(pick(site, dealer, random() < 0.3 ? 2 : 1));
  await pause(random() * (random() < 0.3 ? 1.5 * site.plan.sessionMs : 1000));
  await site.start();
}

async function killAll(site: Site, { random }: Dealer): Promise<void> {
  await site.kill(site.members);
  await pause(random() * 1000);
  await site.start();
}

async function killWhileItEnds(site: Site, dealer: Dealer): Promise<void> {
  const members = pick(site, dealer);
  site.expectEnd(members);
  for (const { child } of members) child.kill('SIGTERM');
  await pause(dealer.random() * 300);
  await site.kill(members);
  await site.start();
}

async function killWhileItStands(site: Site, dealer: Dealer): Promise<void> {
  const members = pick(site, dealer);
  for (const { child } of members) child.kill('SIGSTOP');
  await pause(dealer.random() * 1.5 * site.plan.sessionMs);
  await site.kill(members);
  await site.start();
}

async function join(site: Site, dealer: Dealer): Promise<void> {
  if (site.isFull) await Promise.all(pick(site, dealer, 2).map((member) => site.dismiss(member)));
  site.spawn();
  await site.start();
}

async function leave(site: Site, dealer: Dealer): Promise<void> {
  if (!site.mayLose) site.spawn();
  await site.start();
  await Promise.all(pick(site, dealer).map((member) => site.dismiss(member)));
}

/** The group deals while one of those it deals to is gone already. */
async function joinAndKill(site: Site, dealer: Dealer): Promise<void> {
  const killed = pick(site, dealer);
  site.spawn();
  await pause(dealer.random() * 2000);
  await site.kill(killed);
  await site.start();
}

async function stand(site: Site, dealer: Dealer, [least, most]: readonly [number, number]): Promise<void> {
  const sessions = least + dealer.random() * (most - least);
  await site.freeze(pick(site, dealer), sessions * site.plan.sessionMs);
}

async function allStand(site: Site, { random }: Dealer): Promise<void> {
  await site.freeze(site.members, (1.1 + random()) * site.plan.sessionMs);
}

async function end(site: Site, dealer: Dealer, how: 'drain' | 'stop'): Promise<void> {
  const members = pick(site, dealer);
  site.expectEnd(members);
  for (const member of members) {
    await runCommand(site.story, { args: [how, '--config', member.config], code: 0 });
    if (how === 'drain') await site.endedInOrder(member, how);
    else await site.ended(member);
  }
  await site.start();
}

async function resize(site: Site, dealer: Dealer): Promise<void> {
  for (const { config } of pick(site, dealer)) {
    const threads = String(1 + Math.floor(dealer.random() * 3));
    await runCommand(site.story, { args: ['scale', '--config', config, '--threads', threads], code: 0 });
  }
}

/** From outside, whatever it has in hand; that poison ends threads goes on all the time. */
async function endThread(site: Site, dealer: Dealer): Promise<void> {
  for (const { threadFile } of pick(site, dealer)) {
    writeFileSync(threadFile, '');
    await eventually('a thread ends', () => !existsSync(threadFile), { withinMs: THREAD_DEATH_MS });
  }
}

async function killBroker(site: Site, dealer: Dealer): Promise<void> {
  await replace(site, dealer, Math.floor(dealer.random() * NODES.length));
}

async function killCoordinator(site: Site, dealer: Dealer): Promise<void> {
  await replace(site, dealer, await site.brokers.coordinatorOf(site.plan.group));
}

/** Sometimes a member joins while it is gone. */
async function replace(site: Site, { random, stopMs }: Dealer, node: number): Promise<void> {
  const { cluster } = site.brokers;
  await site.trouble(`broker ${node} is killed`, async () => {
    await cluster.kill(node);
    await pause(random() * stopMs);
    if (random() < 0.3 && !site.isFull) site.spawn();
    await cluster.start(node);
  });
}

async function restartBroker(site: Site, { random }: Dealer): Promise<void> {
  const { cluster } = site.brokers;
  const node = Math.floor(random() * NODES.length);
  await site.trouble(`broker ${node} is restarted`, async () => {
    await cluster.stop(node);
    await cluster.start(node);
  });
}

async function freezeBroker(site: Site, { random, stopMs }: Dealer): Promise<void> {
  const { cluster } = site.brokers;
  const node = Math.floor(random() * NODES.length);
  await site.trouble(`broker ${node} stands still`, async () => {
    cluster.freeze(node);
    await pause(random() * stopMs);
    cluster.thaw(node);
  });
}

async function refuse(site: Site, { random, stopMs }: Dealer, topic: string): Promise<void> {
  const { brokers } = site;
  await site.trouble(`${topic} takes nothing`, async () => {
    await brokers.refuse(topic);
    await pause(1000 + random() * stopMs);
    await brokers.accept(topic);
  });
}

async function killFeeder(site: Site): Promise<void> {
  await site.feeding.stop('SIGKILL');
  site.feed();
}
