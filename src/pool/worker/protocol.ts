/** What a slot and its thread say to each other. */
import type { Fault } from '../../model/errors.ts';
import type { AnalysisLimits, TaskAnalysis } from '../../model/task.ts';

/** What a thread is born with. */
export interface ThreadData {
  readonly tasks: readonly TaskAnalysis[];
  readonly limits: AnalysisLimits;
  readonly progress: SharedArrayBuffer;
}

/** A packed batch and a buffer for its outcome, or `null`: load the analyzers and say whether that went well. */
export type ThreadRequest = { readonly batch: ArrayBuffer; readonly spare: ArrayBuffer | null } | null;

/** `outcome` is packed, into the spare buffer if it was large enough; `batch` is the request's buffer, to be used again. */
export type ThreadReply =
  | { readonly type: 'loaded' }
  | { readonly type: 'outcome'; readonly outcome: ArrayBuffer; readonly batch: ArrayBuffer }
  /** The thread cannot work at all. */
  | { readonly type: 'failed'; readonly fault: Fault };
