/**
 * The log lines of probe events, each at a fitting level. What repeats is limited per kind (event and
 * code), and the next line of the kind says how many were held back.
 */
import type { Logger } from 'pino';
import type { Position, TopicPartition } from '../model/delivery.ts';
import type { Fault } from '../model/errors.ts';
import type { Probe, Stage } from '../ports/probe.ts';
import type { EventTable } from './event-table.ts';
import { applyEntry } from './event-table.ts';
import { RateLimit } from './rate-limit.ts';

/** What is logged of an event. */
interface Line {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** None: of the engine as a whole. */
  readonly stage?: Stage;
  /** Lines of one event and one kind are limited together; without a kind they are not limited. */
  readonly kind?: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** How much of a kind is logged, and by which time. */
export interface LogLimit {
  readonly linesPerSecondMax: number;
  readonly monotonicMs: () => number;
}

const LIMIT: LogLimit = { linesPerSecondMax: 5, monotonicMs: () => performance.now() };
/** Runs of partitions that one line names. */
const PARTITIONS_NAMED_MAX = 20;

/** A probe that logs. */
export function logProbe(logger: Logger, limit: LogLimit = LIMIT): Probe {
  const rate = new RateLimit(limit.linesPerSecondMax, limit.monotonicMs);
  return (event) => {
    const { level, stage, kind, fields, message } = applyEntry(LINES, event);
    if (!logger.isLevelEnabled(level)) return;
    const suppressed = kind === undefined ? 0 : rate.pass(`${event.type} ${kind}`);
    if (suppressed === null) return;
    const named = { event: event.type, ...(stage !== undefined && { stage }) };
    logger[level]({ ...named, ...fields, ...(suppressed > 0 && { suppressed }) }, message);
  };
}

const LINES: EventTable<Line> = {
  assigned: ({ group, partitions }) => ({
    level: 'info',
    stage: 'consume',
    fields: { group, ...named(partitions) },
  }),
  revoked: ({ group, partitions, dropped }) => ({
    level: 'info',
    stage: 'consume',
    fields: { group, ...named(partitions), leftToNextOwner: dropped },
  }),
  consumed: ({ group, deliveries, bytes }) => ({
    level: 'trace',
    stage: 'consume',
    fields: { group, deliveries, bytes },
  }),
  waiting: ({ group, limit }) => ({
    level: 'debug',
    stage: 'consume',
    kind: limit,
    fields: { group, limit },
  }),
  waited: ({ group, limit, cause, elapsedMs }) => ({
    level: 'trace',
    stage: 'consume',
    fields: { group, limit, cause, elapsedMs: micro(elapsedMs) },
  }),
  skipped: ({ group, deliveries }) => ({ level: 'debug', stage: 'consume', fields: { group, deliveries } }),
  'ack-map-unreadable': ({ group, topic, partition }) => ({
    level: 'warn',
    stage: 'consume',
    fields: { group, topic, partition },
  }),
  unsharded: ({ task, deliveries }) => ({
    level: 'debug',
    stage: 'shard',
    kind: task,
    fields: { task, deliveries },
  }),
  'pull-failed': ({ group, code, message }) => ({
    level: 'warn',
    stage: 'consume',
    kind: code,
    fields: { group, code, message },
  }),
  unrouted: ({ group, topic, tasks }) =>
    tasks.length === 0
      ? { level: 'info', stage: 'route', fields: { group, topic } }
      : { level: 'error', stage: 'route', fields: { group, topic, tasks, code: 'E_ROUTE_AMBIGUOUS' } },
  dispatched: ({ slot, batch, deliveries, lanes }) => ({
    level: 'trace',
    stage: 'dispatch',
    fields: { slot, batch, deliveries, lanes },
  }),
  outcome: ({ slot, batch, deliveries, elapsedMs, cpuMs }) => ({
    level: 'trace',
    stage: 'dispatch',
    fields: { slot, batch, deliveries, elapsedMs: micro(elapsedMs), cpuMs: micro(cpuMs) },
  }),
  'analyzer-log': ({ task, source, line }) => ({
    level: line.level,
    stage: 'dispatch',
    kind: line.level,
    fields: { task, ...place(source), fields: line.fields },
    message: line.message,
  }),
  suspected: ({ slot, task, source, fault }) => ({
    level: 'warn',
    stage: 'dispatch',
    kind: fault.code,
    fields: { slot, task, ...place(source), ...words(fault) },
  }),
  retrying: ({ task, source, attempt, delayMs, fault }) => ({
    level: 'debug',
    stage: 'retry',
    kind: fault?.code ?? 'requeue',
    fields: { task, ...place(source), attempt, delayMs, ...(fault && words(fault)) },
  }),
  'dead-letter': ({ task, source, attempts, fault }) => ({
    level: 'warn',
    stage: 'dead-letter',
    kind: fault.code,
    fields: { task, ...place(source), attempts, ...words(fault) },
  }),
  'gave-up': ({ task, source, attempts, fault }) => ({
    level: 'warn',
    stage: 'retry',
    kind: fault.code,
    fields: { task, ...place(source), attempts, ...words(fault) },
  }),
  published: ({ findings, deadLetters, bytes, elapsedMs }) => ({
    level: 'trace',
    stage: 'publish',
    fields: { findings, deadLetters, bytes, elapsedMs: micro(elapsedMs) },
  }),
  'publish-failed': ({ code, message, publications, retriable }) => ({
    level: 'warn',
    stage: 'publish',
    kind: code,
    fields: { code, message, publications, retriable },
  }),
  finished: ({ task, withFindings, silent, deadLettered }) => ({
    level: 'trace',
    fields: { task, withFindings, silent, deadLettered },
  }),
  committed: ({ group, partitions, deliveries, elapsedMs }) => ({
    level: 'trace',
    stage: 'commit',
    fields: { group, partitions, deliveries, elapsedMs: micro(elapsedMs) },
  }),
  'commit-failed': ({ group, code, message }) => ({
    level: 'warn',
    stage: 'commit',
    kind: code,
    fields: { group, code, message },
  }),
  'task-stopped': ({ task, reason }) => ({
    level: 'error',
    fields: { task, reason, code: 'E_TASK_STOPPED' },
  }),
  resized: ({ before, after }) => ({ level: 'info', stage: 'dispatch', fields: { before, after } }),
  'step-overdue': ({ step, deadlineMs }) => ({ level: 'warn', fields: { step, deadlineMs } }),
  'log-trimmed': ({ records, bytes, partitions, held }) => ({
    level: records > 0 ? 'info' : 'debug',
    fields: {
      records,
      bytes,
      ...(partitions.length > 0 && named(partitions)),
      ...(held.length > 0 && { held: named(held) }),
    },
  }),
  fenced: ({ type: _type, ...fields }) => ({ level: 'warn', stage: 'commit', fields }),
  rebalanced: ({ type: _type, members, ...fields }) => ({
    level: 'info',
    stage: 'consume',
    fields: { ...fields, ...(members !== null && { members }) },
  }),
  'group-fault': ({ group, fault: { code, message } }) => ({
    level: 'warn',
    stage: 'consume',
    kind: `${group} ${code}`,
    fields: { group, code, message },
  }),
  unread: ({ type: _type, ...fields }) => ({ level: 'debug', stage: 'consume', fields }),
  'out-of-group': ({ type: _type, ...fields }) => ({ level: 'warn', stage: 'consume', fields }),
  'partition-stuck': ({ group, topic, partition, fault: { code, message } }) => ({
    level: 'error',
    stage: 'consume',
    fields: { group, topic, partition, code, message },
  }),
  'transport-fault': ({ part, fault: { code, message } }) => ({
    level: 'warn',
    stage: 'publish',
    kind: `${part} ${code}`,
    fields: { part, code, message },
  }),
  'publisher-cpu': ({ cpuMs }) => ({ level: 'trace', stage: 'publish', fields: { cpuMs } }),
  'out-of-range': ({ type: _type, ...fields }) => ({ level: 'warn', stage: 'consume', fields }),
  'log-trim-failed': ({ code, message }) => ({ level: 'warn', kind: code, fields: { code, message } }),
  draining: ({ reason }) => ({ level: 'info', fields: { reason } }),
  drained: ({ unfinished, elapsedMs }) => ({
    level: unfinished === 0 ? 'info' : 'warn',
    fields: { unfinished, elapsedMs: micro(elapsedMs) },
  }),
  failed: ({ code, message }) => ({ level: 'error', fields: { code, message } }),
};

/** Where a delivery lies: the way to look at it, instead of its payload. */
function place({ topic, partition, offset }: Position): Record<string, unknown> {
  return { topic, partition, offset };
}

/** Without `details`, which may hold parts of a payload. */
function words({ code, message }: Fault): Record<string, unknown> {
  return { code, message };
}

/** Milliseconds without what is below a microsecond. */
function micro(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** `app-crash/0-7`: partitions that follow each other are one word. */
function named(partitions: readonly TopicPartition[]): Record<string, unknown> {
  const runs: { readonly topic: string; readonly first: number; last: number }[] = [];
  for (const { topic, partition } of partitions) {
    const run = runs.at(-1);
    if (run?.topic === topic && run.last + 1 === partition) run.last = partition;
    else runs.push({ topic, first: partition, last: partition });
  }
  const words = runs
    .slice(0, PARTITIONS_NAMED_MAX)
    .map(({ topic, first, last }) => `${topic}/${first === last ? first : `${first}-${last}`}`);
  const more = runs.slice(PARTITIONS_NAMED_MAX).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return { partitions: words, ...(more > 0 && { morePartitions: more }) };
}
