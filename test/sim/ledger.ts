/**
 * What has happened so far, per record: handed out, tried, written, acknowledged, finished,
 * committed. It follows the facts and judges nothing; the checkers ask it.
 */
import type { Delivery, NotedPosition, Publication, TopicPartition } from '../../src/model/delivery.ts';
import type { Behaviours } from './behaviour.ts';
import type { Fact } from './facts.ts';
import { idBytesOf, parseDeadLetter, parseFinding } from './finding.ts';
import { DEAD_LETTER, HandOut, RecordState } from './hand-out.ts';
import type { Noted } from './partition-state.ts';
import { PartitionState } from './partition-state.ts';
import type { GroupPlan, PartitionPlan, Plan } from './plan.ts';
import { taskOf } from './plan.ts';

/** A publication read back. */
export interface Output {
  readonly state: RecordState;
  /** Whose output it is; `undefined` when another member wrote it. */
  readonly handOut: HandOut | undefined;
  /** Of the finding; {@link DEAD_LETTER} for a dead letter. */
  readonly number: number;
  /** Of a dead letter; empty for a finding. */
  readonly code: string;
}

/** The whole account. */
export class Ledger {
  readonly plan: Plan;
  readonly partitions: readonly PartitionState[];
  /** What the last fact finished, in order. */
  readonly justFinished: HandOut[] = [];
  /** Handed out to the present process and not finished, without what was revoked. */
  readonly inFlight: Set<HandOut> = new Set();
  inFlightBytes = 0;
  healed = false;
  /** Processes that start now have circuits that stop nothing. */
  mended = false;
  /** Names of tasks that the present process has stopped. */
  readonly stopped: Set<string> = new Set();
  /** Counts events of the world. */
  event = 0;
  readonly #byPlace = new Map<string, PartitionState>();
  readonly #states = new Map<string, RecordState>();
  readonly #handOuts = new WeakMap<Delivery, HandOut>();
  /** By the bytes of the header {@link ID_HEADER}, of which each hand-out has its own. */
  readonly #byIdBytes = new WeakMap<Uint8Array, HandOut>();
  readonly #outputs = new WeakMap<Publication, { readonly output: Output | null }>();
  /** The engine still listens to the sink. */
  #hears = true;
  readonly #notedWith = new WeakMap<NotedPosition, Noted>();

  constructor(plan: Plan, behaviours: Behaviours) {
    this.plan = plan;
    this.partitions = plan.groups.flatMap((group) =>
      group.partitions.map((partition) => this.#join(group, partition, behaviours)),
    );
  }

  /** Everything finished and committed. */
  get complete(): boolean {
    return this.partitions.every(isComplete);
  }

  /** Whether the task of a partition was stopped by its circuit. */
  isStopped({ records }: PartitionState): boolean {
    const task = records[0]?.task.name;
    return task !== undefined && this.stopped.has(task);
  }

  /** A task is stopped, and the others have nothing left to do. */
  get restsOnStopped(): boolean {
    if (this.stopped.size === 0) return false;
    return this.partitions.every((partition) => this.isStopped(partition) || isComplete(partition));
  }

  partition(group: string, { topic, partition }: TopicPartition): PartitionState {
    const found = this.#byPlace.get(placeName(group, topic, partition));
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
    this.justFinished.length = 0;
    switch (fact.type) {
      case 'started':
        this.#forgetProcess();
        break;
      case 'healed':
        this.healed = true;
        break;
      case 'mended':
        this.mended = true;
        break;
      case 'handed-out':
        for (const delivery of fact.deliveries) this.#give(fact.group, delivery);
        break;
      case 'dispatched':
        for (const { delivery } of fact.batch.items) this.#reopen(delivery);
        break;
      case 'returned':
        for (const [index, result] of fact.results.entries()) {
          const item = fact.batch.items[index];
          const handOut = item === undefined ? undefined : this.#handOuts.get(item.delivery);
          if (item === undefined || handOut === undefined) continue;
          // What a stopped task still brings is dropped.
          if (this.stopped.has(handOut.state.task.name)) continue;
          handOut.returned(result, item.attempt);
          this.#settle(handOut);
        }
        break;
      case 'answered':
        for (const [index, publication] of fact.publications.entries()) {
          const error = fact.results[index];
          if (error === null) this.#acknowledge(publication);
          else if (error?.retriable === false) this.#refuse(publication);
        }
        break;
      case 'probe':
        if (fact.event.type === 'task-stopped') this.#stop(fact.event.task);
        else if (fact.event.type === 'step-overdue' || fact.event.type === 'failed') this.#hears = false;
        break;
      case 'rival-finished':
        this.partition(fact.group, fact.position).byOffset.get(fact.position.offset)?.finishedElsewhere();
        break;
      default:
        this.#followMembership(fact);
        this.#followCommits(fact);
        break;
    }
  }

  #followMembership(fact: Fact): void {
    switch (fact.type) {
      case 'assigned':
        for (const each of fact.partitions) {
          const partition = this.partition(fact.group, each);
          this.#leave(partition);
          partition.begin();
        }
        break;
      case 'lost':
        for (const each of fact.partitions) this.partition(fact.group, each).lost = true;
        break;
      case 'revoking':
        for (const each of fact.partitions) {
          const partition = this.partition(fact.group, each);
          partition.leaving = true;
          this.#leave(partition);
        }
        break;
      case 'let-go':
        for (const each of fact.partitions) this.partition(fact.group, each).letGo();
        break;
      default:
        break;
    }
  }

  #followCommits(fact: Fact): void {
    switch (fact.type) {
      case 'commit-asked':
        for (const position of fact.positions) {
          const state = this.partition(fact.group, position);
          state.asked = Math.max(state.asked, position.offset);
          const { metadata, offset } = position;
          if (metadata !== '') this.#notedWith.set(position, state.finishedFrom(offset, this.event));
        }
        break;
      case 'commit-stored':
        for (const position of fact.positions) {
          this.partition(fact.group, position).store(position.offset, this.#notedWith.get(position));
        }
        break;
      case 'rival-stored':
        this.partition(fact.group, fact.position).store(fact.position.offset);
        break;
      case 'metadata-lost': {
        const partition = this.partition(fact.group, fact.partition);
        partition.store(partition.stored);
        break;
      }
      case 'transacted':
        for (const publication of fact.transaction.publications) this.#acknowledge(publication);
        for (const position of fact.transaction.positions) {
          const partition = this.partition(fact.transaction.group, position);
          partition.store(position.offset);
          for (const handOut of partition.given) if (handOut.offset < position.offset) this.#finish(handOut);
        }
        break;
      default:
        break;
    }
  }

  #join(group: GroupPlan, plan: PartitionPlan, behaviours: Behaviours): PartitionState {
    const task = taskOf(this.plan, group.name, plan.topic);
    const states =
      task === null
        ? null
        : plan.records.map((record) => {
            const state = new RecordState(record, task, behaviours.of(task, record.id));
            this.#states.set(`${task.name} ${record.id}`, state);
            return state;
          });
    const partition = new PartitionState(group.name, plan, states);
    this.#byPlace.set(placeName(group.name, plan.topic, plan.partition), partition);
    return partition;
  }

  #give(group: string, delivery: Delivery): void {
    const partition = this.partition(group, delivery);
    if (!partition.routed) return;
    const state = partition.byOffset.get(delivery.offset);
    if (state === undefined) throw new RangeError(`no record ${partition.name}@${delivery.offset}`);
    const byTransaction = this.plan.delivery === 'exactly-once';
    const handOut = new HandOut(state, partition, { delivery, byTransaction });
    state.handOuts.push(handOut);
    partition.given.push(handOut);
    this.#handOuts.set(delivery, handOut);
    const idBytes = idBytesOf(delivery);
    if (idBytes !== undefined) this.#byIdBytes.set(idBytes, handOut);
    const noted = partition.noted.get(delivery.offset);
    if (noted !== undefined) {
      handOut.noted = noted ? 'surely' : 'perhaps';
      handOut.finished = true;
      handOut.isSure = noted;
    } else this.#hold(handOut);
  }

  /** What a stopped task has is dropped. */
  #stop(task: string): void {
    this.stopped.add(task);
    // Of the results that came with the one that stopped it, those behind it are dropped.
    for (const partition of this.partitions)
      for (const handOut of partition.given)
        if (handOut.state.task.name === task && handOut.finishedAt === this.event) handOut.isSure = false;
    for (const partition of this.partitions) if (this.isStopped(partition)) this.#leave(partition);
  }

  #hold(handOut: HandOut): void {
    if (this.isStopped(handOut.partition)) return;
    this.inFlight.add(handOut);
    this.inFlightBytes += handOut.bytes;
  }

  /** Noted as finished, and tried all the same. */
  #reopen(delivery: Delivery): void {
    const handOut = this.#handOuts.get(delivery);
    if (handOut === undefined || handOut.noted === 'no' || !handOut.finished || handOut.finishedAt > 0)
      return;
    handOut.partition.reopen(handOut);
    this.#hold(handOut);
  }

  #refuse(publication: Publication): void {
    const output = this.output(publication);
    if (output?.handOut === undefined) return;
    output.handOut.refused(output.number);
    this.#settle(output.handOut);
  }

  #acknowledge(publication: Publication): void {
    const output = this.output(publication);
    if (output === null) return;
    const { state, handOut, number } = output;
    state.acknowledged.set(number, (state.acknowledged.get(number) ?? 0) + 1);
    if (handOut === undefined) return;
    handOut.acknowledged(number);
    this.#settle(handOut);
  }

  #finish(handOut: HandOut): void {
    if (handOut.finished) return;
    handOut.finished = true;
    this.#settle(handOut);
  }

  #settle(handOut: HandOut): void {
    if (!handOut.finished) return;
    if (handOut.finishedAt === 0) {
      handOut.finishedAt = this.event;
      this.justFinished.push(handOut);
      handOut.isSure &&= this.#hears;
    }
    this.#release(handOut);
  }

  #leave(partition: PartitionState): void {
    for (const handOut of partition.given) this.#release(handOut);
  }

  #release(handOut: HandOut): void {
    if (this.inFlight.delete(handOut)) this.inFlightBytes -= handOut.bytes;
  }

  #forgetProcess(): void {
    this.#hears = true;
    this.stopped.clear();
    this.inFlight.clear();
    this.inFlightBytes = 0;
    for (const partition of this.partitions) partition.owned = false;
  }

  #parse(publication: Publication): Output | null {
    const idBytes = idBytesOf(publication);
    const handOut = idBytes === undefined ? undefined : this.#byIdBytes.get(idBytes);
    const finding = parseFinding(this.plan, publication);
    if (finding !== null) {
      const state = this.#states.get(`${finding.task.name} ${finding.record}`);
      return state === undefined ? null : { state, handOut, number: finding.number, code: '' };
    }
    const letter = parseDeadLetter(this.plan, publication);
    const state = letter === null ? undefined : this.#states.get(`${letter.task.name} ${letter.record}`);
    if (letter === null || state === undefined) return null;
    return { state, handOut, number: DEAD_LETTER, code: letter.code };
  }
}

/** Every record of it is below the stored position. */
function isComplete({ records, stored }: PartitionState): boolean {
  const last = records.at(-1);
  return last === undefined || stored > last.record.delivery.offset;
}

function placeName(group: string, topic: string, partition: number): string {
  return `${group} ${topic} ${partition}`;
}
