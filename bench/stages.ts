/**
 * What the main thread spends its time on, by stage, from a sampling profile of itself. A sample
 * belongs to the innermost function on the stack that is of a stage: what the runtime does for it is its.
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

/** Shares of the time in which the thread did anything; together 1. */
export type StageShares = Readonly<Record<(typeof STAGES)[number], number>>;

/** How often a sample is taken, µs. */
const INTERVAL_US = 500;

/** By a part of `path function`; the first that fits. */
const PLACES: readonly (readonly [RegExp, keyof StageShares])[] = [
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

/** The shares of a profile. Pure. */
export function stageShares({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): StageShares {
  const stages = stagesOf(nodes);
  const us = Object.fromEntries(STAGES.map((stage) => [stage, 0])) as Record<keyof StageShares, number>;
  let total = 0;
  for (const [i, node] of samples.entries()) {
    const stage = stages.get(node) ?? null;
    if (stage === null) continue;
    us[stage] += timeDeltas[i] ?? 0;
    total += timeDeltas[i] ?? 0;
  }
  for (const stage of STAGES) us[stage] /= total;
  return us;
}

/** The stage of each node, `null` where the thread was idle; parents come before their children. */
function stagesOf(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, keyof StageShares | null> {
  const stages = new Map<number, keyof StageShares | null>();
  for (const { id, callFrame, children = [] } of nodes) {
    const inherited = stages.get(id) ?? 'other';
    const stage = stageOf(callFrame.functionName, callFrame.url, inherited);
    stages.set(id, stage);
    for (const child of children) stages.set(child, stage);
  }
  return stages;
}

function stageOf(name: string, url: string, inherited: keyof StageShares | null): keyof StageShares | null {
  if (name === '(idle)') return null;
  if (name === '(garbage collector)') return 'gc';
  const own = PLACES.find(([pattern]) => pattern.test(`${url} ${name}`))?.[1];
  if (own !== undefined) return own;
  // What comes over a socket begins in the runtime; what is written has its caller on the stack.
  return inherited === 'other' && /^node:.*(net|stream)/.test(url) ? 'receive' : inherited;
}
