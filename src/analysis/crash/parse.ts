/** From a report in any form to the one model of a crash. */
import type { CrashReport, Problem, ReportFormat } from '../../model/report.ts';
import type { AnalysisLimits } from '../../model/task.ts';
import { unreachable } from '../../model/assert.ts';
import { detectFormat } from '../detect.ts';
import { parseThreadDump } from '../lag/anr.ts';
import { note } from '../problems.ts';
import { reportText, type ReportText } from '../report-text.ts';
import { splitLines } from '../text.ts';
import { ParseContext } from './context.ts';
import { parseJava } from './java.ts';
import { parseJs } from './js.ts';
import { parsePython } from './python.ts';
import { parseTombstone } from './tombstone.ts';

/** A parsed report and its lines, for what could not be parsed. */
export interface ParsedCrash {
  readonly report: CrashReport;
  /** The first line with anything in it; empty where there is none. */
  readonly firstLine: string;
}

/** Parses `report`. `named` is the format that the event names; `auto` lets the content decide. */
export function parseCrash(report: unknown, named: string, limits: AnalysisLimits): ParsedCrash {
  const problems: Problem[] = [];
  const format = detectFormat(report, named);
  const told = reportText(report, problems);
  const lines = splitLines(told.text, limits, problems);
  const parsed = parseAs(format, lines, { context: new ParseContext(limits, problems), told });
  checkComplete(parsed, problems);
  return { report: parsed, firstLine: lines.find((line) => line.trim() !== '') ?? told.message ?? '' };
}

interface Source {
  readonly context: ParseContext;
  readonly told: ReportText;
}

function parseAs(format: ReportFormat, lines: readonly string[], { context, told }: Source): CrashReport {
  switch (format) {
    case 'java-stack':
      return parseJava(lines, context);
    case 'tombstone':
      return parseTombstone(lines, context);
    case 'js-stack':
      return parseJs(lines, context, told);
    case 'python-stack':
      return parsePython(lines, context);
    case 'anr':
      return parseAnr(lines, context);
    case 'samples':
    case 'unknown':
      note(context.problems, 'format-unknown');
      return { format, exceptions: [], threads: [], problems: context.problems };
    default:
      return unreachable(format);
  }
}

/** A dump of all threads that came as a crash: the main thread's stack stands for it. */
function parseAnr(lines: readonly string[], context: ParseContext): CrashReport {
  const dump = parseThreadDump(lines, context.limits);
  if (dump !== null) context.problems.push(...dump.problems);
  const main = dump?.threads.find((thread) => thread.main === true);
  const message = dump?.reason === undefined ? {} : { message: dump.reason };
  return {
    format: 'anr',
    exceptions: [{ type: 'ANR', ...message, frames: [...(main?.frames ?? [])] }],
    threads: [],
    problems: context.problems,
    ...(dump?.process === undefined ? {} : { facts: { process: dump.process } }),
  };
}

/** A known format without a frame was cut off, or is a message alone. */
function checkComplete(report: CrashReport, problems: Problem[]): void {
  if (report.format === 'unknown' || report.format === 'samples') return;
  if (!report.exceptions.some((exception) => exception.frames.length > 0)) note(problems, 'frames-missing');
}
