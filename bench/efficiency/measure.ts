/**
 * The share of the cores' ceiling that an engine reaches, for one amount of work, one spread of keys and
 * one transport: in pairs of slices, one of the engine and one of the bare loops, with the same chunks to
 * burn and whoever began the last pair second, so that what else the machine does meets both alike.
 */
import type { BareLoops, Burnt } from './bare.ts';
import type { Slice, Subject } from './subject.ts';

/** How much is measured. */
export interface Extent {
  readonly sliceMs: number;
  readonly pairs: number;
  readonly threads: number;
}

/** Of one case. */
export interface Measured {
  /** Events of a slice. */
  readonly events: number;
  /** CPU of the bare loops over CPU of the whole process: of each pair, and their median. */
  readonly shares: readonly number[];
  readonly share: number;
  /** Time of the bare loops over time of the engine, median: below the share where cores were idle. */
  readonly rateShare: number;
  /** CPU of the whole process per event, medians, µs. */
  readonly engineUs: number;
  /** Of it the main thread. */
  readonly mainUs: number;
  /** CPU of the bare loops for the work of one event. */
  readonly bareUs: number;
}

/** Events whose analysis takes no time, to begin with: the compiler is done with the engine after them. */
export const IDLE_EVENTS = 20_000;
/** Then slices that are not measured: the engine learns what an event takes. */
const LEARNING_SLICES = 2;
/** What an event takes beside its work, until that is known, µs. */
const FIRST_GUESS_US = 20;
/** More are not needed, and would have to be held in memory. */
const EVENTS_MAX = 40_000;

/** One engine slice and one bare slice. */
interface Pair {
  readonly engine: Slice;
  readonly bare: Burnt;
}

/** Measures an engine that has just been opened, whose first {@link IDLE_EVENTS} ask for no work. */
export async function measure(
  subject: Subject,
  bare: BareLoops,
  { chunks, chunkUs, extent }: { chunks: number; chunkUs: number; extent: Extent },
): Promise<Measured> {
  const { sliceMs, pairs, threads } = extent;
  await subject.slice(IDLE_EVENTS);
  const sliceUs = sliceMs * 1000 * threads;
  let events = eventsOf(sliceUs, chunks * chunkUs + FIRST_GUESS_US);
  for (let i = 0; i < LEARNING_SLICES; i += 1) {
    const { cpuUs } = await subject.slice(events);
    events = eventsOf(sliceUs, cpuUs / events);
  }
  const measured: Pair[] = [];
  for (let i = 0; i < pairs; i += 1) {
    const first = i % 2 === 0 ? await subject.slice(events) : null;
    const loops = await bare.burn(events * chunks);
    measured.push({ engine: first ?? (await subject.slice(events)), bare: loops });
  }
  return figuresOf(measured, events);
}

/** Pure. */
export function figuresOf(pairs: readonly Pair[], events: number): Measured {
  const shares = pairs.map(({ engine, bare }) => bare.cpuUs / engine.cpuUs);
  return {
    events,
    shares,
    share: median(shares),
    rateShare: median(pairs.map(({ engine, bare }) => bare.ms / engine.ms)),
    engineUs: median(pairs.map(({ engine }) => engine.cpuUs)) / events,
    mainUs: median(pairs.map(({ engine }) => engine.mainUs)) / events,
    bareUs: median(pairs.map(({ bare }) => bare.cpuUs)) / events,
  };
}

/** By CPU, not by time: where the machine has other things to do, a slice takes longer and is no smaller. */
function eventsOf(sliceUs: number, eventUs: number): number {
  return Math.max(1, Math.min(EVENTS_MAX, Math.round(sliceUs / eventUs)));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
