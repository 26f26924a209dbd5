/** What a pool is made of. All required; defaults live in `config/spec.ts`. */
import type { AnalysisLimits, TaskAnalysis } from '../model/task.ts';

/** Options of every pool. */
export interface PoolOptions {
  /** Slots, each a thread of its own where the pool has threads. At least 1. */
  readonly threads: number;
  /** `BatchItem.task` is an index of this list. */
  readonly tasks: readonly TaskAnalysis[];
  readonly limits: AnalysisLimits;
  /** Heap of one thread, MiB; a thread that needs more dies and its delivery is blamed. */
  readonly heapMbMax: number;
  /** How long a thread may take to start and load its analyzers, and to end. */
  readonly startMs: number;
}
