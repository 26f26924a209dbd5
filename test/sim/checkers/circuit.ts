/**
 * Circuits: a task stops as soon as enough was given up, never without that, and is not dispatched and
 * gives nothing up any more then. That the others go on is shown by a run that heals: it waits for them.
 *
 * The rule is worked out again here, from the order in which the process gives deliveries up and learns
 * that they are finished.
 */
import type { CircuitPolicy } from '../../../src/model/task.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import type { Transaction } from '../../../src/ports/transactions.ts';
import type { Checker, MakeChecker } from '../checkers.ts';
import type { Fact } from '../facts.ts';
import type { HandOut } from '../hand-out.ts';

/** A delivery that was given up. */
type GivenUp = Extract<ProbeEvent, { type: 'dead-letter' | 'gave-up' }>;

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
      if (isOurs && !givenUp) count(tallyOf(name), circuit, false);
    }
  }

  /** In the order in which a batch's results are taken; of what comes behind the one that stops its task, none. */
  function judgeBatch({ batch, results }: Extract<Fact, { type: 'returned' }>): void {
    batch.items.forEach(({ delivery }, i) => {
      const handOut = ledger.handOut(delivery);
      const isFailure = results[i]?.status === 'failed' || results[i]?.status === 'suspect';
      if (handOut?.isOurs !== true || tallyOf(handOut.state.task.name).due !== null) return;
      if (isFailure && handOut.failed)
        count(tallyOf(handOut.state.task.name), handOut.state.task.circuit, true);
      else if (ledger.justFinished.includes(handOut)) judge([handOut]);
    });
  }

  /** What the sink refuses counts when it is told; what is analysed is not given up in a stopped task. */
  function judgeGivenUp({ task, fault }: GivenUp): void {
    const isRefused = fault.code === 'E_SINK_REJECTED' || fault.code === 'E_FINDING_TOO_LARGE';
    const found = tasks.find(({ name }) => name === task);
    if (isRefused && found !== undefined) count(tallyOf(task), found.circuit, true);
    else if (ledger.stopped.has(task)) violate('a stopped task gives nothing up', task);
  }

  function judgeStop(task: string, reason: string): void {
    if (tallyOf(task).due === null) violate('a circuit opens for a cause', `${task}: ${reason}`);
  }

  function seeProbe(event: ProbeEvent): void {
    if (event.type === 'draining' || event.type === 'failed') runs = false;
    else if (event.type === 'dead-letter' || event.type === 'gave-up') judgeGivenUp(event);
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
      else if (fact.type === 'returned') judgeBatch(fact);
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
