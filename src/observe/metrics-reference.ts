/** docs/reference/metrics.md, from the table of metrics. */
import type { HistogramSpec, MetricSpec } from './instruments.ts';
import { BUCKETS } from './instruments.ts';
import { METRICS } from './metrics.ts';

const HEAD = `# Metrics

Served at \`/metrics\` in Prometheus' text format when an HTTP address is configured (\`--http\`).
The process' own metrics (\`process_…\`, \`nodejs_…\`) are served beside these. What to watch and which
alerts are worth having: [monitoring](../operations/monitoring.md).

| metric | type | labels | meaning |
| --- | --- | --- | --- |`;

/** Markdown, ending with a line break. */
export function metricsReference(): string {
  const metrics: readonly MetricSpec[] = Object.values(METRICS);
  const bounds = metrics.filter((spec) => spec.type === 'histogram').map(boundsLine);
  return [HEAD, ...metrics.map(row), '', '## Upper bounds of the histograms', '', ...bounds, ''].join('\n');
}

function boundsLine({ name, buckets }: HistogramSpec): string {
  return `- \`${name}\`: ${BUCKETS[buckets].join(', ')}`;
}

function row({ name, type, labels, help }: MetricSpec): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
}
