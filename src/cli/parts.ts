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
import type { Ledger } from './ledger.ts';
import type { Records } from './records.ts';
import { isTopicName } from '../transport/log/topics.ts';

/** What the commands see of the log. */
export type Store = LogStore;

/** Opens the log to read it. Rejects with `E_LOG_DIR` where there is none. */
export async function openToRead(system: System): Promise<Store> {
  return openLog({ dir: system.data, ...system.log, readOnly: true, create: false });
}

/** The log as a {@link Ledger}, to look at or to change it. Rejects with `E_LOG_DIR` where there is none. */
export async function openLogLedger(system: System, access: 'read' | 'write'): Promise<Ledger> {
  const store = await (access === 'read' ? openToRead(system) : openToTrim(system));
  return {
    topics: async () => store.topics().map((topic) => ({ ...topic, isInternal: false, offline: [] })),
    groups: async () => store.groups().map((group) => ({ ...group, members: [] })),
    offsetsAt: async (topic, at) => new Map((await store.offsetsAt(topic, at)).entries()),
    setPositions: (group, positions) => store.setPositions(group, positions),
    close: () => store.close(),
  };
}

/** Topics of the log to fill and to show; to append, a new log is made. Rejects with `E_LOG_DIR` where there is none to read. */
export async function openLogRecords(system: System, access: 'read' | 'append'): Promise<Records> {
  const store = await (access === 'read' ? openToRead(system) : openToAppend(system));
  return {
    where: system.data,
    append: (topic, records) => store.append(topic, records),
    read: async function* (name, { from, follow, signal }) {
      const topic = store.topics().find((each) => each.name === name);
      const starts = typeof from === 'object' ? [] : await store.offsetsAt(name, from);
      let due = (topic?.partitions ?? []).reduce((sum, { partition, start, end }) => {
        const first = typeof from === 'object' ? end - from.last : (starts[partition] ?? start);
        return sum + end - Math.max(start, first);
      }, 0);
      if (due === 0) yield null;
      for await (const delivery of store.read(name, { from, follow, signal })) {
        yield delivery;
        due -= 1;
        if (due === 0) yield null;
      }
    },
    close: () => store.close(),
  };
}

/** Throws `E_USAGE` where the log would refuse a topic's name, which is before anything is opened. */
export function requireTopicName(name: string): void {
  if (isTopicName(name)) return;
  const rule = 'letters, digits, ".", "_" and "-", 249 at most';
  throw new EngineError('E_USAGE', `--topic must be a name of ${rule}, not ${JSON.stringify(name)}`);
}

/** Opens the log to append to it; it is made when it is new. */
async function openToAppend(system: System): Promise<Store> {
  return openLog({ dir: system.data, ...system.log });
}

/** Opens the log to change what is in it. Rejects with `E_LOG_DIR` where there is none. */
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
