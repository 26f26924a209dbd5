/**
 * What has happened so far, per record: handed out, tried, written, acknowledged, finished,
 * committed. It follows the facts and judges nothing; the checkers ask it.
 *
 * "Finished" is the promise's word: all findings acknowledged by the sink, or the dead letter, or an
 * answer that there is nothing to publish. It is kept per hand-out: a record that comes again after
 * a restart has to be finished again.
 */
import type { DeliveryResult } from '../../src/model/batch.ts';
import type { Delivery, Publication, TopicPartition } from '../../src/model/delivery.ts';
import type { Task } from '../../src/model/task.ts';
import type { Behaviour, Behaviours, Ending } from './behaviour.ts';
import { endingOf } from './behaviour.ts';
import type { Fact } from './facts.ts';
import { parseDeadLetter, parseFinding } from './finding.ts';
import type { PartitionPlan, Plan, SimRecord } from './plan.ts';
import { recordOf } from './plan.ts';

/** One record as one task sees it, over the whole run. */
export class RecordState {
  readonly record: SimRecord;
  readonly task: Task;
  readonly behaviour: Behaviour;
  readonly ending: Ending;
  readonly handOuts: HandOut[] = [];
  /** Acknowledged writes by finding number; {@link DEAD_LETTER} for dead letters. */
  readonly acknowledged: Map<number, number> = new Map();

  constructor(record: SimRecord, task: Task, behaviour: Behaviour) {
    this.record = record;
    this.task = task;
    this.behaviour = behaviour;
    this.ending = endingOf(behaviour, task);
  }

  get current(): HandOut | undefined {
    return this.handOuts.at(-1);
  }
}

/** Stands for the dead letter where findings have their number. */
export const DEAD_LETTER = -1;

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
  /** A result that leads to an output came while the partition was still ours. */
  concluded = false;
  /** A worker analysed it. */
  #analysed = false;
  /** Its last try failed. */
  #givenUp = false;
  readonly #answered = new Set<number>();
  #refused = 0;

  constructor(state: RecordState, partition: PartitionState, delivery: Delivery) {
    this.state = state;
    this.partition = partition;
    this.epoch = partition.epoch;
    this.offset = delivery.offset;
    this.bytes = (delivery.key?.length ?? 0) + (delivery.value?.length ?? 0);
  }

  /** A worker's result reached the engine. */
  returned(result: DeliveryResult, attempt: number): void {
    if (result.status === 'failed' || result.status === 'suspect') this.tries += 1;
    if (result.status === 'suspect') this.suspicions += 1;
    this.#analysed ||= result.status === 'done';
    const { ending, task } = this.state;
    const spent = attempt > task.retry.retriesMax;
    this.#givenUp ||= result.status === 'failed' && (spent || !result.fault.retriable);
    this.#givenUp ||= this.suspicions > 1;
    const ours = this.partition.owned && this.partition.epoch === this.epoch;
    this.concluded ||= ours && (this.#analysed || this.#givenUp);
    if (ending !== 'finished') return;
    if (result.status === 'done') this.finished = true;
    if (result.status === 'failed' && spent) this.finished = true;
  }

  /**
   * The sink's word about a finding or the dead letter reached the engine. Before the worker's
   * result it can only be about an earlier hand-out of the record.
   */
  answered(number: number, refused: boolean): void {
    if (!this.#analysed && !(this.#givenUp && number === DEAD_LETTER)) return;
    this.#answered.add(number);
    if (refused) this.#refused += 1;
    const { ending, behaviour } = this.state;
    const buried = this.#answered.has(DEAD_LETTER);
    if (ending === 'dead-letter') this.finished ||= buried;
    if (ending !== 'findings') return;
    const findings = this.#answered.size - (buried ? 1 : 0);
    this.finished ||= findings === behaviour.findings && (this.#refused === 0 || buried);
  }
}

/** One partition as one group reads it. */
export class PartitionState {
  readonly group: string;
  readonly plan: PartitionPlan;
  readonly records: readonly RecordState[];
  owned = false;
  /** Being taken away. */
  leaving = false;
  /** Counts assignments. */
  epoch = 0;
  /** What was handed out in this epoch, in order. */
  given: HandOut[] = [];
  /** The stored position; 0 when there is none. */
  stored = 0;
  /** The highest position asked to be committed in this epoch. */
  asked = 0;
  #lowest = 0;

  constructor(group: string, plan: PartitionPlan, records: readonly RecordState[]) {
    this.group = group;
    this.plan = plan;
    this.records = records;
  }

  get name(): string {
    return `${this.group}:${this.plan.topic}/${this.plan.partition}`;
  }

  /** The first hand-out of this epoch that is not finished. */
  get lowestUnfinished(): HandOut | undefined {
    while (this.given[this.#lowest]?.finished === true) this.#lowest += 1;
    return this.given[this.#lowest];
  }

  /** Hand-outs of this epoch from the lowest unfinished one on. */
  get ahead(): number {
    return this.lowestUnfinished === undefined ? 0 : this.given.length - this.#lowest;
  }

  begin(): void {
    this.owned = true;
    this.leaving = false;
    this.epoch += 1;
    this.given = [];
    this.asked = this.stored;
    this.#lowest = 0;
  }
}

/** A publication read back. */
export interface Output {
  readonly state: RecordState;
  /** Of the finding; {@link DEAD_LETTER} for a dead letter. */
  readonly number: number;
  /** Of a dead letter; empty for a finding. */
  readonly code: string;
}

/** The whole account. */
export class Ledger {
  readonly plan: Plan;
  readonly partitions: readonly PartitionState[];
  /** Handed out to the present process and not finished, without what was revoked. */
  readonly inFlight: Set<HandOut> = new Set();
  inFlightBytes = 0;
  healed = false;
  readonly #states = new Map<string, RecordState>();
  readonly #handOuts = new WeakMap<Delivery, HandOut>();
  readonly #outputs = new WeakMap<Publication, { readonly output: Output | null }>();

  constructor(plan: Plan, behaviours: Behaviours) {
    this.plan = plan;
    this.partitions = plan.groups.flatMap((group) =>
      group.partitions.map((partition) => {
        const task = plan.tasks.find(
          (each) => each.group === group.name && each.topics.some((topic) => topic.test(partition.topic)),
        );
        if (task === undefined) throw new RangeError(`no task of ${group.name} takes ${partition.topic}`);
        const states = partition.records.map((record) => {
          const state = new RecordState(record, task, behaviours.of(task, record.id));
          this.#states.set(`${task.name} ${record.id}`, state);
          return state;
        });
        return new PartitionState(group.name, partition, states);
      }),
    );
  }

  /** Everything finished and committed. */
  get complete(): boolean {
    return this.partitions.every(({ records, stored }) => {
      const last = records.at(-1);
      return last === undefined || stored > last.record.delivery.offset;
    });
  }

  partition(group: string, { topic, partition }: TopicPartition): PartitionState {
    const found = this.partitions.find(
      (state) => state.group === group && state.plan.topic === topic && state.plan.partition === partition,
    );
    if (found === undefined) throw new RangeError(`no partition ${group}:${topic}/${partition}`);
    return found;
  }

  /** The hand-out that this very delivery object came from. */
  handOut(delivery: Delivery): HandOut | undefined {
    return this.#handOuts.get(delivery);
  }

  /** Whose publication it is; `null` when it is nobody's. */
  output(publication: Publication): Output | null {
    const known = this.#outputs.get(publication);
    if (known !== undefined) return known.output;
    const output = this.#parse(publication);
    this.#outputs.set(publication, { output });
    return output;
  }

  /** Follows what happened. */
  follow(fact: Fact): void {
    switch (fact.type) {
      case 'started':
        this.#forgetProcess();
        break;
      case 'healed':
        this.healed = true;
        break;
      case 'assigned':
        for (const each of fact.partitions) this.partition(fact.group, each).begin();
        break;
      case 'revoking':
        for (const each of fact.partitions) this.#leave(this.partition(fact.group, each));
        break;
      case 'let-go':
        for (const each of fact.partitions) this.partition(fact.group, each).owned = false;
        break;
      case 'handed-out':
        for (const delivery of fact.deliveries) this.#give(fact.group, delivery);
        break;
      case 'returned':
        for (const [index, result] of fact.results.entries()) {
          const item = fact.batch.items[index];
          const handOut = item === undefined ? undefined : this.#handOuts.get(item.delivery);
          if (item === undefined || handOut === undefined) continue;
          handOut.returned(result, item.attempt);
          this.#settle(handOut);
        }
        break;
      case 'answered':
        for (const [index, publication] of fact.publications.entries()) {
          const error = fact.results[index];
          if (error === undefined || error?.retriable === true) continue;
          this.#answer(publication, error !== null);
        }
        break;
      case 'commit-asked':
        for (const position of fact.positions) {
          const state = this.partition(fact.group, position);
          state.asked = Math.max(state.asked, position.offset);
        }
        break;
      case 'commit-stored':
        for (const position of fact.positions) this.partition(fact.group, position).stored = position.offset;
        break;
      default:
        break;
    }
  }

  #give(group: string, delivery: Delivery): void {
    const partition = this.partition(group, delivery);
    const id = recordOf(delivery);
    const state = partition.records.find(({ record }) => record.id === id);
    if (state === undefined) throw new RangeError(`no record ${id}`);
    const handOut = new HandOut(state, partition, delivery);
    state.handOuts.push(handOut);
    partition.given.push(handOut);
    this.#handOuts.set(delivery, handOut);
    this.inFlight.add(handOut);
    this.inFlightBytes += handOut.bytes;
  }

  #answer(publication: Publication, refused: boolean): void {
    const output = this.output(publication);
    if (output === null) return;
    const { state, number } = output;
    if (!refused) state.acknowledged.set(number, (state.acknowledged.get(number) ?? 0) + 1);
    if (state.current === undefined || (refused && number === DEAD_LETTER)) return;
    state.current.answered(number, refused);
    this.#settle(state.current);
  }

  #settle(handOut: HandOut): void {
    if (handOut.finished && this.inFlight.delete(handOut)) this.inFlightBytes -= handOut.bytes;
  }

  #leave(partition: PartitionState): void {
    partition.leaving = true;
    for (const handOut of partition.given) {
      if (this.inFlight.delete(handOut)) this.inFlightBytes -= handOut.bytes;
    }
  }

  #forgetProcess(): void {
    this.inFlight.clear();
    this.inFlightBytes = 0;
    for (const partition of this.partitions) partition.owned = false;
  }

  #parse(publication: Publication): Output | null {
    const finding = parseFinding(this.plan, publication);
    if (finding !== null) {
      const state = this.#states.get(`${finding.task.name} ${finding.record}`);
      return state === undefined ? null : { state, number: finding.number, code: '' };
    }
    const letter = parseDeadLetter(this.plan, publication);
    const state = letter === null ? undefined : this.#states.get(`${letter.task.name} ${letter.record}`);
    return letter === null || state === undefined ? null : { state, number: DEAD_LETTER, code: letter.code };
  }
}
