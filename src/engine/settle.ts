/**
 * What becomes of each delivery of a batch that came back: dispatch → publish, retry or dead-letter.
 *
 * Promise: a delivery is finished once, when all its findings, or its dead letter, are acknowledged;
 * what was not tried returns to the front of its lane in its old order.
 */
import { assert, unreachable } from '../model/assert.ts';
import type { DeliveryResult, EncodedFinding, Outcome } from '../model/batch.ts';
import type { Position } from '../model/delivery.ts';
import type { Fault } from '../model/errors.ts';
import { EngineError } from '../model/errors.ts';
import { outputTopic } from '../model/output-topic.ts';
import type { Random } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import type { Credit } from './credit.ts';
import type { DeadLetterLimits } from './dead-letter.ts';
import { DeadLetter } from './dead-letter.ts';
import type { DispatchedBatch } from './dispatch.ts';
import type { Endings } from './endings.ts';
import type { TaskLanes, Work } from './lane.ts';
import type { Outgoing, Output } from './publish.ts';
import { FindingsMemory, OutgoingFinding } from './publish.ts';
import type { Retry } from './retry.ts';
import { decide, decideRequeue } from './retry.ts';

/** What settling works with. */
export interface SettleContext {
  readonly credit: Credit;
  readonly retry: Retry;
  readonly endings: Endings;
  readonly random: Random;
  readonly probe: Probe;
  readonly deadLetter: DeadLetterLimits;
  /** Late, because the way out reports back to this stage. */
  readonly output: () => Output;
  /** A delivery of a task that was stopped: it comes again at the next start. */
  readonly dropped: (work: Work) => void;
  /** The circuit of a task has opened. */
  readonly stopTask: (owner: TaskLanes, reason: string) => void;
  /** Ends the engine without committing what is not done. */
  readonly fail: (error: unknown) => void;
}

/** Where results come from. */
interface Origin {
  readonly slot: number;
  readonly memory: FindingsMemory | null;
}

/** The stage between dispatch and publish. */
export class Settle {
  readonly #context: SettleContext;

  constructor(context: SettleContext) {
    this.#context = context;
  }

  /** Takes the results of a batch, in order. */
  outcome(slot: number, batch: DispatchedBatch, outcome: Outcome): void {
    const { items } = batch;
    const { elapsedMs, cpuMs, tally } = outcome;
    assert(outcome.results.length === items.length, 'an outcome has a result for each delivery');
    this.#context.probe({
      type: 'outcome',
      slot,
      batch: batch.id,
      deliveries: items.length,
      elapsedMs,
      cpuMs,
      tally,
    });
    this.#tellLogs(batch, outcome);
    const memory = outcome.release === undefined ? null : new FindingsMemory(outcome.release);
    const back: Work[] = [];
    const from = { slot, memory };
    for (let i = 0; i < items.length; i++) {
      const work = items[i];
      const result = outcome.results[i];
      assert(work !== undefined && result !== undefined, 'a result belongs to its delivery');
      if (!this.#result(work, result, from)) back.push(work);
    }
    for (const work of back.toReversed()) work.lane.queue.pushFront(work);
    memory?.drop();
    this.#context.output().send();
  }

  /** One publication of a delivery is durable. */
  acknowledged({ work, memory }: Outgoing): void {
    memory?.drop();
    work.unacknowledged -= 1;
    if (work.unacknowledged === 0) this.finish(work);
  }

  /**
   * A refused finding becomes a dead letter in its place, the first of a delivery at least: one says it
   * all. `null`: nothing else goes out for it. Throws the error when it is a dead letter that was refused.
   */
  substitute({ work, isDeadLetter, memory }: Outgoing, error: EngineError): Outgoing | null {
    if (isDeadLetter) throw error;
    if (work.ending === 'deadLettered') return null;
    memory?.drop();
    const code = error.code === 'E_RECORD_TOO_LARGE' ? 'E_FINDING_TOO_LARGE' : 'E_SINK_REJECTED';
    const fault: Fault = { code, message: error.message, retriable: false };
    this.#context.probe({ type: 'dead-letter', ...identify(work), attempts: work.attempt, fault });
    return this.#buried(work, fault);
  }

  /** Everything of a delivery is durable, or there was nothing. */
  finish(work: Work): void {
    this.#context.credit.give(work.bytes);
    if (work.partition.phase === 'fenced') return;
    work.partition.inHand -= 1;
    work.partition.watermark.finish(work.ticket);
    this.#context.endings.add(work);
    if (!work.givenUp) work.lane.owner.circuit.good();
  }

  /** False when the delivery goes back to the front of its lane. */
  #result(work: Work, result: DeliveryResult, from: Origin): boolean {
    work.slot = -1;
    if (work.partition.phase === 'fenced') {
      this.#context.credit.give(work.bytes);
      return true;
    }
    if (work.lane.owner.stopped !== null) {
      work.partition.inHand -= 1;
      this.#context.dropped(work);
      return true;
    }
    switch (result.status) {
      case 'done':
        this.#done(work, result.findings, from.memory);
        return true;
      case 'failed':
        return this.#failed(work, result.fault);
      case 'requeue':
        return this.#requeue(work, result.delayMs);
      case 'suspect':
        return this.#suspect(work, result.fault, from.slot);
      case 'unprocessed':
        work.partition.inHand -= 1;
        return work.lane.follow(work);
      default:
        return unreachable(result);
    }
  }

  #done(work: Work, findings: readonly EncodedFinding[], memory: FindingsMemory | null): void {
    const { task } = work.lane.owner;
    if (findings.length > 0) work.ending = 'withFindings';
    const outgoing: Outgoing[] = [];
    for (const finding of findings) {
      const parts = { topic: work.delivery.topic, task: task.name, category: finding.category };
      memory?.hold();
      outgoing.push(new OutgoingFinding(work, outputTopic(task.outputs.findings, parts), finding, memory));
    }
    this.#context.output().deliver(work, outgoing);
  }

  #failed(work: Work, fault: Fault): boolean {
    const decision = decide(work, fault, this.#context.random);
    if (decision.type === 'give-up') {
      this.#giveUp(work, fault, decision.how);
      return true;
    }
    work.attempt += 1;
    return this.#again(work, decision.delayMs, fault);
  }

  /** Asked for again by its analyzer. */
  #requeue(work: Work, delayMs: number): boolean {
    const decision = decideRequeue(work, delayMs);
    if (decision.type === 'give-up') {
      const message = `its analyzer has asked for it again ${work.requeues} times, retry.requeuesMax is ${work.requeues}`;
      this.#giveUp(work, { code: 'E_EVENT_REQUEUED', message, retriable: false }, decision.how);
      return true;
    }
    work.requeues += 1;
    return this.#again(work, delayMs, null);
  }

  /** Suspected once: it runs alone. Suspected while it was alone: it is guilty. */
  #suspect(work: Work, fault: Fault, slot: number): boolean {
    this.#context.probe({ type: 'suspected', slot, ...identify(work), fault });
    if (work.alone) {
      this.#giveUp(work, fault, 'dead-letter');
      return true;
    }
    work.alone = true;
    work.attempt += 1;
    work.lastFault = fault;
    work.partition.inHand -= 1;
    return false;
  }

  #again(work: Work, delayMs: number, fault: Fault | null): boolean {
    const { retry, probe } = this.#context;
    probe({ type: 'retrying', ...identify(work), attempt: work.attempt, delayMs, fault });
    work.partition.inHand -= 1;
    if (fault !== null) work.lastFault = fault;
    if (retry.hasRoom(work.lane)) {
      retry.holdKey(work, delayMs);
      return true;
    }
    retry.holdLane(work.lane, delayMs);
    return false;
  }

  #giveUp(work: Work, fault: Fault, how: 'dead-letter' | 'finish' | 'stop'): void {
    const { probe, fail, output } = this.#context;
    const told = { ...identify(work), attempts: work.attempt, fault };
    if (how === 'stop') {
      const { topic, partition, offset } = work.delivery;
      fail(new EngineError('E_RETRY_EXHAUSTED', `${topic}/${partition}@${offset}: ${fault.message}`));
    } else if (how === 'finish') {
      probe({ type: 'gave-up', ...told });
      this.#countGivenUp(work);
      output().deliver(work, []);
    } else {
      probe({ type: 'dead-letter', ...told });
      output().deliver(work, [this.#buried(work, fault)]);
    }
  }

  #buried(work: Work, fault: Fault): DeadLetter {
    work.ending = 'deadLettered';
    this.#countGivenUp(work);
    return new DeadLetter(work, fault, this.#context.deadLetter);
  }

  /** Tells the circuit of the task at once: what comes behind it shall not be given up too. */
  #countGivenUp(work: Work): void {
    const { owner } = work.lane;
    work.givenUp = true;
    const verdict = owner.circuit.bad();
    if (verdict !== null && owner.stopped === null) this.#context.stopTask(owner, verdict);
  }

  #tellLogs(batch: DispatchedBatch, outcome: Outcome): void {
    for (const line of outcome.logs) {
      const work = batch.items[line.index];
      if (work !== undefined) this.#context.probe({ type: 'analyzer-log', ...identify(work), line });
    }
  }
}

function identify({ lane, delivery: { topic, partition, offset } }: Work): {
  task: string;
  source: Position;
} {
  return { task: lane.owner.task.name, source: { topic, partition, offset } };
}
