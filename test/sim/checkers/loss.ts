/** At the end of a run that healed: every record finished, every position committed. */
import type { Checker, MakeChecker } from '../checkers.ts';

/** The rule that nothing is lost. */
export const lossRules: MakeChecker = (ledger, violate): Checker => ({
  atEnd() {
    for (const partition of ledger.partitions) {
      for (const state of partition.records) {
        if (state.finished) continue;
        const how = state.current === undefined ? 'was never handed out' : 'is not finished';
        violate('nothing is lost', `${state.record.id} ${how}`);
      }
      const last = partition.records.at(-1);
      if (last !== undefined && partition.stored !== last.record.delivery.offset + 1) {
        violate('all is committed at the end', `${partition.name} at ${partition.stored}`);
      }
    }
  },
});
