/** What every simulated port is made with: its process's clock, its own chance, and where to report. */
import type { Behaviours } from './behaviour.ts';
import type { ProcessClock } from './clock.ts';
import type { Report } from './facts.ts';
import type { Faults } from './faults.ts';
import type { Plan } from './plan.ts';
import type { SimRandom } from './random.ts';

/** The surroundings of a port. */
export interface PortContext {
  readonly plan: Plan;
  readonly behaviours: Behaviours;
  readonly clock: ProcessClock;
  /** Of what this process has outside of itself: ends with it, but does not stand still when it does. */
  readonly outside: ProcessClock;
  readonly random: SimRandom;
  readonly report: Report;
  /** The faults in force now: those of the plan, or none any more. */
  readonly faults: () => Faults;
  /** Whether chaos is over. */
  readonly healed: () => boolean;
  /** Notes that a fault was dealt which ends the engine; its failure is then no violation. */
  readonly dealtFatal: (code: string) => void;
}
