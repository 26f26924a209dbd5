/** Counts deliveries that left the engine, to tell them in one go per task. */
import type { Task } from '../model/task.ts';
import type { Clock } from '../ports/clock.ts';
import type { Age, Probe } from '../ports/probe.ts';
import type { Work } from './lane.ts';

interface Tally {
  silent: number;
  withFindings: number;
  deadLettered: number;
  ages: Age[];
  ageMs: number;
  aged: number;
}

/** The counts since the last time they were told. */
export class Endings {
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #tasks: readonly Task[];
  readonly #byTask: Tally[];
  #nowMs: number | null = null;

  constructor(tasks: readonly Task[], clock: Clock, probe: Probe) {
    this.#tasks = tasks;
    this.#clock = clock;
    this.#probe = probe;
    this.#byTask = tasks.map(() => nothing());
  }

  /** Counts one delivery; its age is taken at the first of those told together. */
  add(work: Work): void {
    const tally = this.#byTask[work.task];
    if (tally === undefined) return;
    this.#nowMs ??= this.#clock.monotonic();
    tally[work.ending] += 1;
    const ageMs = this.#nowMs - work.pull.consumedMs;
    if (ageMs !== tally.ageMs) closeRun(tally, ageMs);
    tally.aged += 1;
  }

  /** Tells what was counted. */
  tell(): void {
    if (this.#nowMs === null) return;
    this.#nowMs = null;
    for (const [i, tally] of this.#byTask.entries()) {
      const task = this.#tasks[i];
      if (tally.aged + tally.ages.length === 0 || task === undefined) continue;
      closeRun(tally, 0);
      const { silent, withFindings, deadLettered, ages } = tally;
      this.#byTask[i] = nothing();
      this.#probe({ type: 'finished', task: task.name, silent, withFindings, deadLettered, ages });
    }
  }
}

function nothing(): Tally {
  return { silent: 0, withFindings: 0, deadLettered: 0, ages: [], ageMs: 0, aged: 0 };
}

function closeRun(tally: Tally, nextAgeMs: number): void {
  if (tally.aged > 0) tally.ages.push([tally.ageMs, tally.aged]);
  tally.ageMs = nextAgeMs;
  tally.aged = 0;
}
