/**
 * What the engine under test can do beyond its first form. A run draws what it would use, and
 * then leaves out what is off here: turning one on changes no other draw.
 */

/** One switch each. */
export interface Abilities {
  /** Waits for a commit that never answers end with their deadlines; so it may be made to hang. */
  readonly deadlines: boolean;
  /** `engine.resize(slots)` while it runs. */
  readonly resize: boolean;
  /** `options.transactions`: exactly once. */
  readonly transactions: boolean;
  /** `task.circuit` stops a task. */
  readonly circuit: boolean;
  /** `task.shardBy.field` orders by a field of the value. */
  readonly shardBy: boolean;
}

/** Those of the engine of today. */
export const ABILITIES: Abilities = {
  deadlines: true,
  resize: true,
  transactions: true,
  circuit: true,
  shardBy: true,
};
