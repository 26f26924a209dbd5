/** Real chance behind the Random port: for jitter and spreading, not for secrets. */
import type { Random } from '../ports/clock.ts';

/** Uniform in [0, 1), different in each run. */
export const systemRandom: Random = () => Math.random();
