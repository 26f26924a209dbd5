/**
 * The result of an analysis, as published. Field names are those of the wire (snake_case), so that
 * nothing is renamed on the way out. Additions only within a major `schema`.
 */
import type { Problem } from './report.ts';

/** Version of the published shape. */
export const FINDING_SCHEMA = 1;

/** A frame as published: what a person needs, and the key it was grouped by. */
export interface FindingFrame {
  readonly function?: string;
  readonly module?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly package?: string;
  readonly address?: string;
  /** The app's own code. Absent means false, and false is not written: most frames are the platform's. */
  readonly in_app?: boolean;
  readonly raw?: string;
}

/** One exception of the chain, outermost first. */
export interface FindingException {
  readonly type: string;
  readonly message?: string;
  readonly relation?: 'cause' | 'suppressed' | 'context';
  readonly frames: readonly FindingFrame[];
}

/** What a crash analysis finds. */
export interface CrashResult {
  readonly kind: 'crash';
  readonly format: string;
  readonly exceptions: readonly FindingException[];
  readonly facts?: Readonly<Record<string, string>>;
}

/** A node of the heaviest path through a call tree: weights in milliseconds. */
export interface PathNode {
  readonly frame: string;
  readonly total_ms: number;
  readonly self_ms: number;
}

/** A thread as a lag finding tells of it. */
export interface FindingThread {
  readonly name?: string;
  readonly state?: string;
  readonly frames: readonly FindingFrame[];
  /** The lock it waits for, in words of the dump, and its holder. */
  readonly waits_for?: string;
  readonly held_by?: string;
  /** The frame its holder stands at. */
  readonly held_at?: string;
}

/** What a lag analysis finds. */
export interface LagResult {
  readonly kind: 'lag';
  readonly format: string;
  /** How long the thread did not answer, milliseconds, where known. */
  readonly duration_ms?: number;
  readonly reason?: string;
  readonly samples?: number;
  readonly heaviest_path?: readonly PathNode[];
  readonly main_thread?: FindingThread;
}

/** What every analyzer adds: how it is called, where it belongs, how bad it is. */
export interface Verdict {
  /** A line for people: what happened where. */
  readonly signature: string;
  /** Stable identity of the group, hexadecimal. */
  readonly group: string;
  readonly group_version: number;
  readonly severity: Severity;
  /**
   * Why the signature and group are what they are, one step a line. `#2` is the third frame of the
   * exception or thread that the line before speaks of.
   */
  readonly explain?: readonly string[];
  readonly problems?: readonly Problem[];
}

/** How bad it was for the user. */
export type Severity = 'fatal' | 'error' | 'warning' | 'info';

/** What the built-in analyzers return. */
export type Analysis = (CrashResult | LagResult) & Verdict;

/** A finding as published: the envelope's part, then the analysis. */
export interface FindingEnvelope {
  readonly schema: number;
  readonly id: string;
  readonly category: string;
  /** ISO 8601 with milliseconds. */
  readonly timestamp: string;
  readonly app?: { readonly id?: string; readonly version?: string; readonly build?: string };
  readonly platform?: string;
  readonly os?: string;
  readonly device?: { readonly model?: string; readonly id?: string };
  readonly user?: string;
  readonly scene?: string;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly analyzer: { readonly name: string; readonly version: string };
}

/** A published finding. */
export type Finding = FindingEnvelope & Analysis;
