/**
 * Draws the plan of a run from its seed. Nothing happens here yet.
 *
 * What a later drawing adds comes from child streams of its own, so that what an older one draws
 * never changes: its kept runs (`seeds.ts`) depend on it.
 */
import type { EngineLimits, PublishPolicy } from '../../src/engine/options.ts';
import type { CircuitPolicy, ShardBy, Task } from '../../src/model/task.ts';
import type { Abilities } from './abilities.ts';
import { drawPartitions } from './draw-records.ts';
import type { Faults } from './faults.ts';
import { drawFaults } from './faults.ts';
import type { GroupPlan, Plan, Workload } from './plan.ts';
import { FIELD } from './plan.ts';
import type { SimRandom } from './random.ts';
import type { RunId } from './seeds.ts';

const CRASH = 'shop-crash';
const LAG = 'shop-lag';
/** No task takes it. */
const UNROUTED = 'shop-other';
/** Two tasks take it where one group has both. */
const AMBIGUOUS = 'shop-crash-lag';

const NO_CIRCUIT: CircuitPolicy = { deadLetterPercentMax: 0, window: 1, consecutiveMax: 0 };
const BY_KEY: ShardBy = { field: null, rule: 'hash', scanBytesMax: 1000 };

/** The plan of a run, of what the engine is able to do. */
export function drawPlan({ seed, drawing }: RunId, random: SimRandom, abilities: Abilities): Plan {
  const chaosMs = random.int(500, 4000);
  const onExhausted = random.chance(0.1) ? 'stop' : random.chance(0.2) ? 'finish' : 'dead-letter';
  const { tasks, subscriptions } = drawTasks(random.child('tasks'), onExhausted);
  const topics = subscriptions.some((each) => each.topics.includes(LAG)) ? [CRASH, LAG] : [CRASH];
  const partitions = drawPartitions(random.child('records'), topics, { chaosMs, drawing });
  const first: Plan = {
    seed,
    drawing,
    tasks,
    groups: subscriptions.map(({ group, topics: names }) => ({
      name: group,
      partitions: partitions.filter(({ topic }) => names.includes(topic)),
    })),
    limits: drawLimits(random.child('limits')),
    publish: drawPublish(random.child('publish')),
    slots: random.int(1, 4),
    eventTimeoutMs: random.int(30, 200),
    untilIdle: random.chance(0.3),
    delivery: 'at-least-once',
    workload: drawWorkload(random.child('workload')),
    latencies: {
      pullMsMax: random.int(1, 20),
      commitMsMax: random.int(1, 30),
      sinkMsMax: random.int(1, 40),
      restartMsMax: random.int(10, 300),
    },
    faults: without(drawFaults(random.child('faults'), drawing), abilities),
    chaosMs,
  };
  return drawing < 2 ? first : { ...first, ...drawSecond(random.child('2'), first, abilities) };
}

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
    shardBy: BY_KEY,
    retry: {
      retriesMax: random.int(0, 3),
      perRecordMax: 100,
      requeuesMax: 1000,
      backoffMs,
      backoffMaxMs: backoffMs * random.int(1, 8),
      onExhausted,
    },
    circuit: NO_CIRCUIT,
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
    intakeMs: random.int(50, 500),
    commitMs: random.int(50, 500),
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
    failing: 'as drawn',
  };
}

/** What came with the second drawing: strays, circuits, sharding by a field, exactly once, hard days. */
function drawSecond(random: SimRandom, plan: Plan, abilities: Abilities): Partial<Plan> {
  const exactlyOnce = random.chance(0.25) && abilities.transactions;
  return {
    groups: drawStrays(random.child('strays'), plan),
    tasks: plan.tasks.map((task) => ({
      ...task,
      shardBy: drawShardBy(random.child(`shard ${task.name}`), abilities),
      circuit: drawCircuit(random.child(`circuit ${task.name}`), abilities),
    })),
    workload: {
      ...plan.workload,
      failing: random.pick(['as drawn', 'as drawn', 'as drawn', 'as drawn', 'every third', 'all']),
    },
    delivery: exactlyOnce ? 'exactly-once' : 'at-least-once',
  };
}

/** Topics that are subscribed to and left out: one that no task takes, one that two would. */
function drawStrays(random: SimRandom, { groups, tasks, chaosMs, drawing }: Plan): readonly GroupPlan[] {
  const both = tasks.filter(({ group }) => group === 'main').length > 1;
  const strays = [UNROUTED, ...(both ? [AMBIGUOUS] : [])].filter(() => random.chance(0.2));
  const partitions = drawPartitions(random.child('records'), strays, { chaosMs, drawing });
  return groups.map((group) =>
    group.name === 'main' ? { ...group, partitions: [...group.partitions, ...partitions] } : group,
  );
}

function drawShardBy(random: SimRandom, { shardBy }: Abilities): ShardBy {
  const field = random.chance(0.3) && shardBy ? FIELD : null;
  return { field, rule: random.pick(['hash', 'modulo']), scanBytesMax: random.int(100, 2000) };
}

function drawCircuit(random: SimRandom, { circuit }: Abilities): CircuitPolicy {
  if (!random.chance(0.3) || !circuit) return NO_CIRCUIT;
  const byShare = random.chance(0.5);
  return {
    deadLetterPercentMax: byShare ? random.int(1, 60) : 0,
    window: random.int(1, 30),
    consecutiveMax: byShare && random.chance(0.5) ? 0 : random.int(1, 6),
  };
}

/** The task as it never stops. */
export function withoutCircuit(task: Task): Task {
  return { ...task, circuit: NO_CIRCUIT };
}

/** The faults that this engine can bear. */
function without(faults: Faults, { deadlines, resize, transactions }: Abilities): Faults {
  return {
    ...faults,
    commitHangs: deadlines ? faults.commitHangs : 0,
    resizeEveryMs: resize ? faults.resizeEveryMs : 0,
    transactUnknown: transactions ? faults.transactUnknown : 0,
  };
}
