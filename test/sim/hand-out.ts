/**
 * One record as one task sees it, and each time that it was handed out.
 *
 * "Finished" is the promise's word: all findings acknowledged by the sink, or the dead letter, or an
 * answer that there is nothing to publish. It is kept per hand-out: a record that comes again after
 * a restart has to be finished again. Exactly once, a transaction finishes it and nothing else does.
 */
import type { DeliveryResult } from '../../src/model/batch.ts';
import type { Delivery } from '../../src/model/delivery.ts';
import type { Task } from '../../src/model/task.ts';
import type { Behaviour, Ending } from './behaviour.ts';
import { endingOf, retriesOf } from './behaviour.ts';
import type { PartitionState } from './partition-state.ts';
import type { SimRecord } from './plan.ts';

/** Stands for the dead letter where findings have their number. */
export const DEAD_LETTER = -1;

/** One record as one task sees it, over the whole run. */
export class RecordState {
  readonly record: SimRecord;
  readonly task: Task;
  readonly behaviour: Behaviour;
  readonly ending: Ending;
  /** Tries after the first one. */
  readonly retriesMax: number;
  /** What it is kept in order with, in its partition; `null`: nothing. */
  readonly order: string | null;
  readonly handOuts: HandOut[] = [];
  /** Acknowledged writes by finding number; {@link DEAD_LETTER} for dead letters. */
  readonly acknowledged: Map<number, number> = new Map();
  /** Hand-outs before another member finished it; -1: none has. */
  #finishedBefore = -1;

  constructor(record: SimRecord, task: Task, behaviour: Behaviour) {
    this.record = record;
    this.task = task;
    this.behaviour = behaviour;
    this.ending = endingOf(behaviour, task);
    this.retriesMax = retriesOf(task, record);
    this.order = orderOf(task, record);
  }

  get current(): HandOut | undefined {
    return this.handOuts.at(-1);
  }

  /** By us the last time it was handed out, or by another member after that. */
  get finished(): boolean {
    return this.current?.finished === true || this.#finishedBefore === this.handOuts.length;
  }

  /** Another member of the group finished it. */
  finishedElsewhere(): void {
    this.#finishedBefore = this.handOuts.length;
  }
}

/** What a record is kept in order with. */
function orderOf(task: Task, record: SimRecord): string | null {
  if (task.shardBy.field !== null) return record.field;
  const { key } = record.delivery;
  return key === null ? null : Buffer.from(key).toString('latin1');
}

/** How it was handed out. */
export interface HandOutMeans {
  readonly delivery: Delivery;
  readonly byTransaction: boolean;
}

/** One hand-out of a record by the source. */
export class HandOut {
  readonly state: RecordState;
  readonly partition: PartitionState;
  readonly epoch: number;
  readonly offset: number;
  readonly bytes: number;
  /** Results so far that were a failure or a suspicion. */
  tries = 0;
  suspicions = 0;
  finished = false;
  /** In which event it was finished. */
  finishedAt = 0;
  /** Finished before this hand-out, as was noted beside the committed position; `surely`: without doubt. */
  noted: 'no' | 'perhaps' | 'surely' = 'no';
  /** A result that leads to an output came while the partition was still ours. */
  concluded = false;
  /** The engine must know that it is finished. */
  isSure = true;
  readonly #byTransaction: boolean;
  /** A worker analysed it. */
  #analysed = false;
  /** Its last try failed. */
  #failed = false;
  /** Outputs that are acknowledged. */
  readonly #findings = new Set<number>();
  readonly #refused = new Set<number>();
  #deadLetters = 0;

  constructor(state: RecordState, partition: PartitionState, { delivery, byTransaction }: HandOutMeans) {
    this.state = state;
    this.partition = partition;
    this.epoch = partition.epoch;
    this.offset = delivery.offset;
    this.bytes = (delivery.key?.length ?? 0) + (delivery.value?.length ?? 0);
    this.#byTransaction = byTransaction;
  }

  /** Nothing is left but to write its outputs. */
  get decided(): boolean {
    return this.#analysed || this.#failed;
  }

  /** No try is left. */
  get failed(): boolean {
    return this.#failed;
  }

  /** It was not finished as it should be: all its tries failed, or an output was refused for good. */
  get givenUp(): boolean {
    return this.#failed || this.#deadLetters > 0;
  }

  /** Whether the engine still has it for its own. */
  get isOurs(): boolean {
    return this.partition.owned && this.partition.epoch === this.epoch;
  }

  /** A worker's result reached the engine. */
  returned(result: DeliveryResult, attempt: number): void {
    if (result.status === 'failed' || result.status === 'suspect') this.tries += 1;
    if (result.status === 'suspect') this.suspicions += 1;
    this.#analysed ||= result.status === 'done';
    const { ending, retriesMax } = this.state;
    const spent = attempt > retriesMax;
    this.#failed ||= result.status === 'failed' && (spent || !result.fault.retriable);
    this.#failed ||= this.suspicions > 1;
    this.concluded ||= this.isOurs && this.decided;
    if (ending !== 'finished' || this.#byTransaction) return;
    if (result.status === 'done') this.finished = true;
    if (result.status === 'failed' && spent) this.finished = true;
  }

  /** A finding of it, or its dead letter, is acknowledged: one for all findings that are refused. */
  acknowledged(number: number): void {
    if (number === DEAD_LETTER) this.#deadLetters += 1;
    else this.#findings.add(number);
    this.#conclude();
  }

  /** A finding of it is refused for good. */
  refused(number: number): void {
    this.#refused.add(number);
    this.#conclude();
  }

  #conclude(): void {
    if (this.#byTransaction) return;
    const { ending, behaviour } = this.state;
    const wanted = ending === 'findings' ? behaviour.findings : 1;
    const settled = this.#deadLetters > 0 ? Math.max(1, this.#refused.size) : 0;
    this.finished ||= this.#findings.size + settled >= wanted;
  }
}
