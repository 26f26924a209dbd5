/**
 * A Prometheus histogram that takes a value so many times at once, which prom-client's own does not:
 * ages of deliveries come in runs, and a run must cost one call.
 */
import type { Metric, Registry } from 'prom-client';

/** Label names and their values. */
export type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  /** Observations per bucket, not cumulative; the last one is beyond all bounds. */
  readonly counts: number[];
  sum: number;
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** What a registry asks a metric for. */
interface Exposition {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  readonly aggregator: 'sum';
  readonly values: readonly Sample[];
}

/** A histogram of one registry. Its series are bounded by the values its labels take. */
export class WeightedHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #labelNames: readonly string[];
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  /** `bounds`: upper, inclusive, rising. */
  constructor(spec: {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly string[];
    readonly bounds: readonly number[];
  }) {
    this.name = spec.name;
    this.help = spec.help;
    this.#labelNames = spec.labelNames;
    this.#bounds = spec.bounds;
    if (spec.labelNames.length === 0) this.#seriesOf({});
  }

  /** Makes the registry show it: prom-client asks no more of a metric than a name and `get`. */
  register(registry: Registry): void {
    registry.registerMetric(this as unknown as Metric);
  }

  /** Adds `value`, `count` times. */
  observe(labels: Labels, value: number, count = 1): void {
    const series = this.#seriesOf(labels);
    const above = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = above === -1 ? this.#bounds.length : above;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + count;
    series.sum += value * count;
  }

  /** For the registry. */
  get(): Promise<Exposition> {
    const { name, help, type, aggregator } = this;
    const values = [...this.#series.values()].flatMap((series) => this.#samples(series));
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  #seriesOf(labels: Labels): Series {
    const key = this.#labelNames.map((name) => labels[name]).join('\n');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = { labels, counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0 };
    this.#series.set(key, series);
    return series;
  }

  #samples({ labels, counts, sum }: Series): readonly Sample[] {
    let count = 0;
    const buckets = counts.map((inBucket, i) => {
      count += inBucket;
      const le = this.#bounds[i] ?? '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
