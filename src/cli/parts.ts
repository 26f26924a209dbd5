/**
 * The one file of the commands that opens adapters: the embedded log for what fills or shows it, and
 * the analysis on this thread for what looks at a few reports. `run` has `src/app.ts` instead.
 *
 * Loaded only by commands that need it, so that help stays quick.
 */
import type { System } from '../config/config.ts';
import type { DeliveryResult } from '../model/batch.ts';
import type { Delivery } from '../model/delivery.ts';
import { EngineError } from '../model/errors.ts';
import type { AnalysisLimits, TaskAnalysis } from '../model/task.ts';
import { createInlinePool } from '../pool/inline.ts';
import { compactLog, type CompactReport } from '../transport/log/compact.ts';
import { openLog, type LogStore } from '../transport/log/store.ts';
import { isTopicName } from '../transport/log/topics.ts';

/** What the commands see of the log. */
export type Store = LogStore;

/** Opens the log to read it. Rejects with `E_LOG_DIR` where there is none. */
export async function openToRead(system: System): Promise<Store> {
  return openLog({ dir: system.data, ...system.log, readOnly: true, create: false });
}

/** Throws `E_USAGE` where the log would refuse a topic's name, which is before anything is opened. */
export function requireTopicName(name: string): void {
  if (isTopicName(name)) return;
  const rule = 'letters, digits, ".", "_" and "-", 249 at most';
  throw new EngineError('E_USAGE', `--topic must be a name of ${rule}, not ${JSON.stringify(name)}`);
}

/** Opens the log to append to it; it is made when it is new. */
export async function openToAppend(system: System): Promise<Store> {
  return openLog({ dir: system.data, ...system.log });
}

/** Opens the log to remove from it. Rejects with `E_LOG_DIR` where there is none. */
export async function openToTrim(system: System): Promise<Store> {
  return openLog({ dir: system.data, ...system.log, create: false });
}

/** Gives free space of the log's file back to the disk. Rejects with `E_LOG_BUSY` while a process has it open. */
export async function compact(system: System): Promise<CompactReport> {
  return compactLog(system.data);
}

/** Analyses deliveries of the topics `app-crash` and `app-lag`, in order. */
export interface Analysis {
  run(deliveries: readonly Delivery[]): Promise<readonly DeliveryResult[]>;
}

/** What is asked of an analysis. */
export interface AnalysisOptions {
  /** Path of a module; `null`: the built-in analyzers. */
  readonly analyzer: string | null;
  readonly explain: boolean;
  readonly eventTimeoutMs: number;
  /** The built-in analyzer for a topic. */
  readonly kindOf: (topic: string) => 'crash' | 'lag';
}

/** Loads the analyzers. Rejects with `E_ANALYZER_LOAD`. */
export async function openAnalysis(limits: AnalysisLimits, options: AnalysisOptions): Promise<Analysis> {
  const kinds = ['crash', 'lag'] as const;
  const tasks = kinds.map((kind): TaskAnalysis => ({
    name: kind,
    analyzer: options.analyzer ?? kind,
    analyzers: {},
    eventTimeoutMs: options.eventTimeoutMs,
    encoding: 'json',
    explain: options.explain,
  }));
  const pool = await createInlinePool({ threads: 1, tasks, limits });
  let id = 0;
  return {
    async run(deliveries) {
      id += 1;
      const items = deliveries.map((delivery) => ({
        delivery,
        task: kinds.indexOf(options.kindOf(delivery.topic)),
        attempt: 1,
        order: -1,
      }));
      return (await pool.run(0, { id, items })).results;
    },
  };
}
