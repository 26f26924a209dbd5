/** docs/reference/metrics.md, from the table of metrics. */
import type { MetricSpec } from './instruments.ts';
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
  const bounds = new Map(
    metrics.flatMap((spec) => (spec.type === 'histogram' ? [[spec.name, spec.buckets]] : [])),
  );
  const lists = [...bounds].map(([name, buckets]) => `- \`${name}\`: ${buckets.join(', ')}`);
  return [HEAD, ...metrics.map(row), '', '## Upper bounds of the histograms', '', ...lists, ''].join('\n');
}

function row({ name, type, labels, help }: MetricSpec): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
}
