/**
 * Bugs that are planted into the engine to see whether the simulated world finds them. Each replaces
 * a piece of the engine's source, which must occur exactly once: when the engine is rewritten, a bug
 * that no longer fits is an error and not a bug that silently is not there.
 */

/** One planted bug. */
export interface Bug {
  readonly name: string;
  /** The first seed that finds it: where it does no more, the hunt begins at 1. */
  readonly seed: number;
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
    seed: 2,
    does: 'commits the highest offset read instead of the watermark',
    file: 'src/engine/commit.ts',
    find: 'const { position: offset, contiguous } = partition.watermark;\n      if (offset === null || !isOf(partition.phase, whose)) continue;\n      const metadata = encodeAckMap(offset, partition.finishedAbove());',
    replace:
      "const { lastOffset, contiguous } = partition.watermark;\n      if (lastOffset < 0 || !isOf(partition.phase, whose)) continue;\n      const [offset, metadata] = [lastOffset + 1, ''];",
  },
  {
    name: 'drop-on-retry',
    seed: 2,
    does: 'forgets a delivery that should wait for its retry',
    file: 'src/engine/settle.ts',
    find: 'retry.holdKey(work, delayMs);',
    replace: '',
  },
  {
    name: 'no-hold-back',
    seed: 4,
    does: 'lets later deliveries of a key pass the one that waits',
    file: 'src/engine/lane.ts',
    find: 'if (waiting === undefined) return false;',
    replace: 'return false;',
  },
  {
    name: 'finish-before-ack',
    seed: 1,
    does: 'finishes a delivery when its findings are queued, not when they are acknowledged',
    file: 'src/engine/publish.ts',
    find: 'work.unacknowledged = outgoing.length;\n    if (outgoing.length === 0)',
    replace: 'work.unacknowledged = -1;\n    if (outgoing.length >= 0)',
  },
  {
    name: 'dead-letter-not-awaited',
    seed: 1,
    does: 'finishes a delivery before its dead letter is acknowledged',
    file: 'src/engine/publish.ts',
    find: 'work.unacknowledged = outgoing.length;\n    if (outgoing.length === 0)',
    replace:
      'const isBuried = outgoing[0]?.isDeadLetter === true;\n    work.unacknowledged = isBuried ? -1 : outgoing.length;\n    if (outgoing.length === 0 || isBuried)',
  },
  {
    name: 'lane-in-two-batches',
    seed: 2,
    does: 'gives out a lane again while a batch of it is in hand',
    file: 'src/engine/dispatch.ts',
    find: 'if (lane.ready || lane.busy || lane.blocked ||',
    replace: 'if (lane.ready || lane.blocked ||',
  },
  {
    name: 'credit-leak',
    seed: 2,
    does: 'does not give credit back for a delivery that a revoke dropped',
    file: 'src/engine/engine.ts',
    find: 'this.#credit.give(work.bytes);',
    replace: '',
  },
  {
    name: 'resend-out-of-order',
    seed: 4,
    does: 'sends failed publications again in the opposite order',
    file: 'src/engine/publish.ts',
    find: '(a, b) => b.sequence - a.sequence',
    replace: '(a, b) => a.sequence - b.sequence',
  },
  {
    name: 'dispatch-while-revoked',
    seed: 9,
    does: 'goes on dispatching deliveries of a partition that is being taken away',
    file: 'src/engine/membership.ts',
    find: "partition.phase = 'revoking';",
    replace: '',
  },
  {
    name: 'no-epoch-fence',
    seed: 31,
    does: 'takes results of a partition that was let go for those of its successor',
    file: 'src/engine/settle.ts',
    find: "if (work.partition.phase === 'fenced') {",
    replace: 'if (work.attempt === 0) {',
  },
  {
    name: 'suspect-in-company',
    seed: 2,
    does: 'runs a suspect together with others',
    file: 'src/engine/settle.ts',
    find: 'work.alone = true;',
    replace: '',
  },
  {
    name: 'late-ack-lost',
    seed: 1,
    does: 'forgets the answer of the sink when it comes late',
    file: 'src/engine/publish.ts',
    find: 'if (!this.#stopped) this.#settle(publications, results, startedMs);',
    replace: 'if (this.#clock.monotonic() < startedMs + 500) this.#settle(publications, results, startedMs);',
  },
  {
    name: 'double-ack',
    seed: 4,
    does: 'takes one answer of the sink twice',
    file: 'src/engine/publish.ts',
    find: 'if (acknowledged.length > 0) this.#next.acknowledged(acknowledged);',
    replace: 'for (let i = 0; i < 2; i++) this.#next.acknowledged(acknowledged);',
  },
  {
    name: 'commit-through-unfinished',
    seed: 2,
    does: 'lets the watermark pass one unfinished delivery when the next one is finished',
    file: 'src/engine/watermark.ts',
    find: 'while (this.#head < this.#tail &&',
    replace: 'if (ticket === this.#head + 1) this.#head = ticket;\n    while (this.#head < this.#tail &&',
  },
  {
    name: 'stuck-on-gap',
    seed: 7,
    does: 'stops the watermark at an offset that does not exist',
    file: 'src/engine/watermark.ts',
    find: 'while (this.#head < this.#tail && this.#done[this.#head & mask] === 1) this.#head += 1;',
    replace:
      'do this.#head += 1; while (this.#head < this.#tail && this.#done[this.#head & mask] === 1 && ' +
      'this.#offsetAt(this.#head) === this.#offsetAt(this.#head - 1) + 1);',
  },
  {
    name: 'credit-of-one-group',
    seed: 8,
    does: 'sets no credit aside for pulls of other groups that wait',
    file: 'src/engine/credit.ts',
    find: 'return this.#deliveriesMax - this.#deliveries - this.#reservedDeliveries;',
    replace: 'return this.#deliveriesMax - this.#deliveries;',
  },
  {
    name: 'unrouted-commit',
    seed: 5,
    does: 'tracks and commits deliveries that no task takes',
    file: 'src/engine/intake.ts',
    find: "if (lanes === null || phase !== 'active') return;",
    replace:
      "if (lanes === null) for (const { offset } of run) partition.watermark.finish(partition.watermark.begin(offset, null));\n    if (lanes === null || phase !== 'active') return;",
  },
  {
    name: 'retry-header-ignored',
    seed: 15,
    does: 'does not look at the header that limits retries',
    file: 'src/engine/retry.ts',
    find: 'return Math.min(Number(asked), policy.perRecordMax);',
    replace: 'return policy.retriesMax;',
  },
  {
    name: 'gives-up-when-stopped',
    seed: 1,
    does: 'goes on giving up what a stopped task has in its threads',
    file: 'src/engine/settle.ts',
    find: 'if (work.lane.owner.stopped !== null) {',
    replace: 'if (Number.isNaN(work.bytes)) {',
  },
  {
    name: 'ahead-without-bound',
    seed: 3,
    does: 'never pauses a partition that is read far ahead of its watermark',
    file: 'src/engine/consume.ts',
    find: 'if (!this.#isAhead(state)) return false;',
    replace: 'if (!this.#isAhead(state) || pull.sinceMs >= 0) return false;',
  },
  {
    name: 'resize-without-drain',
    seed: 37,
    does: 'shrinks the pool while slots that go have batches in hand',
    file: 'src/engine/resize.ts',
    find: 'await conditions.until(() => dispatch.isConfined || ended(), null);',
    replace: '',
  },
  {
    name: 'ack-map-one-more',
    seed: 2,
    does: 'passes over the delivery behind each run that is noted as finished',
    file: 'src/engine/ack-map.ts',
    find: 'if (offset < run[1]) return true;',
    replace: 'if (offset <= run[1]) return true;',
  },
  {
    name: 'ack-map-unread',
    seed: 2,
    does: 'does again what is noted as finished',
    file: 'src/engine/intake.ts',
    find: 'if (skips.has(delivery.offset)) {',
    replace: 'if (skips.has(delivery.offset) && pull.consumedMs < 0) {',
  },
  {
    name: 'release-out-of-order',
    seed: 10,
    does: 'releases deliveries behind one that is not done, in exactly-once mode',
    file: 'src/engine/transact.ts',
    find: 'if (work.held === null || outgoing.length',
    replace: 'if (work.held === null) continue;\n        if (outgoing.length',
  },
  {
    name: 'position-without-findings',
    seed: 10,
    does: 'leaves a finding out of the transaction that holds its position',
    file: 'src/engine/transact.ts',
    find: 'publications: outgoing });',
    replace: 'publications: outgoing.slice(1) });',
  },
  {
    name: 'transact-unknown-again',
    seed: 50,
    does: 'repeats a transaction of which it is not known whether it took effect',
    file: 'src/engine/transact.ts',
    find: 'if (!(error instanceof EngineError) || !error.retriable) throw error;',
    replace: 'if (!(error instanceof EngineError)) throw error;',
  },
  {
    name: 'circuit-commits-past',
    seed: 20,
    does: 'takes what a stopped task drops for finished',
    file: 'src/engine/engine.ts',
    find: 'readonly #drop = (work: Work): void => {',
    replace:
      "readonly #drop = (work: Work): void => {\n    if (work.partition.phase === 'stopped') work.partition.watermark.finish(work.ticket);",
  },
  {
    name: 'circuit-stops-all',
    seed: 6,
    does: 'stops all tasks when one circuit opens',
    file: 'src/engine/engine.ts',
    find: "if (partition.lanes === owner && partition.phase === 'active')",
    replace: "if (partition.phase === 'active')",
  },
  {
    name: 'circuit-goes-on',
    seed: 6,
    does: 'reads and dispatches on after a circuit has opened',
    file: 'src/engine/engine.ts',
    find: "if (partition.lanes === owner && partition.phase === 'active')",
    replace: "if (partition.lanes === null && partition.phase === 'active')",
  },
  {
    name: 'commit-without-deadline',
    seed: 86,
    does: 'waits for a commit that never answers',
    file: 'src/engine/commit.ts',
    find: 'if (await withDeadline(clock, this.now(whose), leftMs())) return true;',
    replace: 'if (await this.now(whose)) return true;',
  },
  {
    name: 'held-keys-without-bound',
    seed: 8,
    does: 'holds any number of keys apart',
    file: 'src/engine/retry.ts',
    find: 'return lane.owner.heldKeys < lane.owner.task.heldKeysMax;',
    replace: 'return lane.owner.heldKeys >= 0;',
  },
  {
    name: 'lanes-without-bound',
    seed: 2,
    does: 'pulls more than the longest lane has room for',
    file: 'src/engine/consume.ts',
    find: 'Math.min(room, task.laneLengthMax - longest)',
    replace: 'Math.max(room, task.laneLengthMax - longest)',
  },
  {
    name: 'why-the-highest',
    seed: 1,
    does: 'names the highest unfinished delivery as the one that holds the watermark',
    file: 'src/engine/inspect.ts',
    find: 'const work = partition.watermark.lowest;',
    replace: 'const work = [...partition.watermark.unfinished()].at(-1) ?? null;',
  },
  {
    name: 'dead-letter-for-each',
    seed: 4,
    does: 'writes a dead letter for each finding of a delivery that is refused',
    file: 'src/engine/settle.ts',
    find: "if (work.ending === 'deadLettered') return null;",
    replace: '',
  },
  {
    name: 'group-lost-again',
    seed: 50,
    does: 'goes on after the group of a transaction is lost',
    file: 'src/engine/transact.ts',
    find: 'if (!(error instanceof EngineError) || !error.retriable) throw error;',
    replace:
      "if (!(error instanceof EngineError && (error.retriable || error.code === 'E_GROUP_LOST'))) throw error;",
  },
  {
    name: 'commit-beside-revoke',
    seed: 147,
    does: 'commits a partition that is being revoked beside its revoke, also when that is over',
    file: 'src/engine/commit.ts',
    find: "phase === 'active' || phase === 'stopped'",
    replace: "phase !== 'fenced'",
  },
  {
    name: 'former-epoch-kept',
    seed: 13,
    does: 'keeps what was held for the former assignment of a partition',
    file: 'src/engine/membership.ts',
    find: 'this.#context.fenced(former);',
    replace: '',
  },
];
