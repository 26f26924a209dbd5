/**
 * Crash analysis: what was thrown, where, and which crashes are the same.
 *
 * Every input gives a finding; what was not understood is among its problems. Pure, never throws,
 * linear in the report's size. It does not deobfuscate or symbolicate.
 */
import type { PerfEvent } from '../../model/event.ts';
import type { Analysis, FindingException, Severity } from '../../model/finding.ts';
import type { CrashReport, ExceptionInfo } from '../../model/report.ts';
import type { AnalysisLimits } from '../../model/task.ts';
import { findingFrames } from '../finding-frame.ts';
import { foldVariables } from '../grouping/fold.ts';
import { groupOf, GROUP_VERSION } from '../grouping/group.ts';
import { selectKeys } from '../grouping/select.ts';
import type { Mutable } from '../mutable.ts';
import { blame, causeChain } from './blame.ts';
import { parseCrash } from './parse.ts';

/** How much to say. */
export interface CrashOptions {
  /** Whether the finding tells how it came about. */
  readonly explain: boolean;
}

/** Characters of a message that a signature or group looks at. */
const MESSAGE_LENGTH_MAX = 200;
/** A signature is a line for people. */
const SIGNATURE_LENGTH_MAX = 300;
/** What is said of an exception whose header the report lacks. */
const TYPE_UNKNOWN = 'unknown';

/** What a crash is known by. */
interface Identity {
  readonly signature: string;
  readonly parts: readonly string[];
}

/** Analyses one crash event. */
export function analyzeCrash(event: PerfEvent, limits: AnalysisLimits, options: CrashOptions): Analysis {
  const { report, firstLine } = parseCrash(event.profileData.report, event.profileData.format, limits);
  const steps: string[] | null = options.explain ? [] : null;
  const { signature, parts } = identify(report, firstLine, steps);
  const severity = judge(event, report, steps);
  const problems = [...event.problems, ...report.problems];
  const { facts = {} } = report;
  return {
    kind: 'crash',
    format: report.format,
    exceptions: report.exceptions.map(publish),
    ...(Object.keys(facts).length > 0 && { facts }),
    signature,
    group: groupOf(parts),
    group_version: GROUP_VERSION,
    severity,
    ...(steps !== null && { explain: steps }),
    ...(problems.length > 0 && { problems }),
  };
}

function identify(report: CrashReport, firstLine: string, steps: string[] | null): Identity {
  const chain = causeChain(report.exceptions);
  const blamed = blame(chain, steps);
  if (blamed === null) return identifyText(report, firstLine, steps);
  const type = blamed.type || TYPE_UNKNOWN;
  const { keys } = selectKeys(blamed.frames, steps);
  const types = chain.map((exception) => `type ${exception.type}`);
  const place = keys[0];
  if (place === undefined) return identifyMessage(blamed, types, steps);
  const signature = blamed.type === '' ? place : `${type} at ${place}`;
  return { signature: cut(signature), parts: [...types, ...keys.map((key) => `frame ${key}`)] };
}

/** Without frames the message tells crashes apart. */
function identifyMessage(
  { type, message }: ExceptionInfo,
  types: readonly string[],
  steps: string[] | null,
): Identity {
  steps?.push('no frame counts: the message, without its numbers, stands for them');
  const folded = foldVariables(firstLineOf(message ?? ''), MESSAGE_LENGTH_MAX);
  const signature = folded === '' ? type || TYPE_UNKNOWN : `${type || TYPE_UNKNOWN}: ${folded}`;
  return { signature: cut(signature), parts: [...types, `message ${folded}`] };
}

/** Of a format that is not known the first line, without its numbers, is all there is. */
function identifyText(report: CrashReport, firstLine: string, steps: string[] | null): Identity {
  steps?.push('nothing was understood: the first line, without its numbers, stands for it');
  const folded = foldVariables(firstLine, MESSAGE_LENGTH_MAX);
  const signature = folded === '' ? `Crash report of ${report.format} format` : folded;
  return { signature: cut(signature), parts: [`format ${report.format}`, `text ${folded}`] };
}

/** Whether the event says that the program went on. */
export function isCaught({ dimensions: { fatal, handled } }: Pick<PerfEvent, 'dimensions'>): boolean {
  return fatal === false || handled === true;
}

/** A crash ends the program, unless the report or the event says that it was caught. */
function judge(event: PerfEvent, report: CrashReport, steps: string[] | null): Severity {
  const caught = report.facts?.['fatal'] === 'false' || isCaught(event);
  steps?.push(caught ? 'error: it was caught' : 'fatal: nothing says that it was caught');
  return caught ? 'error' : 'fatal';
}

function publish(exception: ExceptionInfo): FindingException {
  const published: Mutable<FindingException> = {
    type: exception.type || TYPE_UNKNOWN,
    frames: findingFrames(exception.frames),
  };
  if (exception.message !== undefined) published.message = exception.message;
  if (exception.relation !== undefined) published.relation = exception.relation;
  return published;
}

function firstLineOf(text: string): string {
  const newline = text.indexOf('\n');
  return newline < 0 ? text : text.slice(0, newline);
}

function cut(signature: string): string {
  return signature.length <= SIGNATURE_LENGTH_MAX
    ? signature
    : `${signature.slice(0, SIGNATURE_LENGTH_MAX)}…`;
}
