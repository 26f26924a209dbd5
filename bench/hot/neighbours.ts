/** The neighbours that take much, and those beside them. Plain data. */
import { partitionOf } from '../../src/wire/partitioner.ts';
import type { BurnPlan } from '../feed/plan.ts';

/** Who comes: what an event takes, and over which keys. */
export interface Party {
  readonly workUs: number;
  /** All over the partitions, but for the first one, of the first one only, or one key. */
  readonly keys: 'all' | 'but-first' | 'first' | 'one';
}

/** What of the neighbour comes. */
export interface NeighbourLoad {
  readonly atOnce: number;
  readonly ratePerSecond: number;
}

/** One of them. */
export interface Neighbour {
  readonly name: string;
  readonly itself: Party;
  readonly others: Party;
  /** Whether it is a task of its own. */
  readonly hasTask: boolean;
  /** What comes of it, where the engine gets done so many events of the others in a second. */
  readonly load: (capacityPerSecond: number) => NeighbourLoad;
}

/** The others come at so much of what the engine gets done at most; a hot key or partition does, too. */
export const OTHERS_LOAD = 0.25;
/** No neighbour. */
export const NOTHING: NeighbourLoad = { atOnce: 0, ratePerSecond: 0 };

const WORK_US = 100;
const SLOW_US = 50_000;
/** Half a core's. */
const SLOW_PER_SECOND = 10;
/** What a partition is behind, in seconds of all that the engine gets done. */
const BEHIND_SECONDS = 2;
const KEYS = 1000;

const asMany = (capacityPerSecond: number): NeighbourLoad => ({
  ...NOTHING,
  ratePerSecond: Math.floor(capacityPerSecond * OTHERS_LOAD),
});

/** All of them. */
export const NEIGHBOURS: readonly Neighbour[] = [
  {
    name: 'hot-key',
    itself: { workUs: WORK_US, keys: 'one' },
    others: { workUs: WORK_US, keys: 'all' },
    hasTask: false,
    load: asMany,
  },
  {
    name: 'hot-partition',
    itself: { workUs: WORK_US, keys: 'first' },
    others: { workUs: WORK_US, keys: 'but-first' },
    hasTask: false,
    load: asMany,
  },
  {
    name: 'behind',
    itself: { workUs: WORK_US, keys: 'first' },
    others: { workUs: WORK_US, keys: 'but-first' },
    hasTask: false,
    load: (capacityPerSecond) => ({ ...NOTHING, atOnce: Math.floor(capacityPerSecond * BEHIND_SECONDS) }),
  },
  {
    name: 'slow-task',
    itself: { workUs: SLOW_US, keys: 'all' },
    others: { workUs: 0, keys: 'all' },
    hasTask: true,
    load: () => ({ ...NOTHING, ratePerSecond: SLOW_PER_SECOND }),
  },
];

/** The plan of a party; ids and keys begin with its mark. */
export function planOf(
  { workUs, keys }: Party,
  mark: string,
  { seed, chunkUs, partitions }: { seed: number; chunkUs: number; partitions: number },
): BurnPlan {
  const fits = (key: string): boolean => {
    if (keys === 'all' || keys === 'one') return true;
    return (partitionOf(Buffer.from(key), partitions) === 0) === (keys === 'first');
  };
  const names: string[] = [];
  for (let i = 0; names.length < (keys === 'one' ? 1 : KEYS); i += 1) {
    const key = `${mark}${seed}-${i}`;
    if (fits(key)) names.push(key);
  }
  const chunks = Math.round(workUs / chunkUs);
  return { kind: 'burn', mark, seed, chunks, idle: 0, keys: names, pick: 'uniform' };
}
