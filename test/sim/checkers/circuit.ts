/**
 * Circuits: a task stops in time, never without a cause, and is not dispatched any more then. That the
 * others go on is shown by a run that heals: it waits for them.
 */
import type { BatchItem, DeliveryResult } from '../../../src/model/batch.ts';
import type { Publication } from '../../../src/model/delivery.ts';
import type { CircuitPolicy } from '../../../src/model/task.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import type { Checker, MakeChecker } from '../checkers.ts';

/** Of one task in one process. */
interface Count {
  givenUp: number;
  /** Given up one after the other. */
  run: number;
}

/** The rules of circuits. */
export const circuitRules: MakeChecker = (ledger, violate): Checker => {
  const { tasks } = ledger.plan;
  const counts = new Map<string, Count>();
  /** It takes results for good: none is left aside because it ends. */
  let runs = true;

  function countOf(task: string): Count {
    const count = counts.get(task) ?? { givenUp: 0, run: 0 };
    counts.set(task, count);
    return count;
  }

  function judge(task: string, verdict: 'good' | 'given-up' | 'none'): void {
    const count = countOf(task);
    if (verdict === 'good') count.run = 0;
    if (verdict !== 'given-up') return;
    count.givenUp += 1;
    count.run += 1;
  }

  function verdictOf(item: BatchItem, result: DeliveryResult): 'good' | 'given-up' | 'none' {
    const handOut = ledger.handOut(item.delivery);
    if (handOut === undefined || handOut.partition.epoch !== handOut.epoch || !handOut.partition.owned)
      return 'none';
    if (result.status === 'done') return 'good';
    if (result.status === 'suspect') return handOut.suspicions > 1 ? 'given-up' : 'none';
    if (result.status !== 'failed') return 'none';
    if (!result.fault.retriable) return 'given-up';
    const { retriesMax, task } = handOut.state;
    return item.attempt > retriesMax && task.retry.onExhausted !== 'stop' ? 'given-up' : 'none';
  }

  /** A refused finding becomes a dead letter, and counts. */
  function judgeRefused(publications: readonly Publication[]): void {
    for (const publication of publications) {
      const output = ledger.output(publication);
      if (output !== null && output.state.behaviour.refused.has(output.number))
        judge(output.state.task.name, 'given-up');
    }
  }

  function judgeStop(name: string, reason: string): void {
    const task = tasks.find((each) => each.name === name);
    if (task === undefined || !mayOpen(task.circuit, countOf(name).givenUp))
      violate('a circuit opens for a cause', `${name}: ${reason}`);
  }

  function seeProbe(event: ProbeEvent): void {
    if (event.type === 'draining' || event.type === 'failed') runs = false;
    else if (event.type === 'task-stopped') judgeStop(event.task, event.reason);
  }

  return {
    see(fact) {
      if (fact.type === 'started') {
        counts.clear();
        runs = true;
      } else if (fact.type === 'answered') {
        judgeRefused(fact.publications.filter((_, index) => fact.results[index]?.retriable === false));
      } else if (fact.type === 'transact-failed' && fact.why === 'refused') {
        judgeRefused(fact.transaction.publications);
      } else if (fact.type === 'probe') seeProbe(fact.event);
      else if (fact.type === 'returned') {
        for (const [index, item] of fact.batch.items.entries()) {
          const result = fact.results[index];
          if (result !== undefined) judge(tasks[item.task]?.name ?? '', verdictOf(item, result));
        }
      } else if (fact.type === 'dispatched') {
        for (const item of fact.batch.items) {
          const name = tasks[item.task]?.name ?? '';
          if (ledger.stopped.has(name)) violate('a stopped task is not dispatched', `batch ${fact.batch.id}`);
        }
      }
    },
    afterEvent() {
      if (!runs || ledger.mended) return;
      for (const { name, circuit } of tasks) {
        const { run } = countOf(name);
        if (circuit.consecutiveMax > 0 && run > circuit.consecutiveMax && !ledger.stopped.has(name))
          violate('a circuit opens in time', `${name}: ${run} given up in a row`);
      }
    },
  };
};

/** Whether so many given up can open it, in whatever order they came. */
function mayOpen({ consecutiveMax, deadLetterPercentMax, window }: CircuitPolicy, givenUp: number): boolean {
  const inARow = consecutiveMax > 0 && givenUp > consecutiveMax;
  return inARow || (deadLetterPercentMax > 0 && givenUp * 100 > deadLetterPercentMax * window);
}
