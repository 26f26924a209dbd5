/**
 * What the gate holds: multiples of `JSON.parse` of the 2-KB event in the same process, which a slow machine
 * and a busy one change little. `usual` is the median of ten runs when the limit was set.
 *
 * A limit is about twice what is usual: with six to fourteen other processes on two cores a figure of the same
 * code was at most 1.9 times its median, and what is not held is measured once more and counts with the lower.
 * What is slower by less is `bench:compare`'s to find. When the code has become faster, lower both.
 */

/** One figure and the most that it may be. */
export interface Limit {
  /** `engine: …` of the short run, or `micro: ` and the name of the micro-benchmark. */
  readonly what: string;
  readonly usual: number;
  readonly atMost: number;
  /** What it stands for, and so what is slow when it is not held. */
  readonly why: string;
}

/** All limits. A figure without one is not held; one that is gone, or has another name, is over its limit. */
export const LIMITS: readonly Limit[] = [
  {
    what: 'engine: main thread',
    usual: 1.3,
    atMost: 2.6,
    why: 'consume, order, hand over, publish: bounds what one process can do on many cores',
  },
  {
    what: 'engine: worker',
    usual: 6.5,
    atMost: 12,
    why: 'unpack, decode, analyse, encode: bounds what a core can do',
  },
  {
    what: 'engine: whole process',
    usual: 10,
    atMost: 18,
    why: 'both, and what V8 does beside them: compiling and garbage collection',
  },
  { what: 'micro: decode the 2-KB event', usual: 1.1, atMost: 2, why: 'bytes to event, once per delivery' },
  { what: 'micro: analyse java (2 KB)', usual: 2.3, atMost: 4.6, why: 'the largest part of a worker' },
  {
    what: 'micro: analyse lag android, 3 KB',
    usual: 7,
    atMost: 14,
    why: 'sampled stacks: the costliest format, which gains most from compiled code and so scatters most',
  },
  { what: 'micro: analyse crash android, 1.4 KB', usual: 1.7, atMost: 3.4, why: 'tombstones' },
  { what: 'micro: analyse crash python, 0.8 KB', usual: 1.7, atMost: 3.4, why: 'Python tracebacks' },
  { what: 'micro: analyse crash web, 0.8 KB', usual: 2.3, atMost: 4.5, why: 'JavaScript stacks' },
  {
    what: 'micro: pack a batch',
    usual: 0.026,
    atMost: 0.055,
    why: 'the copy to the worker: main thread, per delivery',
  },
  { what: 'micro: unpack an outcome', usual: 0.015, atMost: 0.03, why: 'main thread, per delivery' },
  { what: 'micro: pack an outcome (worker)', usual: 0.08, atMost: 0.2, why: 'worker, per delivery' },
  { what: 'micro: pack a request of findings', usual: 0.027, atMost: 0.055, why: 'main thread, per finding' },
  {
    what: 'micro: hash of a 36-byte key',
    usual: 0.014,
    atMost: 0.028,
    why: 'main thread, per delivery; timed call by call, so the clock is in it',
  },
  {
    what: 'micro: lane: in and out',
    usual: 0.0018,
    atMost: 0.004,
    why: 'queues are O(1) and without allocation: anything else is far beyond this',
  },
  {
    what: 'micro: watermark: begin and finish, last first',
    usual: 0.003,
    atMost: 0.0065,
    why: 'offsets that finish in reverse stay O(1) each',
  },
];
