/**
 * A report's text cut into lines, within limits.
 *
 * Linear, one pass. What a limit cuts off becomes a problem with its place. Log prefixes are taken
 * off here, so that parsers see the program's own text. Limits in bytes are counted in UTF-16 units,
 * of which a text never has more than bytes: counting bytes would cost a pass of its own.
 */
import type { Problem } from '../model/report.ts';
import type { AnalysisLimits } from '../model/task.ts';
import { logcatMessage } from './logcat.ts';
import { lineAt, note } from './problems.ts';

const CARRIAGE_RETURN = 13;

/** The limits that cutting lines looks at. */
export type TextLimits = Pick<AnalysisLimits, 'reportBytesMax' | 'reportLinesMax' | 'lineBytesMax'>;

/** Lines without their ends and log prefixes. Line `i` of the result is line `i + 1` of the report. */
export function splitLines(report: string, limits: TextLimits, problems: Problem[]): string[] {
  const text = report.length > limits.reportBytesMax ? report.slice(0, limits.reportBytesMax) : report;
  if (text !== report) note(problems, 'report-over-limit', `byte ${String(limits.reportBytesMax)}`);
  const lines: string[] = [];
  let start = 0;
  while (start < text.length) {
    if (lines.length === limits.reportLinesMax) {
      note(problems, 'lines-over-limit', lineAt(lines.length));
      break;
    }
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    lines.push(logcatMessage(cutLine(text, start, end)));
    if (end - start > limits.lineBytesMax) note(problems, 'line-over-limit', lineAt(lines.length - 1));
    start = end + 1;
  }
  return lines;

  function cutLine(all: string, from: number, to: number): string {
    const bare = to > from && all.charCodeAt(to - 1) === CARRIAGE_RETURN ? to - 1 : to;
    return all.slice(from, Math.min(bare, from + limits.lineBytesMax));
  }
}
