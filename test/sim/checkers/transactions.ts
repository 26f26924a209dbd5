/**
 * Exactly once: each transaction holds the outputs of exactly the offsets that it commits, in order, and
 * over all processes and kills no output is there twice.
 */
import type { Position, Publication } from '../../../src/model/delivery.ts';
import type { Transaction } from '../../../src/ports/transactions.ts';
import type { Checker, MakeChecker } from '../checkers.ts';
import type { HandOut, RecordState } from '../hand-out.ts';
import { DEAD_LETTER } from '../hand-out.ts';
import type { PartitionState } from '../partition-state.ts';

/** The rules of transactions. They have nothing to say while there is none. */
export const transactionRules: MakeChecker = (ledger, violate): Checker => {
  /** By group; with the partitions and their epochs. */
  const underWay = new Map<string, ReadonlyMap<PartitionState, number>>();
  /** Groups whose last transaction failed for good: this process may not go on with them. */
  const over = new Set<string>();

  function checkAsked(transaction: Transaction): void {
    const { group, positions, publications } = transaction;
    if (over.has(group)) violate('no transaction follows one that failed for good', group);
    if (underWay.has(group)) violate('one transaction of a group at a time', group);
    const partitions = positions.map((position) => ledger.partition(group, position));
    underWay.set(group, new Map(partitions.map((partition) => [partition, partition.epoch])));
    const outputs = outputsOf(publications);
    for (const position of positions) checkPosition(ledger.partition(group, position), position, outputs);
    for (const [state] of outputs) {
      violate('a transaction holds the outputs of its offsets alone', state.record.id);
    }
  }

  /** What a position takes is removed from `outputs`. */
  function checkPosition(
    partition: PartitionState,
    { offset }: Position,
    outputs: Map<RecordState, number[]>,
  ): void {
    const said = `${partition.name} position ${offset}`;
    if (!partition.owned || !partition.routed) violate('only owned partitions are committed', said);
    if (offset < partition.stored && !partition.lost) violate('stored positions never go back', said);
    const taken = partition.given.filter((each) => each.offset < offset && !each.finished);
    if (taken.length === 0) violate('a transaction moves its positions', said);
    if (offset > (partition.given.at(-1)?.offset ?? -1) + 1)
      violate('a commit never passes what was handed out', said);
    for (const handOut of taken) {
      checkTaken(handOut, outputs.get(handOut.state) ?? [], said);
      outputs.delete(handOut.state);
    }
  }

  function checkTaken({ state, decided }: HandOut, numbers: readonly number[], said: string): void {
    const { id } = state.record;
    if (!decided) violate('a commit never passes an unfinished offset', `${said}, but ${id} is unfinished`);
    const problem = problemOf(state, numbers);
    if (problem !== null)
      violate('a transaction holds all outputs of its offsets', `${said}, ${id}: ${problem}`);
  }

  /** In the order of offsets, as far as partitions go. */
  function checkOrder(publications: readonly Publication[]): void {
    const last = new Map<string, number>();
    for (const publication of publications) {
      const output = ledger.output(publication);
      if (output === null) continue;
      const { topic, partition, offset } = output.state.record.delivery;
      const name = `${output.state.task.name} ${topic}/${partition}`;
      if (offset < (last.get(name) ?? -1)) violate('outputs are released in the order of offsets', name);
      last.set(name, offset);
    }
  }

  function outputsOf(publications: readonly Publication[]): Map<RecordState, number[]> {
    const outputs = new Map<RecordState, number[]>();
    for (const publication of publications) {
      const output = ledger.output(publication);
      if (output === null) violate('outputs belong to a record', publication.topic);
      else outputs.set(output.state, [...(outputs.get(output.state) ?? []), output.number]);
    }
    return outputs;
  }

  function checkOnce(publications: readonly Publication[]): void {
    for (const publication of publications) {
      const output = ledger.output(publication);
      if (output === null) continue;
      const { state, number } = output;
      const allowed = number === DEAD_LETTER ? Math.max(1, state.behaviour.refused.size) : 1;
      if ((state.acknowledged.get(number) ?? 0) > allowed)
        violate('no output is there twice', `${state.record.id} output ${number}`);
    }
  }

  return {
    see(fact) {
      switch (fact.type) {
        case 'started':
          underWay.clear();
          over.clear();
          break;
        case 'probe':
          // It is over: a revoke waits for nothing any more.
          if (fact.event.type === 'failed' || fact.event.type === 'drained') underWay.clear();
          break;
        case 'transact-asked':
          checkAsked(fact.transaction);
          checkOrder(fact.transaction.publications);
          break;
        case 'transact-failed':
          underWay.delete(fact.transaction.group);
          if (fact.isFinal) over.add(fact.transaction.group);
          break;
        case 'transacted':
          underWay.delete(fact.transaction.group);
          checkOnce(fact.transaction.publications);
          break;
        case 'let-go':
          if (fact.elapsedMs >= ledger.plan.limits.revokeMs) break;
          for (const each of fact.partitions) {
            const partition = ledger.partition(fact.group, each);
            if (!partition.owned && underWay.get(fact.group)?.get(partition) === partition.epoch)
              violate('transactions end before a partition is let go', partition.name);
          }
          break;
        default:
          break;
      }
    },
  };
};

/** What is wrong with these outputs of a record; `null`: nothing. A refused finding is tried first and becomes a dead letter. */
function problemOf({ ending, behaviour }: RecordState, numbers: readonly number[]): string | null {
  const letters = numbers.filter((number) => number === DEAD_LETTER).length;
  const findings = numbers.filter((number) => number !== DEAD_LETTER);
  if (new Set(findings).size < findings.length) return 'a finding twice';
  switch (ending) {
    case 'finished':
      return numbers.length === 0 ? null : 'outputs of what has none';
    case 'dead-letter':
      return letters === 1 && findings.length === 0 ? null : `${letters} dead letters`;
    case 'findings': {
      const missing = behaviour.findings - findings.length;
      return missing <= behaviour.refused.size && letters === Math.min(1, missing)
        ? null
        : `${findings.length} findings, ${letters} dead letters`;
    }
  }
}
