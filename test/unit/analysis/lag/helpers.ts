/** Limits and events for the tests of lag analysis. */
import { analyzeLag } from '../../../../src/analysis/lag/analyze.ts';
import type { PerfEvent } from '../../../../src/model/event.ts';
import type { LagResult, Verdict } from '../../../../src/model/finding.ts';
import type { AnalysisLimits } from '../../../../src/model/task.ts';

/** Limits that no honest test report reaches. */
export const LIMITS: AnalysisLimits = {
  eventBytesMax: 1 << 20,
  findingBytesMax: 1 << 20,
  reportBytesMax: 1 << 20,
  reportLinesMax: 20_000,
  lineBytesMax: 4096,
  framesMax: 256,
  threadsMax: 500,
  causesMax: 50,
  samplesMax: 1000,
  memoBytesMax: 0,
};

/** An event around a report. */
export function eventOf(report: unknown, rest: Partial<PerfEvent> = {}): PerfEvent {
  const profileData = { format: 'auto', report };
  return {
    id: '1',
    category: 'PERF_LAG',
    timestampMs: 0,
    dimensions: {},
    values: {},
    problems: [],
    profileData,
    ...rest,
  };
}

/** What the analysis finds, with reasons. */
export function analyze(
  report: unknown,
  { limits, ...rest }: Partial<PerfEvent> & { readonly limits?: Partial<AnalysisLimits> } = {},
): LagResult & Verdict {
  const found = analyzeLag(eventOf(report, rest), { ...LIMITS, ...limits }, { explain: true });
  if (found.kind !== 'lag') throw new Error('a lag analysis found a crash');
  return found;
}

/** Codes of a finding's problems. */
export function codesOf({ problems = [] }: Pick<Verdict, 'problems'>): string[] {
  return problems.map(({ code }) => code);
}
