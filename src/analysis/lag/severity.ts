/**
 * How bad a lag was, by how long the main thread did not answer.
 *
 * Thresholds are those of Matrix for Android (`Tencent/matrix: trace/constants/Constants.java`: a method
 * of 700 ms is evil, a lag begins at 2 s, an ANR at 5 s); 700 ms is also where Android vitals call a
 * frame frozen. Android vitals count only "Input dispatching timed out" as an ANR that users perceive.
 */
import type { PerfEvent } from '../../model/event.ts';
import type { Severity } from '../../model/finding.ts';

/** Matrix: evil method; Android vitals: frozen frame. */
const FROZEN_MS = 700;
/** Matrix: normal, idle-handler and touch lag. */
const LAG_MS = 2_000;
/** Matrix and Android: ANR of the foreground. */
const ANR_MS = 5_000;

/** A longer one is a broken clock, not a lag: one week. */
const DURATION_MAX_MS = 7 * 86_400_000;

/** Severity and, for people, why. */
interface Judgement {
  readonly severity: Severity;
  readonly why: string;
}

/** Judges a duration that is known. */
export function judgeDuration(durationMs: number): Judgement {
  const took = `${String(Math.round(durationMs))} ms`;
  if (durationMs >= ANR_MS) return { severity: 'fatal', why: `${took} is an ANR (Matrix: 5 s)` };
  if (durationMs >= LAG_MS) return { severity: 'error', why: `${took} is a lag (Matrix: 2 s)` };
  if (durationMs >= FROZEN_MS) {
    return {
      severity: 'warning',
      why: `${took} is an evil method or frozen frame (Matrix, Android vitals: 700 ms)`,
    };
  }
  return { severity: 'info', why: `${took} is below 700 ms (Matrix, Android vitals)` };
}

/** Judges by what the report is, where the duration is not known. */
export function judgeReport(anr: boolean, reason: string | undefined): Judgement {
  if (!anr) return { severity: 'warning', why: 'no duration is known' };
  const perceived = reason?.includes('Input dispatching timed out') === true;
  if (perceived) return { severity: 'fatal', why: 'an ANR that users perceive (Android vitals)' };
  return { severity: 'error', why: 'the trace of an ANR' };
}

/** `duration_ms` of the event: of its values, else of its dimensions; undefined where absent or absurd. */
export function toldDurationMs(event: PerfEvent): number | undefined {
  return durationOf(event.values['duration_ms']) ?? durationOf(event.dimensions['duration_ms']);
}

/** The `Waited 5008ms` of a reason. */
export function waitedMs(reason: string | undefined): number | undefined {
  const at = reason?.indexOf('aited ') ?? -1;
  if (reason === undefined || at < 0) return undefined;
  const end = reason.indexOf('ms', at);
  return end < 0 || end - at > 20 ? undefined : durationOf(reason.slice(at + 6, end));
}

/** As a number that prints as it is: JSON has no negative zero. */
function durationOf(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && value.trim() !== '' && value.length < 20 ? Number(value) : value;
  return typeof number === 'number' && number >= 0 && number <= DURATION_MAX_MS
    ? Math.abs(number)
    : undefined;
}
