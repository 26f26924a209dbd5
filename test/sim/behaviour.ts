/**
 * What an event does to its analyzer, decided by seed, task and record id alone: the same event
 * behaves the same way after a restart, as pure analysis does.
 */
import type { Task } from '../../src/model/task.ts';
import type { BehaviourKind, Workload } from './plan.ts';
import { SimRandom } from './random.ts';

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
  readonly #seed: number;
  readonly #workload: Workload;
  readonly #known = new Map<string, Behaviour>();

  constructor(seed: number, workload: Workload) {
    this.#seed = seed;
    this.#workload = workload;
  }

  /** Of the record with that id, as `task` sees it. */
  of(task: Task, id: string): Behaviour {
    const name = `${task.name} ${id}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const behaviour = this.#draw(task, new SimRandom(`${this.#seed}/behaviour/${name}`));
    this.#known.set(name, behaviour);
    return behaviour;
  }

  #draw(task: Task, random: SimRandom): Behaviour {
    const kind = this.#drawKind(random, task);
    const findings = kind === 'findings' ? 2 : kind === 'nothing' ? 0 : 1;
    const refused = new Set<number>();
    for (let n = 0; n < findings; n++) if (random.chance(this.#workload.findingRefused)) refused.add(n);
    return {
      kind,
      findings,
      failures: kind === 'flaky' ? random.int(1, task.retry.retriesMax) : random.int(1, 2),
      hangs: random.chance(0.5),
      serviceMs: random.next() * this.#workload.serviceMsMax,
      refused,
    };
  }

  #drawKind(random: SimRandom, task: Task): BehaviourKind {
    const weights = Object.entries(this.#workload.behaviours) as [BehaviourKind, number][];
    let left = random.next() * weights.reduce((sum, [, weight]) => sum + weight, 0);
    const drawn = weights.find(([, weight]) => (left -= weight) < 0)?.[0] ?? 'finding';
    return drawn === 'flaky' && task.retry.retriesMax === 0 ? 'finding' : drawn;
  }
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
