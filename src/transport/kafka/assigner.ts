/**
 * Deals partitions to the members of a group. Pure and deterministic: the same members in any order
 * get the same partitions.
 *
 * Promise: each partition goes to one member that subscribes to its topic, if there is one; loads are
 * as even as subscriptions allow; nothing moves that need not, and what moves is of the topics that the giver has most of.
 */
import type { Partitions } from './protocol/subscription.ts';

/** One member, as the one who deals sees it. */
export interface Candidate {
  readonly id: string;
  readonly topics: readonly string[];
  /** What it has. A partition may be claimed by one member only. */
  readonly owned: Partitions;
}

/** A member while partitions are dealt. */
interface Hand {
  readonly id: string;
  readonly topics: ReadonlySet<string>;
  readonly held: Map<string, number[]>;
  load: number;
}

/** What each member gets. `partitions`: how many each topic has. */
export function assign(
  members: readonly Candidate[],
  partitions: ReadonlyMap<string, number>,
): ReadonlyMap<string, Partitions> {
  const sorted = members.toSorted((a, b) => compare(a.id, b.id));
  const hands = sorted.map(({ id, topics }): Hand => ({
    id,
    topics: new Set(topics),
    held: new Map(),
    load: 0,
  }));
  const free = keepOwned(sorted, hands, partitions);
  for (const [topic, numbers] of free) {
    const takers = hands.filter(({ topics }) => topics.has(topic));
    for (const number of takers.length > 0 ? numbers : []) give(lightest(takers), topic, number);
  }
  while (evenOut(hands)) continue;
  return new Map(hands.map(({ id, held }) => [id, ordered(held)]));
}

/** Leaves members what they have; gives what nobody has, topics with the fewest takers first. */
function keepOwned(
  members: readonly Candidate[],
  hands: readonly Hand[],
  partitions: ReadonlyMap<string, number>,
): readonly (readonly [string, readonly number[]])[] {
  const takers = (topic: string): number => hands.filter(({ topics }) => topics.has(topic)).length;
  const topics = [...partitions.keys()].toSorted((a, b) => takers(a) - takers(b) || compare(a, b));
  return topics.map((topic) => {
    const free = new Set(Array.from({ length: partitions.get(topic) ?? 0 }, (_, number) => number));
    members.forEach(({ owned }, i) => {
      const hand = hands[i];
      if (hand === undefined || !hand.topics.has(topic)) return;
      for (const number of owned.get(topic) ?? []) if (free.delete(number)) give(hand, topic, number);
    });
    return [topic, [...free]];
  });
}

/**
 * Moves one partition from a member that has two more than another, directly or through others whose
 * load stays. False when there is no such pair: no loads are more even then (Harvey and others,
 * "Semi-matchings for bipartite graphs", 2006).
 */
function evenOut(hands: readonly Hand[]): boolean {
  const least = Math.min(...hands.map(({ load }) => load));
  for (const from of hands.toSorted((a, b) => b.load - a.load || compare(a.id, b.id))) {
    if (from.load < least + 2) return false;
    const path = pathToLighter(from, hands);
    if (path === null) continue;
    for (const { giver, topic, taker } of path) move(giver, topic, taker);
    return true;
  }
  return false;
}

interface Step {
  readonly giver: Hand;
  readonly topic: string;
  readonly taker: Hand;
}

/** The shortest way to the lightest member that has at least two less; `null` when there is none. */
function pathToLighter(from: Hand, hands: readonly Hand[]): readonly Step[] | null {
  const steps = new Map<Hand, Step | null>([[from, null]]);
  const queue = [from];
  let target: Hand | null = null;
  for (let giver = queue.shift(); giver !== undefined; giver = queue.shift()) {
    // Of the topic that it has most of: one topic's load is seldom another's.
    const topics = [...giver.held].toSorted(([, a], [, b]) => b.length - a.length);
    for (const [topic] of topics) {
      for (const taker of hands) {
        if (steps.has(taker) || !taker.topics.has(topic)) continue;
        steps.set(taker, { giver, topic, taker });
        queue.push(taker);
        if (taker.load <= from.load - 2 && taker.load < (target?.load ?? Infinity)) target = taker;
      }
    }
  }
  return target === null ? null : stepsTo(target, steps);
}

function stepsTo(target: Hand, steps: ReadonlyMap<Hand, Step | null>): readonly Step[] {
  const path: Step[] = [];
  for (let step = steps.get(target) ?? null; step !== null; step = steps.get(step.giver) ?? null)
    path.push(step);
  return path;
}

function give(hand: Hand, topic: string, number: number): void {
  const held = hand.held.get(topic);
  if (held === undefined) hand.held.set(topic, [number]);
  else held.push(number);
  hand.load += 1;
}

function move(giver: Hand, topic: string, taker: Hand): void {
  const held = giver.held.get(topic) ?? [];
  const number = held.pop();
  if (number === undefined) return;
  if (held.length === 0) giver.held.delete(topic);
  giver.load -= 1;
  give(taker, topic, number);
}

function lightest(hands: readonly Hand[]): Hand {
  return hands.reduce((least, hand) => (hand.load < least.load ? hand : least));
}

function ordered(held: ReadonlyMap<string, readonly number[]>): Partitions {
  return new Map(
    [...held]
      .toSorted(([a], [b]) => compare(a, b))
      .map(([topic, numbers]) => [topic, numbers.toSorted((a, b) => a - b)]),
  );
}

/** By code units: the same everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
