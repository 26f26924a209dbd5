/**
 * The faults of the simulated world: how often each strikes while there is chaos.
 *
 * Not every run has every fault (swarm testing: Groce et al., ISSTA 2012): a run without kills gets
 * deeper into the rest, and a rare pair of faults meets more often when the others are absent.
 *
 * A fault that is added later belongs to a later drawing and to a child stream of its own, so that
 * the runs of older drawings stay what they were (see `seeds.ts`).
 */
import type { SimRandom } from './random.ts';

/** Means of 0 and probabilities of 0: never. Means are in milliseconds. */
export interface Faults {
  /** Mean time between kills of the process. */
  readonly killEveryMs: number;
  /** Mean time between ordered exits. */
  readonly drainEveryMs: number;
  /** Mean time between revokes of some partitions of a group. */
  readonly revokeEveryMs: number;
  /** Per pull: fails for now. */
  readonly pullFails: number;
  /** Per pull: fails for good, which ends the engine. */
  readonly pullFatal: number;
  readonly commitFails: number;
  /** Per request: fails at one of its publications, and what follows with it. */
  readonly sinkFails: number;
  /** Per request: was written, in part or all, but is answered as failed. */
  readonly sinkTimesOut: number;
  /** Per request: the sink stands still for a second or more. */
  readonly sinkStalls: number;
  /** Per dead letter: refused for good, which ends the engine. */
  readonly deadLetterRefused: number;
  /** Per delivery in hand: its thread hangs or dies though the delivery is innocent. */
  readonly threadDies: number;
  /** Per batch: the slot cannot work at all, which ends the engine. */
  readonly poolFatal: number;
  // from drawing 2 on
  /** Per revoke: the member that gets the partitions processes and commits before it leaves again. */
  readonly rivalWorks: number;
  /** Mean time between assignments of a partition that is ours already. */
  readonly assignAgainEveryMs: number;
  /** Mean time between stops of the process (as by SIGSTOP); a long one loses its partitions unasked. */
  readonly stopEveryMs: number;
  /** Per commit: no answer until chaos ends, whether it was stored or not. Needs `deadlines`. */
  readonly commitHangs: number;
  /** Per request: no answer until chaos ends, whether it was written or not. */
  readonly sinkSilent: number;
  /** Mean time between long stands of the sink, which takes nothing meanwhile. */
  readonly sinkStandsEveryMs: number;
  /** Per batch: the pool answers what cannot be, which ends the engine. */
  readonly poolRubbish: number;
  /** Mean time between resizes of the pool. Needs `resize`. */
  readonly resizeEveryMs: number;
  /** Per resize that grows: a new thread cannot start. */
  readonly resizeFails: number;
  /** Per assignment: what was noted beside the position is lost or is someone else's. */
  readonly metadataLost: number;
  /** Per transaction: its end is not known, which ends the engine. Needs `transactions`. */
  readonly transactUnknown: number;
  // from drawing 3 on
  /** Per revoke: some of the partitions are assigned anew before we have let go of them. */
  readonly assignedWhileLeaving: number;
  /** Per transaction: the group is read elsewhere, which ends the engine. Nothing is written. */
  readonly groupLost: number;
}

/** The world after chaos. */
export const NO_FAULTS: Faults = {
  killEveryMs: 0,
  drainEveryMs: 0,
  revokeEveryMs: 0,
  pullFails: 0,
  pullFatal: 0,
  commitFails: 0,
  sinkFails: 0,
  sinkTimesOut: 0,
  sinkStalls: 0,
  deadLetterRefused: 0,
  threadDies: 0,
  poolFatal: 0,
  rivalWorks: 0,
  assignAgainEveryMs: 0,
  stopEveryMs: 0,
  commitHangs: 0,
  sinkSilent: 0,
  sinkStandsEveryMs: 0,
  poolRubbish: 0,
  resizeEveryMs: 0,
  resizeFails: 0,
  metadataLost: 0,
  transactUnknown: 0,
  assignedWhileLeaving: 0,
  groupLost: 0,
};

/** The faults of a run. */
export function drawFaults(random: SimRandom, drawing: number): Faults {
  const first = drawFirst(random);
  return {
    ...first,
    ...(drawing < 2 ? {} : drawSecond(random.child('2'))),
    ...(drawing < 3 ? {} : drawThird(random.child('3'))),
  };
}

function drawFirst(random: SimRandom): Faults {
  const { mean, rate } = dice(random);
  return {
    ...NO_FAULTS,
    killEveryMs: mean(0.5, 200, 2000),
    drainEveryMs: mean(0.5, 300, 3000),
    revokeEveryMs: mean(0.5, 100, 2000),
    pullFails: rate(0.4, 0.2),
    pullFatal: rate(0.1, 0.01),
    commitFails: rate(0.4, 0.5),
    sinkFails: rate(0.4, 0.2),
    sinkTimesOut: rate(0.4, 0.2),
    sinkStalls: rate(0.3, 0.02),
    deadLetterRefused: rate(0.1, 0.1),
    threadDies: rate(0.4, 0.05),
    poolFatal: rate(0.1, 0.01),
  };
}

function drawSecond(random: SimRandom): Partial<Faults> {
  const { mean, rate } = dice(random);
  return {
    rivalWorks: rate(0.5, 1),
    assignAgainEveryMs: mean(0.2, 200, 2000),
    stopEveryMs: mean(0.2, 500, 3000),
    commitHangs: rate(0.25, 0.3),
    sinkSilent: rate(0.1, 0.02),
    sinkStandsEveryMs: mean(0.15, 500, 3000),
    poolRubbish: rate(0.05, 0.01),
    resizeEveryMs: mean(0.4, 50, 1000),
    resizeFails: rate(0.3, 0.5),
    metadataLost: rate(0.2, 0.5),
    transactUnknown: rate(0.2, 0.02),
  };
}

function drawThird(random: SimRandom): Partial<Faults> {
  const { rate } = dice(random);
  return { assignedWhileLeaving: rate(0.5, 1), groupLost: rate(0.3, 0.05) };
}

/** With `probability`: a mean between two bounds, or a rate up to a maximum; else 0. */
function dice(random: SimRandom): {
  readonly mean: (probability: number, fromMs: number, toMs: number) => number;
  readonly rate: (probability: number, max: number) => number;
} {
  return {
    mean: (probability, fromMs, toMs) => (random.chance(probability) ? random.int(fromMs, toMs) : 0),
    rate: (probability, max) => (random.chance(probability) ? random.next() * max : 0),
  };
}
