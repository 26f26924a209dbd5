/**
 * How much time each sample stands for: the time to the next one.
 *
 * In whole microseconds. Samples of one time share what follows equally, so their order is of no
 * effect; the last stands for the sampling interval or, where that is not told, the median gap. A
 * sample without a usable time weighs nothing and is yet counted. Reads no clock.
 */
import type { Problem } from '../../model/report.ts';
import { note } from '../problems.ts';

/** A gap above it is a pause of the sampler or a broken clock, not time on a stack: one hour. */
export const GAP_MAX_MS = 3_600_000;

/** The largest time a JavaScript date can have (ECMA-262, "Time Values and Time Range"). */
const TIME_MAX_MS = 8.64e15;

/**
 * Milliseconds of a sample's `time`: a number, or ISO 8601 text (UTC where it names no zone); NaN for
 * what is neither, or is negative or past what a date can be.
 */
export function sampleTimeMs(time: unknown): number {
  if (typeof time === 'number') return time >= 0 && time <= TIME_MAX_MS ? time : NaN;
  if (typeof time !== 'string' || time.length < 16 || time.length > 40) return NaN;
  if (time[4] !== '-' || time[7] !== '-' || (time[10] !== 'T' && time[10] !== ' ')) return NaN;
  const zoned = time.endsWith('Z') || time.includes('+', 16) || time.includes('-', 16);
  const ms = Date.parse(zoned ? time : `${time}Z`);
  return ms >= 0 ? ms : NaN;
}

/**
 * The weights of samples, in the order given, by their times (NaN: unknown). `intervalMs` is the
 * sampler's own, when told; without any time it is the weight of each.
 */
export function weighSamples(
  timesMs: readonly number[],
  intervalMs: number | undefined,
  problems: Problem[],
): number[] {
  const order = inOrder(timesMs, problems);
  if (order.length === 0) return timesMs.map(() => microseconds(intervalMs ?? 0));
  const groups = byTime(timesMs, order);
  const gapsUs = groups.map((group, at) => microseconds((groups[at + 1]?.timeMs ?? NaN) - group.timeMs));
  const usualUs = intervalMs === undefined ? medianOf(gapsUs) : microseconds(intervalMs);
  const weightsUs = timesMs.map(() => 0);
  let overLimit = false;
  groups.forEach((group, at) => {
    const gapUs = gapsUs[at] ?? NaN;
    if (gapUs > GAP_MAX_MS * 1000) overLimit = true;
    const shareUs = Math.floor((gapUs <= GAP_MAX_MS * 1000 ? gapUs : usualUs) / (group.end - group.start));
    for (let i = group.start; i < group.end; i++) weightsUs[order[i] ?? 0] = shareUs;
  });
  if (overLimit) note(problems, 'sample-gap-over-limit');
  return weightsUs;
}

/** Indices of the samples with a time, by time. */
function inOrder(timesMs: readonly number[], problems: Problem[]): number[] {
  const order: number[] = [];
  let previous = -1;
  let sorted = true;
  timesMs.forEach((timeMs, index) => {
    if (Number.isNaN(timeMs)) return;
    if (timeMs < previous) sorted = false;
    previous = timeMs;
    order.push(index);
  });
  if (!sorted) {
    note(problems, 'samples-out-of-order');
    order.sort((a, b) => (timesMs[a] ?? 0) - (timesMs[b] ?? 0));
  }
  return order;
}

/** A run of samples of one time: `order[start]` up to, not with, `order[end]`. */
interface TimeGroup {
  readonly timeMs: number;
  readonly start: number;
  readonly end: number;
}

function byTime(timesMs: readonly number[], order: readonly number[]): TimeGroup[] {
  const groups: TimeGroup[] = [];
  let start = 0;
  for (let end = 1; end <= order.length; end++) {
    const timeMs = timesMs[order[start] ?? 0] ?? 0;
    if (end < order.length && timesMs[order[end] ?? 0] === timeMs) continue;
    groups.push({ timeMs, start, end });
    start = end;
  }
  return groups;
}

function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}

/** The median of the gaps that are within the limit (the lower of two middle ones); 0 without any. */
function medianOf(gapsUs: readonly number[]): number {
  const within = Float64Array.from(gapsUs.filter((gap) => gap <= GAP_MAX_MS * 1000)).sort();
  return within[(within.length - 1) >> 1] ?? 0;
}
