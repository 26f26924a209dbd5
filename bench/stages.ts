/**
 * What a thread spends its time on, by stage, from a sampling profile of it. A sample belongs to the
 * innermost function on the stack that is of a stage: what the runtime does for it is its.
 */
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';

/**
 * The stages of the main thread: bytes from the brokers, their records as deliveries, the engine, the
 * hand-over to the worker threads and back, findings as batches, bytes to the brokers, the rest.
 */
export const STAGES = [
  'receive',
  'consume',
  'engine',
  'hand-over',
  'produce',
  'send',
  'gc',
  'other',
] as const;

/**
 * The stages of a worker thread: the hand-over from and to the main thread with what runs a batch, the
 * event out of its bytes, its analysis, the finding's bytes.
 */
export const WORKER_STAGES = ['hand-over', 'decode', 'analyse', 'encode', 'gc', 'other'] as const;

/** Shares of the time in which the thread did anything; together 1. */
export type StageShares = Readonly<Record<(typeof STAGES)[number], number>>;

/** The same of a worker thread. */
export type WorkerShares = Readonly<Record<(typeof WORKER_STAGES)[number], number>>;

/** By a part of `path function`; the first that fits. */
type Places<Stage> = readonly (readonly [RegExp, Stage])[];

/** How often a sample is taken, µs. */
export const INTERVAL_US = 500;

/** Of the main thread, and of the one that writes. */
const PLACES: Places<keyof StageShares> = [
  [/kafka\/framing.* (write|send)/, 'send'],
  [/kafka\/framing/, 'receive'],
  [/kafka\/(brokers|connections|internals)/, 'other'],
  [/kafka\/protocol\/(request|writer)|kafkajs.*(requestQueue|encoder|[sS]end)/, 'send'],
  [/kafka\/protocol\/reader|kafkajs.*network/, 'receive'],
  [
    /kafka\/(protocol\/produce|record-batch|crc32c|producer|output-|calls|judge|routes|sink|idempotence)/,
    'produce',
  ],
  [/kafka\/(verdict|transactions|partition-transactions|persist)|wire\/partitioner/, 'produce'],
  [/src\/transport\/publisher\//, 'produce'],
  [/src\/transport\//, 'consume'],
  [/src\/(pool|wire)\/|piscina/, 'hand-over'],
  [/src\/(engine|observe|model)\//, 'engine'],
];

const WORKER_PLACES: Places<keyof WorkerShares> = [
  [/src\/wire\/(batch|outcome)|src\/pool\/|piscina/, 'hand-over'],
  [/src\/wire\/(finding|msgpack|plain)/, 'encode'],
  [/src\/wire\//, 'decode'],
  // Modules of an analyzer lie anywhere.
  [/src\/analysis\/|^file:(?!.*\/(src|workers|node_modules)\/)/, 'analyse'],
];

/** Runs `work` and takes samples of this thread meanwhile. */
export async function profiled(work: () => Promise<unknown>): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await session.post('Profiler.start');
    await work();
    return (await session.post('Profiler.stop')).profile;
  } finally {
    session.disconnect();
  }
}

/** A kind of thread. */
interface Kind<Stage> {
  readonly stages: readonly Stage[];
  readonly gc: Stage;
  readonly other: Stage;
  /** The stage of a function, by that of the one that called it. */
  readonly stageOf: (name: string, url: string, inherited: Stage) => Stage;
}

/** The shares of a profile of the main thread, or of the one that writes. Pure. */
export function stageShares(profile: Profiler.Profile): StageShares {
  return shares([profile], { stages: STAGES, gc: 'gc', other: 'other', stageOf: mainStageOf });
}

/** The shares of the profiles of worker threads, all together. Pure. */
export function workerShares(profiles: readonly Profiler.Profile[]): WorkerShares {
  return shares(profiles, { stages: WORKER_STAGES, gc: 'gc', other: 'other', stageOf: workerStageOf });
}

/**
 * Each sample counts the same, however long it took to come: a thread that the system had set aside for others
 * would else seem to have worked all the while, mostly where it had just woken one of them.
 */
function shares<Stage extends string>(
  profiles: readonly Profiler.Profile[],
  kind: Kind<Stage>,
): Record<Stage, number> {
  const counts = Object.fromEntries(kind.stages.map((stage) => [stage, 0])) as Record<Stage, number>;
  let total = 0;
  for (const { nodes, samples = [] } of profiles) {
    const stages = stagesOf(nodes, kind);
    for (const node of samples) {
      const stage = stages.get(node) ?? null;
      if (stage === null) continue;
      counts[stage] += 1;
      total += 1;
    }
  }
  for (const stage of kind.stages) counts[stage] /= Math.max(1, total);
  return counts;
}

/** The stage of each node, `null` where the thread was idle; parents come before their children. */
function stagesOf<Stage>(
  nodes: readonly Profiler.ProfileNode[],
  { stageOf, gc, other }: Kind<Stage>,
): ReadonlyMap<number, Stage | null> {
  const stages = new Map<number, Stage | null>();
  for (const { id, callFrame, children = [] } of nodes) {
    const { functionName, url } = callFrame;
    const inherited = stages.get(id) ?? other;
    const stage = functionName === '(garbage collector)' ? gc : stageOf(functionName, url, inherited);
    stages.set(id, functionName === '(idle)' ? null : stage);
    for (const child of children) stages.set(child, stage);
  }
  return stages;
}

function mainStageOf(name: string, url: string, inherited: keyof StageShares): keyof StageShares {
  const own = placeOf(PLACES, name, url);
  if (own !== undefined) return own;
  // What comes over a socket begins in the runtime; what is written has its caller on the stack.
  return inherited === 'other' && /^node:.*(net|stream)/.test(url) ? 'receive' : inherited;
}

function workerStageOf(name: string, url: string, inherited: keyof WorkerShares): keyof WorkerShares {
  return placeOf(WORKER_PLACES, name, url) ?? inherited;
}

function placeOf<Stage>(places: Places<Stage>, name: string, url: string): Stage | undefined {
  return places.find(([pattern]) => pattern.test(`${url} ${name}`))?.[1];
}
