/** The analyzers that come with faultline, by name. */
import { analyzeCrash } from '../../analysis/crash/analyze.ts';
import { analyzeLag } from '../../analysis/lag/analyze.ts';
import type { PerfEvent } from '../../model/event.ts';
import type { Analysis } from '../../model/finding.ts';
import type { AnalysisLimits } from '../../model/task.ts';

/** A pure function of the event: no clock, no I/O, never asynchronous. */
export type BuiltInAnalyzer = (
  event: PerfEvent,
  limits: AnalysisLimits,
  options: { readonly explain: boolean },
) => Analysis;

/** An analyzer and the version that its findings carry. */
export interface BuiltIn {
  readonly version: string;
  readonly analyze: BuiltInAnalyzer;
}

/** The closed list. */
export const BUILT_IN_ANALYZERS: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
  ['crash', { version: '1', analyze: analyzeCrash }],
  ['lag', { version: '1', analyze: analyzeLag }],
]);
