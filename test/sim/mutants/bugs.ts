/**
 * Bugs that are planted into the engine to see whether the simulated world finds them. Each replaces
 * a piece of the engine's source, which must occur exactly once: when the engine is rewritten, a bug
 * that no longer fits is an error and not a bug that silently is not there.
 */

/** One planted bug. */
export interface Bug {
  readonly name: string;
  /** What it does, as a person would say it. */
  readonly does: string;
  /** Path from the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** All of them. */
export const BUGS: readonly Bug[] = [
  {
    name: 'highest-offset',
    does: 'commits the highest offset read instead of the watermark',
    file: 'src/engine/watermark.ts',
    find: 'return this.#head === this.#tail ? this.#lastOffset + 1 : this.#offsetAt(this.#head);',
    replace: 'return this.#lastOffset + 1;',
  },
  {
    name: 'drop-on-retry',
    does: 'forgets a delivery that should wait for its retry',
    file: 'src/engine/settle.ts',
    find: 'retry.holdKey(work, delayMs);',
    replace: '',
  },
  {
    name: 'no-hold-back',
    does: 'lets later deliveries of a key pass the one that waits',
    file: 'src/engine/lane.ts',
    find: 'if (waiting === undefined) return false;',
    replace: 'return false;',
  },
  {
    name: 'finish-before-ack',
    does: 'finishes a delivery when its findings are queued, not when they are acknowledged',
    file: 'src/engine/settle.ts',
    find: 'work.unacknowledged = findings.length;',
    replace: 'work.unacknowledged = -1; this.#finish(work);',
  },
  {
    name: 'dead-letter-not-awaited',
    does: 'finishes a delivery before its dead letter is acknowledged',
    file: 'src/engine/settle.ts',
    find: 'work.unacknowledged = 1;',
    replace: 'work.unacknowledged = -1; this.#finish(work);',
  },
  {
    name: 'lane-in-two-batches',
    does: 'gives out a lane again while a batch of it is in hand',
    file: 'src/engine/dispatch.ts',
    find: 'if (lane.ready || lane.busy || lane.blocked ||',
    replace: 'if (lane.ready || lane.blocked ||',
  },
  {
    name: 'credit-leak',
    does: 'does not give credit back for a delivery that a revoke dropped',
    file: 'src/engine/engine.ts',
    find: 'this.#credit.give(work.bytes);',
    replace: '',
  },
  {
    name: 'resend-out-of-order',
    does: 'sends failed publications again in the opposite order',
    file: 'src/engine/publish.ts',
    find: '(a, b) => b.sequence - a.sequence',
    replace: '(a, b) => a.sequence - b.sequence',
  },
  {
    name: 'dispatch-while-revoked',
    does: 'goes on dispatching deliveries of a partition that is being taken away',
    file: 'src/engine/membership.ts',
    find: "partition.phase = 'revoking';",
    replace: '',
  },
  {
    name: 'no-epoch-fence',
    does: 'takes results of a partition that was let go for those of its successor',
    file: 'src/engine/settle.ts',
    find: "if (work.partition.phase === 'fenced') {",
    replace: 'if (work.attempt === 0) {',
  },
  {
    name: 'suspect-in-company',
    does: 'runs a suspect together with others',
    file: 'src/engine/settle.ts',
    find: 'work.alone = true;',
    replace: '',
  },
];
