/** The analyzers that come with faultline, by name. */
import { analyzeCrash, isCaught } from '../../analysis/crash/analyze.ts';
import { analyzeLag } from '../../analysis/lag/analyze.ts';
import { toldDurationMs } from '../../analysis/lag/severity.ts';
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
  /** What the analysis looks at beside the report: where it and the report are the same, the analysis is. */
  readonly regards: (event: PerfEvent) => string;
}

/** The closed list. */
export const BUILT_IN_ANALYZERS: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
  ['crash', { version: '1', analyze: analyzeCrash, regards: (event) => String(isCaught(event)) }],
  ['lag', { version: '1', analyze: analyzeLag, regards: (event) => String(toldDurationMs(event)) }],
]);
