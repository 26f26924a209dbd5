/**
 * An analyzer of one's own: crashes for want of memory in the newest version of an app.
 *
 * A team that has just released wants to know of these at once and of nothing else. The finding says
 * how much memory was free and for how long the app ran; its group is one per app, version and
 * device model, so that a model that suffers stands out. `NEWEST_VERSION=4.2` chooses the version.
 *
 *     tasks:
 *       memory-watch:
 *         topics: ['(^|[._-])crash([._-]|$)']
 *         analyzer: ./examples/analyzers/out-of-memory.ts
 */
import { hash } from 'node:crypto';
import type { AnalyzerContext, AnalyzerResult, PerfEvent } from '../../src/index.ts';

/** Stands in each finding as the analyzer's version. */
export const version = '1.0.0';

const NEWEST_VERSION = process.env['NEWEST_VERSION'] ?? '4.2';

/** What the runtimes say when memory is spent: ART and HotSpot, C++, V8, Python. */
const OUT_OF_MEMORY =
  /\b(?:java\.lang\.OutOfMemoryError|std::bad_alloc|JavaScript heap out of memory|MemoryError)\b/;

/** Nothing to publish, unless it is a crash for want of memory in the newest version. */
export default function analyze(event: PerfEvent, context: AnalyzerContext): AnalyzerResult {
  const { report } = event.profileData;
  const text = typeof report === 'string' ? report : JSON.stringify(report);
  const sign = OUT_OF_MEMORY.exec(text)?.[0];
  if (sign === undefined || !isNewest(event.dimensions['app_version'])) return context.finish();

  const model = textOr(event.dimensions['device_model'], 'unknown model');
  const freeMb = numberOr(event.values['free_memory_mb'], undefined);
  if (freeMb === undefined) context.log.debug('the event does not say how much memory was free');
  return {
    kind: 'memory',
    signature: `${sign} on ${model}`,
    group: hash('sha256', [context.app, NEWEST_VERSION, model].join('\n')).slice(0, 16),
    severity: freeMb !== undefined && freeMb > 200 ? 'warning' : 'error',
    free_memory_mb: freeMb,
    uptime_ms: numberOr(event.values['uptime_ms'], undefined),
  };
}

/** `4.2` takes 4.2 and 4.2.1, not 4.20. */
function isNewest(appVersion: unknown): boolean {
  return appVersion === NEWEST_VERSION || textOr(appVersion, '').startsWith(`${NEWEST_VERSION}.`);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' ? value : otherwise;
}
