/**
 * What can be wrong with a report, as a closed list, and how it is noted.
 *
 * Each code is noted once, at its first place: a report of a million bad lines has one problem of
 * that kind. So the list of problems is bounded by the list of codes.
 */
import type { Problem } from '../model/report.ts';

/** The codes of crash and lag reports; `docs/reference` lists what they mean. */
export type ProblemCode =
  | 'causes-over-limit'
  | 'format-unknown'
  | 'frame-unreadable'
  | 'frames-missing'
  | 'frames-over-limit'
  | 'line-over-limit'
  | 'lines-over-limit'
  | 'locks-over-limit'
  | 'main-thread-missing'
  | 'message-over-limit'
  | 'processes-skipped'
  | 'report-empty'
  | 'report-over-limit'
  | 'report-type'
  | 'sample-gap-over-limit'
  | 'sample-stack-invalid'
  | 'sample-time-invalid'
  | 'samples-empty'
  | 'samples-out-of-order'
  | 'samples-over-limit'
  | 'threads-missing'
  | 'threads-over-limit'
  | 'tree-over-limit'
  | 'truncated';

/** Adds a problem unless one with its code is there. */
export function note(problems: Problem[], code: ProblemCode, at?: string): void {
  if (problems.some((problem) => problem.code === code)) return;
  problems.push(at === undefined ? { code } : { code, at });
}

/** The place of a line, counted from 1. */
export function lineAt(index: number): string {
  return `line ${String(index + 1)}`;
}
