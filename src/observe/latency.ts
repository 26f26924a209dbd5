/**
 * The ages of finished deliveries, from consumed to acknowledged, as percentiles in bounded memory.
 *
 * An HDR histogram: three significant digits from a microsecond to an hour; older counts as an hour.
 */
import { build } from 'hdr-histogram-js';
import type { Probe } from '../ports/probe.ts';

/** In milliseconds; all 0 when nothing finished. */
export interface Latency {
  readonly deliveries: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

const US_PER_MS = 1000;
const AGE_US_MAX = 3_600_000_000;

/** Records by its probe. */
export class LatencyRecorder {
  readonly #histogram = build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: AGE_US_MAX,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

  readonly probe: Probe = (event) => {
    if (event.type !== 'finished') return;
    for (const [ms, deliveries] of event.ages) {
      const us = Math.min(AGE_US_MAX, Math.max(0, Math.round(ms * US_PER_MS)));
      this.#histogram.recordValueWithCount(us, deliveries);
    }
  };

  /** What was recorded so far. */
  result(): Latency {
    const { totalCount, mean, maxValue } = this.#histogram;
    return {
      deliveries: totalCount,
      meanMs: mean / US_PER_MS,
      p50Ms: this.#percentileMs(50),
      p99Ms: this.#percentileMs(99),
      p999Ms: this.#percentileMs(99.9),
      maxMs: maxValue / US_PER_MS,
    };
  }

  #percentileMs(percentile: number): number {
    return this.#histogram.getValueAtPercentile(percentile) / US_PER_MS;
  }
}
