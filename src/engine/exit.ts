/**
 * The ordered exit: reads under way end, work in hand finishes, the rest is committed; each step has
 * a deadline. A step that passes its own is told and left behind.
 */
import type { Clock } from '../ports/clock.ts';
import type { ExitStep, Probe } from '../ports/probe.ts';
import type { Conditions } from './conditions.ts';
import type { EngineLimits } from './options.ts';
import { withDeadline } from './sleep.ts';

/** What it works with. */
export interface ExitContext {
  readonly limits: EngineLimits;
  readonly clock: Clock;
  readonly probe: Probe;
  readonly conditions: Conditions;
}

/** One exit. */
export class Exit {
  readonly #context: ExitContext;
  #startedMs = 0;
  #untilMs = Infinity;

  constructor(context: ExitContext) {
    this.#context = context;
  }

  /** Since it began, milliseconds. */
  get elapsedMs(): number {
    return this.#context.clock.monotonic() - this.#startedMs;
  }

  /**
   * Work in hand is waited for, for at most `withinMs` from now. Again: may shorten that. False where it
   * changes nothing.
   */
  begin(withinMs: number): boolean {
    const nowMs = this.#context.clock.monotonic();
    if (nowMs + withinMs >= this.#untilMs) return false;
    if (this.#untilMs === Infinity) this.#startedMs = nowMs;
    this.#untilMs = nowMs + withinMs;
    this.#context.conditions.checkWithin(withinMs);
    return true;
  }

  /** Waits for reads under way. */
  async endIntake(reads: Promise<unknown>): Promise<void> {
    const { clock, limits } = this.#context;
    const ended = reads.then(() => true);
    if (!(await withDeadline(clock, ended, limits.intakeMs))) this.#tellOverdue('intake', limits.intakeMs);
  }

  /** Waits for work in hand. */
  async finishWork(isFinished: () => boolean): Promise<void> {
    const { conditions } = this.#context;
    await conditions.until(() => isFinished() || this.#leftMs() === 0, this.#leftMs());
    if (!isFinished()) this.#tellOverdue('drain', this.#untilMs - this.#startedMs);
  }

  /** Waits for the last commits. */
  async commit(commits: readonly ((leftMs: () => number) => Promise<boolean>)[]): Promise<void> {
    const { clock, limits } = this.#context;
    const untilMs = clock.monotonic() + limits.commitMs;
    const leftMs = (): number => Math.max(0, untilMs - clock.monotonic());
    const stored = await Promise.all(commits.map((commit) => commit(leftMs)));
    if (!stored.every(Boolean)) this.#tellOverdue('commit', limits.commitMs);
  }

  #leftMs(): number {
    return Math.max(0, this.#untilMs - this.#context.clock.monotonic());
  }

  #tellOverdue(step: ExitStep, deadlineMs: number): void {
    this.#context.probe({ type: 'step-overdue', step, deadlineMs });
  }
}
