/**
 * What an event does to its analyzer, decided by seed, task and record id alone: the same event
 * behaves the same way after a restart, as pure analysis does.
 */
import type { Task } from '../../src/model/task.ts';
import type { BehaviourKind, Plan, SimRecord } from './plan.ts';
import { SimRandom } from './random.ts';

/** A delivery that recovers does so after at most so many failures: more only take time. */
const FAILURES_MAX = 5;

/**
 * - `finding`, `findings`, `nothing`: done with 1, 2 or 0 findings.
 * - `flaky`: fails for now `failures` times, then as `finding`; never more often than it is retried.
 * - `hopeless`: fails for now each time. Where the task stops then, it recovers when chaos ends.
 * - `malformed`: fails for good.
 * - `requeue`: asks to be seen again `failures` times, then as `finding`.
 * - `poison`: hangs or kills its thread each time.
 */
export interface Behaviour {
  readonly kind: BehaviourKind;
  readonly findings: number;
  readonly failures: number;
  readonly hangs: boolean;
  readonly serviceMs: number;
  /** Finding numbers that the sink refuses for good. */
  readonly refused: ReadonlySet<number>;
}

/** How a record must end, whatever happens on the way. */
export type Ending = 'findings' | 'finished' | 'dead-letter';

/** Decides and remembers. */
export class Behaviours {
  readonly #plan: Plan;
  readonly #records: ReadonlyMap<string, SimRecord>;
  readonly #known = new Map<string, Behaviour>();

  constructor(plan: Plan) {
    this.#plan = plan;
    const records = plan.groups.flatMap(({ partitions }) => partitions.flatMap((each) => each.records));
    this.#records = new Map(records.map((record) => [record.id, record]));
  }

  /** Of the record with that id, as `task` sees it. */
  of(task: Task, id: string): Behaviour {
    const name = `${task.name} ${id}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const behaviour = this.#draw(
      task,
      this.record(id),
      new SimRandom(`${this.#plan.seed}/behaviour/${name}`),
    );
    this.#known.set(name, behaviour);
    return behaviour;
  }

  /** The record of that id. */
  record(id: string): SimRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new RangeError(`no record ${id}`);
    return record;
  }

  #draw(task: Task, record: SimRecord, random: SimRandom): Behaviour {
    const { workload } = this.#plan;
    const retriesMax = retriesOf(task, record);
    const kind = this.#drawKind(random, record, retriesMax);
    const findings = kind === 'findings' ? 2 : kind === 'nothing' ? 0 : 1;
    const refused = new Set<number>();
    for (let n = 0; n < findings; n++) if (random.chance(workload.findingRefused)) refused.add(n);
    return {
      kind,
      findings,
      failures: random.int(1, kind === 'flaky' ? Math.min(retriesMax, FAILURES_MAX) : 2),
      hangs: random.chance(0.5),
      serviceMs: random.next() * workload.serviceMsMax,
      refused,
    };
  }

  #drawKind(random: SimRandom, { delivery }: SimRecord, retriesMax: number): BehaviourKind {
    const { behaviours, failing } = this.#plan.workload;
    const weights = Object.entries(behaviours) as [BehaviourKind, number][];
    let left = random.next() * weights.reduce((sum, [, weight]) => sum + weight, 0);
    const drawn = weights.find(([, weight]) => (left -= weight) < 0)?.[0] ?? 'finding';
    const fails = failing === 'all' || (failing === 'every third' && delivery.offset % 3 === 0);
    const kind = fails ? 'flaky' : drawn;
    return kind === 'flaky' && retriesMax === 0 ? 'finding' : kind;
  }
}

/** How often a record is tried again: as its header asks, or as its task does. */
export function retriesOf(task: Task, { retriesMax }: SimRecord): number {
  return retriesMax ?? task.retry.retriesMax;
}

/** How a record with this behaviour must end under that task. */
export function endingOf(behaviour: Behaviour, task: Task): Ending {
  switch (behaviour.kind) {
    case 'nothing':
      return 'finished';
    case 'malformed':
    case 'poison':
      return 'dead-letter';
    case 'hopeless':
      if (task.retry.onExhausted === 'stop') return 'findings';
      return task.retry.onExhausted === 'finish' ? 'finished' : 'dead-letter';
    case 'finding':
    case 'findings':
    case 'flaky':
    case 'requeue':
      return 'findings';
  }
}
