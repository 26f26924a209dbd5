/** One partition as one group reads it: whose it is, what was handed out, what is stored. */
import type { HandOut, RecordState } from './hand-out.ts';
import type { PartitionPlan } from './plan.ts';

/** Offsets at or above a position that are finished, as metadata may say; true: as it must say. */
export type Noted = ReadonlyMap<number, boolean>;

const NOTHING: Noted = new Map();

/** Its state. */
export class PartitionState {
  readonly group: string;
  readonly plan: PartitionPlan;
  /** False for a topic that no task takes, or two: its deliveries are passed over. */
  readonly routed: boolean;
  readonly records: readonly RecordState[];
  readonly byOffset: ReadonlyMap<number, RecordState>;
  owned = false;
  /** Being taken away. */
  leaving = false;
  /** Taken away, and we have not been told. */
  lost = false;
  /** Counts assignments. */
  epoch = 0;
  /** What was handed out in this epoch, in order. */
  given: HandOut[] = [];
  /** The stored position; 0 when there is none. */
  stored = 0;
  /** Finished above the stored position, as its metadata should say. */
  noted: Noted = NOTHING;
  /** The highest position asked to be committed in this epoch. */
  asked = 0;
  /** Indices into `given`. */
  #lowest = 0;
  #committed = 0;

  constructor(group: string, plan: PartitionPlan, records: readonly RecordState[] | null) {
    this.group = group;
    this.plan = plan;
    this.routed = records !== null;
    this.records = records ?? [];
    this.byOffset = new Map(this.records.map((state) => [state.record.delivery.offset, state]));
  }

  get name(): string {
    return `${this.group}:${this.plan.topic}/${this.plan.partition}`;
  }

  /** The first hand-out of this epoch that is not finished. */
  get lowestUnfinished(): HandOut | undefined {
    while (this.given[this.#lowest]?.finished === true) this.#lowest += 1;
    return this.given[this.#lowest];
  }

  /** Hand-outs of this epoch from the stored position on, and from what is noted at it on: what a crash makes seen twice. */
  get uncommitted(): number {
    for (let given = this.given[this.#committed]; given !== undefined; given = this.given[this.#committed]) {
      const isNoted = given.noted !== 'no' && given.finished;
      if (given.offset >= this.stored && !isNoted) break;
      this.#committed += 1;
    }
    return this.given.length - this.#committed;
  }

  begin(): void {
    this.owned = true;
    this.leaving = false;
    this.lost = false;
    this.epoch += 1;
    this.given = [];
    this.asked = this.stored;
    this.#lowest = 0;
    this.#committed = 0;
  }

  /**
   * What is finished at or above `position`, and what was noted of what is not handed out again yet. What
   * the event under way finished the engine may not know.
   */
  finishedFrom(position: number, event: number): Noted {
    const finished = this.given.filter((each) => each.finished && each.offset >= position);
    const last = this.given.at(-1)?.offset ?? -1;
    const carried = [...this.noted].filter(([offset]) => offset >= position && offset > last);
    if (finished.length + carried.length === 0) return NOTHING;
    const noted = finished.map((each) => [each.offset, each.isSure && each.finishedAt < event] as const);
    return new Map([...noted, ...carried]);
  }

  /** It is ours no more, unless it was assigned anew while it was taken away. */
  letGo(): void {
    if (this.leaving) this.owned = false;
  }

  /** A position is stored. */
  store(position: number, noted: Noted = NOTHING): void {
    this.stored = position;
    this.noted = noted;
  }

  /** A finished one turns out to be done again. */
  reopen(handOut: HandOut): void {
    handOut.finished = false;
    const index = this.given.indexOf(handOut);
    this.#lowest = Math.min(this.#lowest, index);
    this.#committed = Math.min(this.#committed, index);
  }
}
