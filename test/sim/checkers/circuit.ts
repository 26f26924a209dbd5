/**
 * Circuits: a task stops as soon as enough of what it finished was given up, never without that, and is
 * not dispatched any more then. That the others go on is shown by a run that heals: it waits for them.
 *
 * The rule is worked out again here, from the order in which the process learns that deliveries are
 * finished.
 */
import type { CircuitPolicy } from '../../../src/model/task.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import type { Transaction } from '../../../src/ports/transactions.ts';
import type { Checker, MakeChecker } from '../checkers.ts';
import type { HandOut } from '../hand-out.ts';

/** Of one task in one process. */
interface Tally {
  /** The last results, as many as the window is long; true for given up. */
  readonly last: boolean[];
  /** Given up one after the other. */
  run: number;
  /** Why it must stop; sticks. */
  due: string | null;
}

/** The rules of circuits. */
export const circuitRules: MakeChecker = (ledger, violate): Checker => {
  const { tasks } = ledger.plan;
  const tallies = new Map<string, Tally>();
  /** Finished by transactions of which the process has not heard. */
  const unheard = new Map<Transaction, readonly HandOut[]>();
  /** It takes results for good: none is left aside because it ends. */
  let runs = true;

  function tallyOf(task: string): Tally {
    const tally = tallies.get(task) ?? { last: [], run: 0, due: null };
    tallies.set(task, tally);
    return tally;
  }

  /** What was let go meanwhile is another's. */
  function judge(finished: readonly HandOut[]): void {
    for (const { isOurs, givenUp, state } of finished) {
      const { name, circuit } = state.task;
      const tally = tallyOf(name);
      if (isOurs) count(tally, circuit, givenUp);
    }
  }

  function judgeStop(task: string, reason: string): void {
    if (tallyOf(task).due === null) violate('a circuit opens for a cause', `${task}: ${reason}`);
  }

  function seeProbe(event: ProbeEvent): void {
    if (event.type === 'draining' || event.type === 'failed') runs = false;
    else if (event.type === 'task-stopped') judgeStop(event.task, event.reason);
  }

  return {
    see(fact) {
      if (fact.type === 'started') {
        tallies.clear();
        unheard.clear();
        runs = true;
      } else if (fact.type === 'transacted') unheard.set(fact.transaction, [...ledger.justFinished]);
      else if (fact.type === 'transact-answered') judge(unheard.get(fact.transaction) ?? []);
      else if (fact.type === 'probe') seeProbe(fact.event);
      else if (fact.type === 'dispatched') {
        for (const item of fact.batch.items) {
          const name = tasks[item.task]?.name ?? '';
          if (ledger.stopped.has(name)) violate('a stopped task is not dispatched', `batch ${fact.batch.id}`);
        }
      } else judge(ledger.justFinished);
    },
    afterEvent() {
      if (!runs || ledger.mended) return;
      for (const [task, { due }] of tallies) {
        if (due !== null && !ledger.stopped.has(task)) violate('a circuit opens in time', `${task}: ${due}`);
      }
    },
  };
};

/** Only what is given up can open it. */
function count(tally: Tally, circuit: CircuitPolicy, givenUp: boolean): void {
  const { consecutiveMax, deadLetterPercentMax, window } = circuit;
  tally.run = givenUp ? tally.run + 1 : 0;
  tally.last.push(givenUp);
  if (tally.last.length > window) tally.last.shift();
  if (!givenUp) return;
  const bad = tally.last.filter(Boolean).length;
  const isFull = tally.last.length === window;
  if (consecutiveMax > 0 && tally.run > consecutiveMax) tally.due ??= `${tally.run} given up in a row`;
  if (deadLetterPercentMax > 0 && isFull && bad * 100 > deadLetterPercentMax * window)
    tally.due ??= `${bad} of the last ${window} given up`;
}
