/**
 * What the engine tells of itself: lanes and held keys within their bounds, counts that add up, and for each
 * partition the delivery that truly holds its watermark.
 */
import type { EngineStatus, Holder, WhyPartition } from '../../../src/model/status.ts';
import type { Transaction } from '../../../src/ports/transactions.ts';
import type { Checker, MakeChecker } from '../checkers.ts';
import type { HandOut } from '../hand-out.ts';
import type { PartitionState } from '../partition-state.ts';

/** It is asked after each so many events: an answer takes longer than most events do. */
const ASK_EVERY = 16;

/** The rules of what is told. */
export const statusRules: MakeChecker = (ledger, violate): Checker => {
  const { limits, tasks } = ledger.plan;
  /** In a batch, by slot. */
  const inHand = new Map<HandOut, number>();
  /** Finished by transactions of which the process has not heard. */
  const unheard = new Map<Transaction, readonly HandOut[]>();

  /** What a batch gives back comes on top of what was pulled meanwhile. */
  function checkBounds(status: EngineStatus): void {
    for (const { name, longestLane, heldKeys } of status.tasks) {
      const task = tasks.find((each) => each.name === name);
      if (task === undefined) continue;
      if (longestLane > task.laneLengthMax + limits.batchDeliveriesMax)
        violate('lanes are bounded', `${name}: ${longestLane} of ${task.laneLengthMax}`);
      if (heldKeys > task.heldKeysMax)
        violate('held keys are bounded', `${name}: ${heldKeys} of ${task.heldKeysMax}`);
    }
  }

  function checkCounts({ credit, inFlight }: EngineStatus, deliveries: number): void {
    const sum = Object.values(inFlight).reduce((total, count) => total + count, 0);
    if (sum !== deliveries || credit.deliveries !== deliveries)
      violate('a status adds up', `${sum} of ${deliveries} in flight`);
    if (inFlight.pool !== inHand.size)
      violate('a status tells what threads have', `${inFlight.pool}, and not ${inHand.size}`);
  }

  function checkWhy(partition: PartitionState, answers: readonly WhyPartition[]): void {
    const why = answers.find((each) => each.partition.group === partition.group);
    if ((why !== undefined) !== partition.owned)
      violate('a status tells of the partitions that are ours', partition.name);
    const lowest = partition.lowestUnfinished;
    if (why === undefined) return;
    if (why.holder !== null) checkHolder(why.holder, partition);
    else if (lowest !== undefined && why.partition.phase === 'active')
      violate('what holds a watermark is told', `${partition.name}: nothing, and not ${lowest.offset}`);
  }

  function checkHolder(holder: Holder, partition: PartitionState): void {
    const said = `${partition.name}: ${holder.offset} ${holder.where}`;
    const handOut = partition.byOffset.get(holder.offset)?.current;
    const lowest = partition.lowestUnfinished;
    if (handOut === undefined || (handOut !== lowest && !mayNotKnow(handOut)))
      violate('what holds a watermark is told', `${said}, and not ${lowest?.offset ?? 'nothing'}`);
    const slot = handOut === undefined ? undefined : inHand.get(handOut);
    if (holder.where === 'pool' ? holder.slot !== slot : slot !== undefined)
      violate('what holds a watermark is told', `${said} ${holder.slot}, and not ${slot ?? 'none'}`);
  }

  /** It is finished, and the engine may not have heard of that. */
  function mayNotKnow(handOut: HandOut): boolean {
    if (!handOut.finished) return false;
    return (
      handOut.noted !== 'no' ||
      !handOut.isSure ||
      [...unheard.values()].some((each) => each.includes(handOut))
    );
  }

  return {
    see(fact) {
      switch (fact.type) {
        case 'started':
          inHand.clear();
          unheard.clear();
          break;
        case 'dispatched':
          for (const { delivery } of fact.batch.items) {
            const handOut = ledger.handOut(delivery);
            if (handOut !== undefined) inHand.set(handOut, fact.slot);
          }
          break;
        case 'returned':
          for (const { delivery } of fact.batch.items) {
            const handOut = ledger.handOut(delivery);
            if (handOut !== undefined) inHand.delete(handOut);
          }
          break;
        case 'transacted':
          unheard.set(fact.transaction, [...ledger.justFinished]);
          break;
        case 'transact-answered':
          unheard.delete(fact.transaction);
          break;
        default:
          break;
      }
    },
    afterEvent(engine) {
      if (ledger.event % ASK_EVERY !== 0) return;
      const status = engine.status();
      checkBounds(status);
      if (status.state !== 'running') return;
      checkCounts(status, engine.inFlight);
      for (const partition of ledger.partitions)
        checkWhy(partition, engine.why(partition.plan.topic, partition.plan.partition));
    },
  };
};
