/**
 * The plan of one run: tasks, limits, records, and which faults the world has. `draw.ts` draws it
 * from a seed; the world and its ports carry it out.
 */
import type { Delivery } from '../../src/model/delivery.ts';
import type { Task } from '../../src/model/task.ts';
import type { EngineLimits, PublishPolicy } from '../../src/engine/options.ts';
import type { Faults } from './faults.ts';
import type { RunId } from './seeds.ts';

/** One record of a simulated topic. */
export interface SimRecord {
  /** `topic/partition@offset`. Also the value's beginning and the header {@link ID_HEADER}. */
  readonly id: string;
  readonly delivery: Delivery;
  /** When it can be pulled, virtual milliseconds. */
  readonly availableMs: number;
  /** What its header asks for in place of the task's `retriesMax`; `null`: nothing that counts. */
  readonly retriesMax: number | null;
  /** The text of its field {@link FIELD}; `null`: it has none. */
  readonly field: string | null;
}

/** The field of a record's value that a task may be sharded by. */
export const FIELD = 'device';

/** Carries a record's id through the engine: headers of a delivery are passed on. */
export const ID_HEADER = 'sim-id';

/** The id of the record that a delivery is of. */
export function recordOf({
  topic,
  partition,
  offset,
}: Pick<Delivery, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${partition}@${offset}`;
}

/** A partition with all the records that it will ever have. */
export interface PartitionPlan {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly SimRecord[];
}

/** A consumer group with the partitions of its subscription. */
export interface GroupPlan {
  readonly name: string;
  readonly partitions: readonly PartitionPlan[];
}

/** The one task of the group that takes the topic; `null` when none or several do. */
export function taskOf({ tasks }: Pick<Plan, 'tasks'>, group: string, topic: string): Task | null {
  const taking = tasks.filter((task) => task.group === group && task.topics.some((each) => each.test(topic)));
  return taking.length === 1 ? (taking[0] ?? null) : null;
}

/** What events are like: weights of their behaviours, and the share that the sink will not take. */
export interface Workload {
  readonly behaviours: Readonly<Record<BehaviourKind, number>>;
  /** Probability by finding, decided by its id: refused for good by the sink, however often. */
  readonly findingRefused: number;
  readonly serviceMsMax: number;
  /** Which deliveries fail for now at first, whatever the weights say. */
  readonly failing: 'as drawn' | 'every third' | 'all';
}

/** What an event does to its analyzer; see `behaviour.ts`. */
export type BehaviourKind =
  'finding' | 'findings' | 'nothing' | 'flaky' | 'hopeless' | 'malformed' | 'requeue' | 'poison';

/** Latencies of the world, milliseconds. */
export interface Latencies {
  readonly pullMsMax: number;
  readonly commitMsMax: number;
  readonly sinkMsMax: number;
  readonly restartMsMax: number;
}

/** Everything that a run is made of. */
export interface Plan extends RunId {
  readonly groups: readonly GroupPlan[];
  readonly tasks: readonly Task[];
  readonly limits: EngineLimits;
  readonly publish: PublishPolicy;
  readonly slots: number;
  readonly eventTimeoutMs: number;
  readonly untilIdle: boolean;
  readonly delivery: 'at-least-once' | 'exactly-once';
  readonly workload: Workload;
  readonly latencies: Latencies;
  readonly faults: Faults;
  /** When chaos ends, virtual milliseconds. */
  readonly chaosMs: number;
}
