/** What the crash parsers share: limits, problems, and the count of frames that a report may have. */
import type { ExceptionInfo, Frame, Problem } from '../../model/report.ts';
import type { AnalysisLimits } from '../../model/task.ts';
import type { Mutable } from '../mutable.ts';
import { lineAt, note, type ProblemCode } from '../problems.ts';

/** An exception while its lines are read. */
export type DraftException = Mutable<ExceptionInfo> & { frames: Frame[] };

/** One whose frames may be a list that others have too. */
export type RunException = Mutable<ExceptionInfo>;

/** One parse of one report. */
export class ParseContext {
  readonly limits: AnalysisLimits;
  readonly problems: Problem[];
  #frames = 0;

  constructor(limits: AnalysisLimits, problems: Problem[]) {
    this.limits = limits;
    this.problems = problems;
  }

  note(code: ProblemCode, line: number): void {
    note(this.problems, code, lineAt(line));
  }

  /** Adds a frame unless the report has as many as it may. */
  addFrame(frames: Frame[], frame: Frame, line: number): void {
    if (this.#frames >= this.limits.framesMax) {
      this.note('frames-over-limit', line);
      return;
    }
    this.#frames++;
    frames.push(frame);
  }

  /** Adds the frames of a run that begins at `line`, up to as many as the report may have; a shared list stays one where it is all. */
  addRun(exception: RunException, run: readonly Frame[], line: number): void {
    const room = this.limits.framesMax - this.#frames;
    if (run.length > room) this.note('frames-over-limit', line + room);
    const added = run.length > room ? run.slice(0, room) : run;
    this.#frames += added.length;
    exception.frames = exception.frames.length === 0 ? added : [...exception.frames, ...added];
  }

  /** Adds an exception unless the report has as many as it may (the one thrown and its causes). */
  addException<E extends RunException>(exceptions: E[], exception: E, line: number): boolean {
    if (exceptions.length > this.limits.causesMax) {
      this.note('causes-over-limit', line);
      return false;
    }
    exceptions.push(exception);
    return true;
  }

  /** Adds a line to a message of several lines. */
  extendMessage(exception: RunException, text: string, line: number): void {
    const message = exception.message === undefined ? text : `${exception.message}\n${text}`;
    if (message.length > this.limits.lineBytesMax) this.note('message-over-limit', line);
    else exception.message = message;
  }
}
