/** A config in the terms of those who work by it: the engine, the pool, the analysis. Pure. */
import type { EngineLimits, PublishPolicy } from '../engine/options.ts';
import { EngineError } from '../model/errors.ts';
import type { AnalysisLimits, Task, TaskAnalysis } from '../model/task.ts';
import type { Config, System } from './config.ts';
import { didYouMean } from './suggest.ts';

/** The tasks as the engine sees them, in the order of {@link taskAnalyses}. */
export function tasksOf({ tasks }: Config): readonly Task[] {
  return tasks.map(({ retry, ...task }) => ({
    name: task.name,
    group: task.group,
    topics: task.topics,
    lanes: task.lanes,
    laneLengthMax: task.laneLengthMax,
    heldKeysMax: task.heldKeysMax,
    shardBy: task.shardBy,
    circuit: task.circuit,
    outputs: task.outputs,
    retry: {
      retriesMax: retry.max,
      perRecordMax: retry.perRecordMax,
      requeuesMax: retry.requeuesMax,
      backoffMs: retry.backoffMs,
      backoffMaxMs: retry.backoffMaxMs,
      onExhausted: retry.onExhausted,
    },
  }));
}

/** The tasks as the worker threads see them. */
export function taskAnalyses({ tasks }: Config): readonly TaskAnalysis[] {
  return tasks.map(({ name, analyzer, analyzers, eventTimeoutMs, encoding, explain }) => ({
    name,
    analyzer,
    analyzers,
    eventTimeoutMs,
    encoding,
    explain,
  }));
}

/** The limits of one analysis. */
export function analysisLimits({ limits }: System): AnalysisLimits {
  return limits;
}

/** The limits of the engine. */
export function engineLimits({ credit, pull, aheadMax, batch, commit, shutdown }: System): EngineLimits {
  return {
    creditDeliveries: credit.deliveries,
    creditBytes: credit.bytes,
    pullDeliveriesMax: pull.deliveries,
    pullWaitMs: pull.waitMs,
    aheadMax,
    batchDeliveriesMax: batch.events,
    batchBytesMax: batch.bytes,
    batchMs: batch.ms,
    commitIntervalMs: commit.intervalMs,
    intakeMs: shutdown.intakeMs,
    drainMs: shutdown.drainMs,
    commitMs: shutdown.commitMs,
    revokeMs: shutdown.revokeMs,
  };
}

/** How findings and dead letters are written. */
export function publishPolicy({ publish }: System): PublishPolicy {
  return {
    mode: publish.mode,
    lingerMs: publish.lingerMs,
    publicationsMax: publish.events,
    bytesMax: publish.bytes,
    inFlightMax: publish.inFlight,
    backoffMs: publish.backoffMs,
    backoffMaxMs: publish.backoffMaxMs,
    deadLetterBytesMax: publish.deadLetterBytesMax,
    deadLetterHeaderBytesMax: publish.deadLetterHeaderBytesMax,
  };
}

/** The config with these of its tasks only; with all of them for an empty list. Throws `E_USAGE` for others. */
export function selectTasks(config: Config, names: readonly string[]): Config {
  if (names.length === 0) return config;
  const known = config.tasks.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = didYouMean(name, known) || `; there are ${known.join(', ')}`;
    throw new EngineError('E_USAGE', `--task: there is no task ${JSON.stringify(name)}${near}`);
  }
  return Object.freeze({
    ...config,
    tasks: Object.freeze(config.tasks.filter(({ name }) => names.includes(name))),
  });
}
