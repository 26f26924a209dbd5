/**
 * What an engine gets done at most while it is fed: a closed loop, in which so many events wait at any time
 * that it never has nothing to do, and never more.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { FedEngine } from './fed-engine.ts';
import type { Feeder } from './feeder.ts';
import type { Recorder } from './recorder.ts';

/** How it is measured. */
export interface CapacityRun {
  readonly engine: FedEngine;
  readonly feeder: Feeder;
  readonly recorder: Recorder;
  /** Not counted: until compilers are done, and groups joined. */
  readonly warmUpEvents: number;
  readonly seconds: number;
}

/** The result. */
export interface Capacity {
  readonly perSecond: number;
  /** Events that were fed in all, and are finished. */
  readonly events: number;
}

/** Events fed and not acknowledged. */
const WAITING = 10_000;
/** Made beforehand. */
const PREPARED = 100_000;
const LOOK_MS = 5;
/** Without an acknowledgement for so long something is wrong. */
const PATIENCE_MS = 60_000;

/** Measures it; everything that was fed is acknowledged at the end. */
export async function capacityOf(run: CapacityRun): Promise<Capacity> {
  const { engine, feeder, recorder, warmUpEvents, seconds } = run;
  const before = recorder.acknowledged;
  await feeder.prepare(PREPARED);
  let fed = 0;
  const done = (): number => recorder.acknowledged - before;
  const feedWhile = async (isGoingOn: () => boolean): Promise<void> => {
    while (isGoingOn()) {
      engine.check();
      const room = WAITING - (fed - done());
      fed += room;
      if (room > 0) await feeder.send(room);
      await pause(LOOK_MS);
    }
  };
  await feedWhile(() => done() < warmUpEvents);
  const startMs = performance.now();
  const start = done();
  await feedWhile(() => performance.now() < startMs + seconds * 1000);
  const perSecond = ((done() - start) / (performance.now() - startMs)) * 1000;
  await acknowledged(run, before + fed);
  return { perSecond, events: fed };
}

/** Resolves when so many publications are acknowledged in all. Rejects when none is for a minute. */
export async function acknowledged(
  { engine, recorder }: Pick<CapacityRun, 'engine' | 'recorder'>,
  count: number,
): Promise<void> {
  let seen = recorder.acknowledged;
  let seenMs = performance.now();
  while (recorder.acknowledged < count) {
    engine.check();
    await pause(LOOK_MS);
    if (recorder.acknowledged > seen) {
      seen = recorder.acknowledged;
      seenMs = performance.now();
    }
    if (performance.now() - seenMs > PATIENCE_MS)
      throw new Error(`${seen} of ${count} events are acknowledged, and none for ${PATIENCE_MS / 1000} s`);
  }
}
