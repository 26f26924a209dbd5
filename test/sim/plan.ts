/**
 * The plan of one run, drawn from its seed: tasks, limits, records, and which faults the world has.
 *
 * Not every run has every fault (swarm testing: Groce et al., ISSTA 2012): a run without kills gets
 * deeper into the rest, and a rare pair of faults meets more often when the others are absent.
 * Nothing here happens yet; the world and its ports carry the plan out.
 */
import type { Delivery } from '../../src/model/delivery.ts';
import type { Task } from '../../src/model/task.ts';
import type { EngineLimits, PublishPolicy } from '../../src/engine/options.ts';
import { EPOCH_MS } from './clock.ts';
import type { SimRandom } from './random.ts';

/** One record of a simulated topic. */
export interface SimRecord {
  /** `topic/partition@offset`. Also the value's beginning and the header {@link ID_HEADER}. */
  readonly id: string;
  readonly delivery: Delivery;
  /** When it can be pulled, virtual milliseconds. */
  readonly availableMs: number;
}

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

/** How often each fault strikes while there is chaos. Means of 0 and probabilities of 0: never. */
export interface Faults {
  /** Mean time between kills of the process, milliseconds. */
  readonly killEveryMs: number;
  /** Mean time between ordered exits, milliseconds. */
  readonly drainEveryMs: number;
  /** Mean time between revokes of some partitions of a group, milliseconds. */
  readonly revokeEveryMs: number;
  /** Per pull: fails for now. */
  readonly pullFails: number;
  /** Per pull: fails for good, which ends the engine. */
  readonly pullFatal: number;
  readonly commitFails: number;
  /** Per request: fails at one of its publications, and what follows with it. */
  readonly sinkFails: number;
  /** Per request: was written, in part or all, but is answered as failed. */
  readonly sinkTimesOut: number;
  /** Per request: the sink stands still for a second or more. */
  readonly sinkStalls: number;
  /** Per dead letter: refused for good, which ends the engine. */
  readonly deadLetterRefused: number;
  /** Per delivery in hand: its thread hangs or dies though the delivery is innocent. */
  readonly threadDies: number;
  /** Per batch: the slot cannot work at all, which ends the engine. */
  readonly poolFatal: number;
}

/** What events are like: weights of their behaviours, and the share that the sink will not take. */
export interface Workload {
  readonly behaviours: Readonly<Record<BehaviourKind, number>>;
  /** Probability by finding, decided by its id: refused for good by the sink, however often. */
  readonly findingRefused: number;
  readonly serviceMsMax: number;
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
export interface Plan {
  readonly seed: number;
  readonly groups: readonly GroupPlan[];
  readonly tasks: readonly Task[];
  readonly limits: EngineLimits;
  readonly publish: PublishPolicy;
  readonly slots: number;
  readonly eventTimeoutMs: number;
  readonly untilIdle: boolean;
  readonly workload: Workload;
  readonly latencies: Latencies;
  readonly faults: Faults;
  /** When chaos ends, virtual milliseconds. */
  readonly chaosMs: number;
}

/** The plan of a seed. */
export function drawPlan(seed: number, random: SimRandom): Plan {
  const chaosMs = random.int(500, 4000);
  const onExhausted = random.chance(0.1) ? 'stop' : random.chance(0.2) ? 'finish' : 'dead-letter';
  const { tasks, subscriptions } = drawTasks(random.child('tasks'), onExhausted);
  const topics = drawTopics(random.child('records'), chaosMs);
  return {
    seed,
    tasks,
    groups: subscriptions.map(({ group, topics: names }) => ({
      name: group,
      partitions: topics.filter(({ topic }) => names.includes(topic)),
    })),
    limits: drawLimits(random.child('limits')),
    publish: drawPublish(random.child('publish')),
    slots: random.int(1, 4),
    eventTimeoutMs: random.int(30, 200),
    untilIdle: random.chance(0.3),
    workload: drawWorkload(random.child('workload')),
    latencies: {
      pullMsMax: random.int(1, 20),
      commitMsMax: random.int(1, 30),
      sinkMsMax: random.int(1, 40),
      restartMsMax: random.int(10, 300),
    },
    faults: drawFaults(random.child('faults')),
    chaosMs,
  };
}

const CRASH = 'shop-crash';
const LAG = 'shop-lag';

interface Subscription {
  readonly group: string;
  readonly topics: readonly string[];
}

/** One task, two tasks of one group, or two groups that read the same topic. */
function drawTasks(
  random: SimRandom,
  onExhausted: Task['retry']['onExhausted'],
): { tasks: readonly Task[]; subscriptions: readonly Subscription[] } {
  const crash = drawTask(random, { name: 'crash', group: 'main', topics: [/crash/], onExhausted });
  const lag = drawTask(random, { name: 'lag', group: 'main', topics: [/lag/], onExhausted });
  const copy = drawTask(random, { name: 'copy', group: 'second', topics: [/crash/], onExhausted });
  switch (random.int(1, 4)) {
    case 1:
    case 2:
      return { tasks: [crash], subscriptions: [{ group: 'main', topics: [CRASH] }] };
    case 3:
      return { tasks: [crash, lag], subscriptions: [{ group: 'main', topics: [CRASH, LAG] }] };
    default:
      return {
        tasks: [crash, copy],
        subscriptions: [
          { group: 'main', topics: [CRASH] },
          { group: 'second', topics: [CRASH] },
        ],
      };
  }
}

function drawTask(
  random: SimRandom,
  task: Pick<Task, 'name' | 'group' | 'topics'> & { readonly onExhausted: Task['retry']['onExhausted'] },
): Task {
  const { onExhausted, ...named } = task;
  const backoffMs = random.int(1, 30);
  return {
    ...named,
    lanes: random.int(1, 16),
    laneLengthMax: random.int(1, 40),
    heldKeysMax: random.int(1, 10),
    retry: {
      retriesMax: random.int(0, 3),
      backoffMs,
      backoffMaxMs: backoffMs * random.int(1, 8),
      onExhausted,
    },
    outputs: { findings: `out-findings-${task.name}`, deadLetters: `out-dead-${task.name}` },
  };
}

function drawLimits(random: SimRandom): EngineLimits {
  return {
    creditDeliveries: random.int(1, 120),
    creditBytes: random.int(200, 40_000),
    pullDeliveriesMax: random.int(1, 64),
    pullWaitMs: random.int(10, 200),
    aheadMax: random.int(1, 100),
    batchDeliveriesMax: random.int(1, 32),
    batchBytesMax: random.int(100, 8000),
    batchMs: random.int(1, 20),
    commitIntervalMs: random.int(5, 200),
    drainMs: random.int(100, 3000),
    revokeMs: random.chance(0.5) ? random.int(1, 50) : random.int(50, 600),
  };
}

function drawPublish(random: SimRandom): PublishPolicy {
  const backoffMs = random.int(1, 20);
  return {
    mode: random.chance(0.1) ? 'sync' : 'async',
    lingerMs: random.int(0, 20),
    publicationsMax: random.int(1, 24),
    bytesMax: random.int(100, 4000),
    inFlightMax: random.int(1, 5),
    backoffMs,
    backoffMaxMs: backoffMs * random.int(1, 10),
    deadLetterBytesMax: random.int(10, 500),
    deadLetterHeaderBytesMax: 10_000,
  };
}

function drawWorkload(random: SimRandom): Workload {
  const some = (weightMax: number): number => (random.chance(0.5) ? random.next() * weightMax : 0);
  return {
    behaviours: {
      finding: 1,
      findings: some(0.5),
      nothing: some(0.5),
      flaky: some(0.3),
      hopeless: some(0.1),
      malformed: some(0.1),
      requeue: some(0.1),
      poison: some(0.05),
    },
    findingRefused: some(0.1),
    serviceMsMax: random.pick([0, 1, 5, 20, 150]),
  };
}

function drawFaults(random: SimRandom): Faults {
  const mean = (fromMs: number, toMs: number): number => (random.chance(0.5) ? random.int(fromMs, toMs) : 0);
  const rate = (probability: number, max: number): number =>
    random.chance(probability) ? random.next() * max : 0;
  return {
    killEveryMs: mean(200, 2000),
    drainEveryMs: mean(300, 3000),
    revokeEveryMs: mean(100, 2000),
    pullFails: rate(0.4, 0.2),
    pullFatal: rate(0.1, 0.01),
    commitFails: rate(0.4, 0.5),
    sinkFails: rate(0.4, 0.2),
    sinkTimesOut: rate(0.4, 0.2),
    sinkStalls: rate(0.3, 0.02),
    deadLetterRefused: rate(0.1, 0.1),
    threadDies: rate(0.4, 0.05),
    poolFatal: rate(0.1, 0.01),
  };
}

/** The topics' partitions and records: keys, gaps, sizes and arrival drawn once for the run. */
function drawTopics(random: SimRandom, chaosMs: number): PartitionPlan[] {
  const shape: RecordShape = {
    key: drawKeys(random),
    gapChance: random.chance(0.4) ? random.next() * 0.3 : 0,
    largeChance: random.chance(0.3) ? 0.03 : 0,
    /** Of the records, the share that is there from the start. */
    readyShare: random.pick([1, 0.5, 0]),
    chaosMs,
  };
  return [CRASH, LAG].flatMap((topic) =>
    Array.from({ length: random.int(1, 3) }, (_, partition) => ({
      topic,
      partition,
      records: drawRecords(random.child(`${topic}/${partition}`), { topic, partition }, shape),
    })),
  );
}

interface RecordShape {
  readonly key: (random: SimRandom) => string | null;
  readonly gapChance: number;
  readonly largeChance: number;
  readonly readyShare: number;
  readonly chaosMs: number;
}

/** Uniform, Zipf or one hot key, with a share of null keys. */
function drawKeys(random: SimRandom): (random: SimRandom) => string | null {
  const keys = random.int(1, 30);
  const nullShare = random.pick([0, 0, 0.2, 1]);
  const rule = random.pick(['uniform', 'zipf', 'hot']);
  return (record) => {
    if (record.chance(nullShare)) return null;
    if (rule === 'hot' && record.chance(0.8)) return 'k0';
    // Inverse of the continuous Zipf law with exponent 1: rank = keys^u.
    if (rule === 'zipf') return `k${Math.floor(keys ** record.next()) - 1}`;
    return `k${record.int(0, keys - 1)}`;
  };
}

function drawRecords(
  random: SimRandom,
  { topic, partition }: { topic: string; partition: number },
  shape: RecordShape,
): SimRecord[] {
  const count = random.int(0, 120);
  const arrivals = Array.from({ length: count }, () =>
    random.chance(shape.readyShare) ? 0 : random.int(0, shape.chaosMs),
  ).toSorted((a, b) => a - b);
  let offset = random.chance(0.5) ? 0 : random.int(1, 5000);
  return arrivals.map((availableMs) => {
    if (random.chance(shape.gapChance)) offset += random.int(1, 5);
    const key = shape.key(random);
    const paddingLength = random.chance(shape.largeChance) ? random.int(1000, 50_000) : random.int(0, 200);
    return makeRecord({ topic, partition, offset: offset++ }, { key, paddingLength, availableMs });
  });
}

function makeRecord(
  place: Pick<Delivery, 'topic' | 'partition' | 'offset'>,
  of: { key: string | null; paddingLength: number; availableMs: number },
): SimRecord {
  const id = recordOf(place);
  return {
    id,
    availableMs: of.availableMs,
    delivery: {
      ...place,
      key: of.key === null ? null : Buffer.from(of.key),
      value: Buffer.from(id.padEnd(id.length + of.paddingLength, '.')),
      headers: [[ID_HEADER, Buffer.from(id)]],
      timestampMs: EPOCH_MS + of.availableMs,
    },
  };
}
