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

/** A distribution over buckets with these upper bounds. */
export interface HistogramSpec extends BaseSpec {
  readonly type: 'histogram';
  readonly buckets: readonly number[];
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
    const histogram = new WeightedHistogram({ name, help, labelNames, bounds: spec.buckets });
    histogram.register(registry);
    return histogram;
  }
  const options = { name, help, labelNames, registers: [registry] };
  return spec.type === 'counter' ? new Counter(options) : new Gauge(options);
}
