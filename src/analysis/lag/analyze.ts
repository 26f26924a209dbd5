/**
 * Lag analysis: what the main thread did while it did not answer.
 *
 * Takes sampled stacks, dumps of all threads (ART's ANR traces, a JVM's) and a single stack. Every
 * input gives a finding; what was not understood is among its problems. Pure, never throws. It does
 * not follow chains of locks and does not aggregate over events.
 */
import type { PerfEvent } from '../../model/event.ts';
import type { Analysis } from '../../model/finding.ts';
import type { Problem } from '../../model/report.ts';
import type { AnalysisLimits } from '../../model/task.ts';
import { note } from '../problems.ts';
import { reportText } from '../report-text.ts';
import { splitLines } from '../text.ts';
import { parseThreadDump } from './anr.ts';
import { conclude } from './conclude.ts';
import { factsOfDump, factsOfSamples, factsOfStack, type LagFacts } from './facts.ts';
import { mergeSamples } from './samples.ts';
import { toldDurationMs } from './severity.ts';

/** How much to say. */
export interface LagOptions {
  /** Whether the finding tells how it came about. */
  readonly explain: boolean;
}

/** Analyses one lag event. */
export function analyzeLag(event: PerfEvent, limits: AnalysisLimits, options: LagOptions): Analysis {
  const { report } = event.profileData;
  const durationMs = toldDurationMs(event);
  const facts = readSamples(report, limits) ?? readText(report, limits, durationMs);
  return conclude(facts, { event, durationMs, explain: options.explain });
}

function readSamples(report: unknown, limits: AnalysisLimits): LagFacts | null {
  const stacks = mergeSamples(report, limits);
  return stacks === null ? null : factsOfSamples(stacks);
}

/** Samples as JSON text, a dump, the lines of one stack, or nothing that is known. */
function readText(report: unknown, limits: AnalysisLimits, durationMs: number | undefined): LagFacts {
  const problems: Problem[] = [];
  const { text } = reportText(report, problems);
  const samples = readSamples(jsonOf(text, limits.reportBytesMax), limits);
  if (samples !== null) return samples;
  const lines = splitLines(text, limits, problems);
  const dump = parseThreadDump(lines, limits);
  if (dump !== null && dump.threads.length > 0) return factsOfDump(dump, problems);
  const stack = mergeSamples(oneSample(lines, durationMs), limits);
  if (stack?.formed === true) return factsOfStack(stack, problems, dump);
  return dump === null ? unknown(problems) : factsOfDump(dump, problems);
}

/** The value of a JSON text; undefined for any other text. */
function jsonOf(text: string, bytesMax: number): unknown {
  const start = text.trimStart().charAt(0);
  if ((start !== '{' && start !== '[') || text.length > bytesMax) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A single stack as the one sample of its hang. What caused the exception that carries it is another stack. */
function oneSample(lines: readonly string[], durationMs: number | undefined): unknown {
  const cause = lines.findIndex((line) => line.startsWith('Caused by: '));
  const stack = cause < 0 ? lines : lines.slice(0, cause);
  return { interval_ms: durationMs, samples: [{ time: 0, stack }] };
}

function unknown(problems: Problem[]): LagFacts {
  note(problems, 'format-unknown', 'profile_data.report');
  return { format: 'unknown', condition: 'unknown', frames: [], anr: false, problems };
}
