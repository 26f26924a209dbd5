/** What every simulated port is made with: its process's clock, its own chance, and where to report. */
import type { Behaviours } from './behaviour.ts';
import type { ProcessClock } from './clock.ts';
import type { Report } from './facts.ts';
import type { Faults, Plan } from './plan.ts';
import type { SimRandom } from './random.ts';

/** The surroundings of a port. */
export interface PortContext {
  readonly plan: Plan;
  readonly behaviours: Behaviours;
  readonly clock: ProcessClock;
  readonly random: SimRandom;
  readonly report: Report;
  /** The faults in force now: those of the plan, or none any more. */
  readonly faults: () => Faults;
  /** Whether chaos is over. */
  readonly healed: () => boolean;
  /** Notes that a fault was dealt which ends the engine; its failure is then no violation. */
  readonly dealtFatal: (code: string) => void;
}

/** No faults: the world after chaos. */
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
};
