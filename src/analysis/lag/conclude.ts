/**
 * From what a report tells to the finding: signature, group, severity, and why each is what it is.
 *
 * The group is made of the keys of the app's own frames, innermost first, by the rules that crashes
 * group by, so that what crashes and what hangs at one place can be brought together.
 */
import type { PerfEvent } from '../../model/event.ts';
import type { Analysis, FindingThread, LagResult } from '../../model/finding.ts';
import { findingFrames } from '../finding-frame.ts';
import { groupOf, GROUP_VERSION } from '../grouping/group.ts';
import { selectKeys } from '../grouping/select.ts';
import type { LagFacts } from './facts.ts';
import { judgeDuration, judgeReport, waitedMs } from './severity.ts';

/** A signature is a line for people; names in a report may be of any length. */
const SIGNATURE_LENGTH_MAX = 300;

/** What else decides: the event, and the duration that it tells. */
interface Circumstances {
  readonly event: PerfEvent;
  readonly durationMs: number | undefined;
  readonly explain: boolean;
}

/** Makes the finding. */
export function conclude(facts: LagFacts, { event, durationMs: toldMs, explain }: Circumstances): Analysis {
  const steps = explain ? stepsOf(facts) : null;
  const durationMs = toldMs ?? waitedMs(facts.reason) ?? facts.durationMs;
  const keys = keysOf(facts, steps);
  const { severity, why } =
    durationMs === undefined ? judgeReport(facts.anr, facts.reason) : judgeDuration(durationMs);
  steps?.push(`severity: ${severity}, ${why}`);
  const problems = [...event.problems, ...facts.problems];
  return {
    ...resultOf(facts, durationMs),
    signature: cut(signatureOf(facts, keys[0] ?? '')),
    group: groupOf(['lag', ...partsOf(facts, keys)]),
    group_version: GROUP_VERSION,
    severity,
    ...(steps !== null && { explain: steps }),
    ...(problems.length > 0 && { problems }),
  };
}

/** Where it hangs; nothing for an idle thread, whose stack is the same whatever the app does. */
function keysOf(facts: LagFacts, steps: string[] | null): readonly string[] {
  if (facts.condition !== 'idle') return selectKeys(facts.frames, steps).keys;
  steps?.push('group: an idle main thread, whatever its stack');
  return [];
}

/** Without a stack, what kind of report it was is all that is known. */
function partsOf(facts: LagFacts, keys: readonly string[]): readonly string[] {
  if (facts.condition === 'idle') return ['idle'];
  if (keys.length > 0) return keys.map((key) => `frame ${key}`);
  return [`format ${facts.format}`, `reason ${reasonKind(facts.reason)}`];
}

/** A reason without what differs each time: Android puts it into parentheses. */
function reasonKind(reason = ''): string {
  const open = reason.indexOf('(');
  return (open < 0 ? reason : reason.slice(0, open)).trim();
}

function resultOf(facts: LagFacts, durationMs: number | undefined): LagResult {
  const main = facts.condition === 'unknown' ? undefined : mainThread(facts);
  return {
    kind: 'lag',
    format: facts.format,
    ...(durationMs !== undefined && { duration_ms: durationMs }),
    ...(facts.reason !== undefined && { reason: facts.reason }),
    ...(facts.samples !== undefined && { samples: facts.samples }),
    ...(facts.heaviestPath !== undefined && { heaviest_path: facts.heaviestPath }),
    ...(main !== undefined && { main_thread: main }),
  };
}

function mainThread(facts: LagFacts): FindingThread {
  return {
    ...(facts.thread !== undefined && { name: facts.thread }),
    ...(facts.state !== undefined && { state: facts.state }),
    frames: findingFrames(facts.frames),
    ...(facts.waitsFor !== undefined && { waits_for: facts.waitsFor }),
    ...(facts.heldBy !== undefined && { held_by: facts.heldBy }),
    ...(facts.heldAt !== undefined && { held_at: facts.heldAt }),
  };
}

function signatureOf({ condition, format, heldBy, anr, reason }: LagFacts, place: string): string {
  const at = place === '' ? '' : ` in ${place}`;
  const holder = heldBy === undefined ? '' : ` (held by ${heldBy})`;
  switch (condition) {
    case 'idle':
      return 'Main thread idle: waits for messages';
    case 'blocked':
      return `Main thread blocked${at}${holder}`;
    case 'waiting':
      return `Main thread waiting${at}${holder}`;
    case 'sleeping':
      return `Main thread sleeping${at}`;
    case 'running':
      return place === '' ? 'Hang without a stack' : `Hang${at}`;
    case 'unknown':
      if (anr) return `ANR without a main thread${reason === undefined ? '' : `: ${reasonKind(reason)}`}`;
      return format === 'unknown' ? 'Lag report of an unknown format' : 'Thread dump without a main thread';
  }
}

function cut(signature: string): string {
  return signature.length <= SIGNATURE_LENGTH_MAX
    ? signature
    : `${signature.slice(0, SIGNATURE_LENGTH_MAX)}…`;
}

/** What was seen of the thread, one step a line. */
function stepsOf({ format, condition, waitsFor, heldBy, heldAt }: LagFacts): string[] {
  const steps = [`format: ${format}`, `main thread: ${condition}`];
  if (waitsFor !== undefined) steps.push(`waits for ${waitsFor}`);
  const standing = heldAt === undefined ? '' : `, which is in ${heldAt}`;
  if (heldBy !== undefined) steps.push(`held by ${heldBy}${standing}`);
  return steps;
}
