/** Makes live instruments from a table of metrics, in a registry. */
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import { WeightedHistogram } from './weighted-histogram.ts';

/** One row of the table. */
export type MetricSpec = CountedSpec | HistogramSpec;

interface BaseSpec {
  readonly name: string;
  /** A sentence; the unit is in the name. */
  readonly help: string;
  /** Each with few, known values. */
  readonly labels: readonly string[];
}

/** A number that only rises, or one that goes up and down. */
export interface CountedSpec extends BaseSpec {
  readonly type: 'counter' | 'gauge';
}

/** Upper bounds that histograms choose from. */
export const BUCKETS = {
  seconds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  powersOfTwo: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
} as const;

/** A distribution. */
export interface HistogramSpec extends BaseSpec {
  readonly type: 'histogram';
  readonly buckets: keyof typeof BUCKETS;
}

/** The live form of each row. */
export type Instruments<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends { readonly type: 'histogram' }
    ? WeightedHistogram
    : Table[Key] extends { readonly type: 'gauge' }
      ? Gauge
      : Counter;
};

/** One instrument per row, registered. Throws when two rows share a name. */
export function createInstruments<Table extends Readonly<Record<string, MetricSpec>>>(
  table: Table,
  registry: Registry,
): Instruments<Table> {
  const live = Object.entries(table).map(([key, spec]) => [key, createInstrument(spec, registry)] as const);
  return Object.fromEntries(live) as Instruments<Table>;
}

function createInstrument(spec: MetricSpec, registry: Registry): Counter | Gauge | WeightedHistogram {
  const { name, help, labels: labelNames } = spec;
  if (spec.type === 'histogram') {
    const histogram = new WeightedHistogram({ name, help, labelNames, bounds: BUCKETS[spec.buckets] });
    histogram.register(registry);
    return histogram;
  }
  const options = { name, help, labelNames, registers: [registry] };
  return spec.type === 'counter' ? new Counter(options) : new Gauge(options);
}
