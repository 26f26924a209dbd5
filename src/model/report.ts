/**
 * One typed model for every report: threads, exceptions, frames. Parsers fill it, signatures,
 * groups and lag analysis read it.
 */

/** One frame of a stack, innermost first in a list of them. Absent fields are unknown. */
export interface Frame {
  /** The line as it stood in the report, trimmed; cut to a limit. */
  readonly raw: string;
  /** Function or method name without class or module. */
  readonly function?: string;
  /** Java class with its package, Python or JavaScript module, namespace. */
  readonly module?: string;
  /** Source file as given: base name or path. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Library or binary of a native frame. */
  readonly package?: string;
  /** Address in the library (`pc`), hexadecimal with 0x. */
  readonly address?: string;
  /** Offset in the function, bytes. */
  readonly offset?: number;
  /** Build id of the library, when the report has it. */
  readonly buildId?: string;
  readonly native?: boolean;
  readonly inApp?: boolean;
}

/** A lock as a thread dump tells of it. */
export interface Lock {
  readonly kind: 'waiting-to-lock' | 'waiting-on' | 'sleeping-on' | 'locked' | 'parking';
  /** Address or identity as given. */
  readonly address?: string;
  readonly className?: string;
  /** Thread id of the holder, when given. */
  readonly heldBy?: string;
  /** Index of the frame that the line follows. */
  readonly frame: number;
}

/** One thread and its stack. */
export interface Thread {
  readonly name?: string;
  readonly id?: string;
  readonly state?: string;
  readonly crashed?: boolean;
  readonly main?: boolean;
  readonly frames: readonly Frame[];
  readonly locks?: readonly Lock[];
}

/** One exception of a chain. */
export interface ExceptionInfo {
  /** `java.lang.IllegalStateException`, `TypeError`, `SIGSEGV`. */
  readonly type: string;
  readonly message?: string;
  readonly frames: readonly Frame[];
  /** Frames said to be shared with the enclosing trace (`... 12 more`). */
  readonly commonFrames?: number;
  readonly relation?: 'cause' | 'suppressed' | 'context';
  /** Index of the exception it belongs to in the list, for `relation`. */
  readonly parent?: number;
}

/** The name of a report's format. */
export type ReportFormat =
  'java-stack' | 'tombstone' | 'js-stack' | 'python-stack' | 'samples' | 'anr' | 'unknown';

/** Something in a report that was not understood, over a limit or cut off. */
export interface Problem {
  /** A word with dashes, e.g. `truncated`, `frames-over-limit`, `format-unknown`. */
  readonly code: string;
  /** Where: a line (`line 12`), a path (`profile_data.report[3].time`), a byte. */
  readonly at?: string;
}

/** A parsed crash report. */
export interface CrashReport {
  readonly format: ReportFormat;
  /** First is what was thrown; causes and suppressed ones follow. */
  readonly exceptions: readonly ExceptionInfo[];
  /** Other threads, when the report has them. */
  readonly threads: readonly Thread[];
  readonly problems: readonly Problem[];
  /** What the report itself says of its platform. */
  readonly platform?: string;
  /** Process, signal, abort message and such. */
  readonly facts?: Readonly<Record<string, string>>;
}
