/** What the gate measures: a short run of the engine and the micro-benchmarks, as multiples of `JSON.parse`. */
import { runEngine } from '../engine.ts';
import { runMicro } from '../micro/suite.ts';
import type { Multiples } from './judge.ts';

/** Enough for the compilers to be done with the hot path, few enough for two runs within the gate's time. */
const EVENTS = 50_000;
/** One, so that a machine of two cores has one for the main thread. */
const THREADS = 1;

/** A measurement, by the first word of its figures' names. */
export const MEASUREMENTS: Readonly<Record<string, () => Promise<Multiples>>> = {
  engine: measureEngine,
  micro: measureMicro,
};

async function measureEngine(): Promise<Multiples> {
  const { parseUs, cpuUsPerEvent } = await runEngine({ count: EVENTS, threads: THREADS, settings: {} });
  return new Map([
    ['engine: main thread', cpuUsPerEvent.main / parseUs],
    ['engine: worker', cpuUsPerEvent.workers / parseUs],
    ['engine: whole process', cpuUsPerEvent.total / parseUs],
  ]);
}

async function measureMicro(): Promise<Multiples> {
  return new Map((await runMicro()).map(({ name, toParse }) => [`micro: ${name}`, toParse]));
}
