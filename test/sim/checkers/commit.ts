/**
 * Commits: never past an unfinished offset, never back, only of partitions that are ours, and none
 * under way any more when a partition is let go.
 */
import type { Position } from '../../../src/model/delivery.ts';
import type { MakeChecker } from '../checkers.ts';
import type { PartitionState } from '../partition-state.ts';

/** The rules of commits. */
export const commitRules: MakeChecker = (ledger, violate) => {
  const stored = new Map<PartitionState, number>();
  /** Partitions, with their epochs, of commits that were asked and not answered. */
  const underWay = new Map<readonly Position[], ReadonlyMap<PartitionState, number>>();

  function checkAsked(partition: PartitionState, { offset }: Position): void {
    const said = `${partition.name} position ${offset}`;
    if (!partition.owned) violate('only owned partitions are committed', said);
    if (!partition.routed) violate('what no task takes is not committed', said);
    if (partition.plan.records.length > 0 && ledger.plan.delivery === 'exactly-once')
      violate('exactly once goes by transactions alone', said);
    if (offset < partition.asked) {
      violate('commits of an epoch never go back', `${said} after ${partition.asked}`);
    }
    const lowest = partition.lowestUnfinished;
    if (lowest !== undefined && lowest.offset < offset) {
      violate('a commit never passes an unfinished offset', `${said}, but ${lowest.offset} is unfinished`);
    }
    const last = partition.given.at(-1);
    if (offset > Math.max(partition.stored, (last?.offset ?? -1) + 1)) {
      violate('a commit never passes what was handed out', said);
    }
  }

  function checkStored(partition: PartitionState, { offset }: Position): void {
    const before = stored.get(partition) ?? 0;
    if (offset < before)
      violate('stored positions never go back', `${partition.name} ${offset} after ${before}`);
    stored.set(partition, offset);
  }

  /** One that is not answered within its deadline is left to the source, which must not count it. */
  function checkLetGo(partition: PartitionState, elapsedMs: number): void {
    if (elapsedMs >= ledger.plan.limits.commitMs || partition.owned) return;
    const waiting = [...underWay.values()].some((epochs) => epochs.get(partition) === partition.epoch);
    if (waiting) violate('commits end before a partition is let go', partition.name);
  }

  return {
    see(fact) {
      switch (fact.type) {
        case 'started':
          underWay.clear();
          break;
        case 'probe':
          // It is over: a revoke waits for nothing any more.
          if (fact.event.type === 'failed' || fact.event.type === 'drained') underWay.clear();
          break;
        case 'commit-asked': {
          const partitions = fact.positions.map((position) => ledger.partition(fact.group, position));
          underWay.set(fact.positions, new Map(partitions.map((partition) => [partition, partition.epoch])));
          for (const [index, partition] of partitions.entries()) {
            const position = fact.positions[index];
            if (position !== undefined) checkAsked(partition, position);
          }
          break;
        }
        case 'commit-hangs':
        case 'commit-failed':
          underWay.delete(fact.positions);
          break;
        case 'commit-stored':
          underWay.delete(fact.positions);
          for (const position of fact.positions)
            checkStored(ledger.partition(fact.group, position), position);
          break;
        case 'rival-stored':
          checkStored(ledger.partition(fact.group, fact.position), fact.position);
          break;
        case 'let-go':
          for (const each of fact.partitions) checkLetGo(ledger.partition(fact.group, each), fact.elapsedMs);
          break;
        default:
          break;
      }
    },
  };
};
