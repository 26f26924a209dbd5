/**
 * Every metric of the product, declared once, and the live ones made from it.
 *
 * Names begin with `faultline_` and then, where there is one, the stage of the flow. Fed by probe
 * events only, so once per batch or rarer. docs/reference/metrics.md is generated from the table.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Probe } from '../ports/probe.ts';
import type { Backlog } from '../ports/source.ts';
import type { Instruments } from './instruments.ts';
import { createInstruments } from './instruments.ts';
import { metricsProbe } from './metrics-probe.ts';

/** The table. */
export const METRICS = {
  consumed: {
    type: 'counter',
    name: 'faultline_consume_deliveries_total',
    help: 'Deliveries taken from the source.',
    labels: ['group'],
  },
  consumedBytes: {
    type: 'counter',
    name: 'faultline_consume_bytes_total',
    help: 'Bytes of their keys and values.',
    labels: ['group'],
  },
  waits: {
    type: 'counter',
    name: 'faultline_consume_waits_total',
    help: 'Times that intake began to wait, by the limit that it ran into.',
    labels: ['limit'],
  },
  waitSeconds: {
    type: 'counter',
    name: 'faultline_consume_wait_seconds_total',
    help: 'Time that intake stood still, by that limit and by what most deliveries in flight waited for (cause: pool, retry, sink, commit): backpressure.',
    labels: ['limit', 'cause'],
  },
  skipped: {
    type: 'counter',
    name: 'faultline_consume_skipped_deliveries_total',
    help: 'Deliveries passed over after a restart, because they were finished before it (ack map).',
    labels: ['group'],
  },
  unreadableAckMaps: {
    type: 'counter',
    name: 'faultline_consume_unreadable_ack_maps_total',
    help: 'Assigned partitions whose committed metadata is no ack map; what was finished above the position is done again.',
    labels: ['group'],
  },
  unsharded: {
    type: 'counter',
    name: 'faultline_shard_unordered_deliveries_total',
    help: 'Deliveries that lack the field of shardBy and spread without order.',
    labels: ['task'],
  },
  resizes: {
    type: 'counter',
    name: 'faultline_dispatch_resizes_total',
    help: 'Changes of the number of worker threads while running.',
    labels: [],
  },
  stoppedTasks: {
    type: 'gauge',
    name: 'faultline_task_stopped',
    help: '1 where the circuit of a task has stopped it.',
    labels: ['task'],
  },
  fenced: {
    type: 'counter',
    name: 'faultline_commit_fenced_total',
    help: 'Partitions of which a transaction was refused, for another process had taken them over.',
    labels: ['group'],
  },
  rebalances: {
    type: 'counter',
    name: 'faultline_source_rebalances_total',
    help: 'Agreements of a group about who reads what, as this member heard of them.',
    labels: ['group'],
  },
  member: {
    type: 'gauge',
    name: 'faultline_source_member',
    help: '1 while this process is a member of the group, 0 while the group has thrown it out and it joins anew; absent where it never was.',
    labels: ['group'],
  },
  unreadPartitions: {
    type: 'gauge',
    name: 'faultline_source_unread_partitions',
    help: 'Partitions that the group has dealt to this process and that it does not read yet: their offsets or transactions cannot be asked for, or they are more than kafka.exactlyOncePartitionsMax.',
    labels: ['group'],
  },
  stuckPartitions: {
    type: 'gauge',
    name: 'faultline_consume_stuck_partitions',
    help: 'Partitions of this process that stand still: what comes next cannot be read (code), or another process has shut this one out (E_FENCED).',
    labels: ['group', 'code'],
  },
  transportFaults: {
    type: 'counter',
    name: 'faultline_transport_faults_total',
    help: 'Errors of brokers and connections that the transport deals with, by its part and error code.',
    labels: ['part', 'code'],
  },
  outOfRange: {
    type: 'counter',
    name: 'faultline_source_out_of_range_total',
    help: 'Times that the brokers did not have a position any more.',
    labels: ['group'],
  },
  trimmedRecords: {
    type: 'counter',
    name: 'faultline_log_trimmed_records_total',
    help: 'Records that retention removed from the embedded log.',
    labels: [],
  },
  trimmedBytes: {
    type: 'counter',
    name: 'faultline_log_trimmed_bytes_total',
    help: 'Bytes of the blocks that retention removed.',
    labels: [],
  },
  heldPartitions: {
    type: 'gauge',
    name: 'faultline_log_held_partitions',
    help: 'Partitions of which retention would remove more, was it not for a group that has not committed it.',
    labels: [],
  },
  trimFailures: {
    type: 'counter',
    name: 'faultline_log_trim_failures_total',
    help: 'Runs of retention that failed; it is tried again at the next time.',
    labels: ['code'],
  },
  overdueSteps: {
    type: 'counter',
    name: 'faultline_exit_overdue_total',
    help: 'Steps of an ordered exit that passed their deadline.',
    labels: ['step'],
  },
  pullFailures: {
    type: 'counter',
    name: 'faultline_consume_failures_total',
    help: 'Pulls that failed for now and are tried again.',
    labels: ['group', 'code'],
  },
  assignments: {
    type: 'counter',
    name: 'faultline_consume_assignments_total',
    help: 'Changes of the assigned partitions; change is assigned or revoked.',
    labels: ['group', 'change'],
  },
  partitions: {
    type: 'gauge',
    name: 'faultline_consume_partitions',
    help: 'Partitions assigned to this process.',
    labels: ['group'],
  },
  droppedDeliveries: {
    type: 'counter',
    name: 'faultline_consume_dropped_deliveries_total',
    help: 'Deliveries in hand that a revoke gave back; whoever has the partition next processes them.',
    labels: ['group'],
  },
  backlog: {
    type: 'gauge',
    name: 'faultline_consume_backlog_deliveries',
    help: 'Deliveries that a partition holds and that were not pulled yet, summed over groups.',
    labels: ['topic', 'partition'],
  },
  unroutedTopics: {
    type: 'counter',
    name: 'faultline_route_unrouted_topics_total',
    help: 'Topics passed over, because no task takes them (cause none) or two do (cause ambiguous).',
    labels: ['group', 'cause'],
  },
  batchDeliveries: {
    type: 'histogram',
    name: 'faultline_dispatch_batch_deliveries',
    help: 'Deliveries of the batches handed to worker threads.',
    labels: [],
    buckets: 'powersOfTwo',
  },
  batchLanes: {
    type: 'histogram',
    name: 'faultline_dispatch_batch_lanes',
    help: 'Lanes whose deliveries share a batch.',
    labels: [],
    buckets: 'powersOfTwo',
  },
  batchSeconds: {
    type: 'histogram',
    name: 'faultline_dispatch_batch_seconds',
    help: 'Time that a worker thread took for a batch.',
    labels: [],
    buckets: 'seconds',
  },
  workerCpu: {
    type: 'counter',
    name: 'faultline_dispatch_cpu_seconds_total',
    help: 'CPU time of the worker threads, as they report it.',
    labels: [],
  },
  suspects: {
    type: 'counter',
    name: 'faultline_dispatch_suspects_total',
    help: 'Deliveries in hand when their thread hung or died.',
    labels: ['task', 'code'],
  },
  platforms: {
    type: 'counter',
    name: 'faultline_analysis_findings_total',
    help: 'Findings made, by platform; past 50 platforms the rest is other.',
    labels: ['platform'],
  },
  problems: {
    type: 'counter',
    name: 'faultline_analysis_problems_total',
    help: 'What findings could not make of their reports, by problem; past 50 problems the rest is other.',
    labels: ['problem'],
  },
  repeats: {
    type: 'counter',
    name: 'faultline_analysis_repeats_total',
    help: 'Findings whose report had come before, byte for byte, and was not analysed again (limits.memoBytesMax).',
    labels: [],
  },
  logLines: {
    type: 'counter',
    name: 'faultline_analysis_log_lines_total',
    help: 'Lines that analyzers logged.',
    labels: ['task', 'level'],
  },
  retries: {
    type: 'counter',
    name: 'faultline_retry_deliveries_total',
    help: 'Deliveries to be tried again; the cause is an error code, or requeue where the analyzer asked.',
    labels: ['task', 'cause'],
  },
  givenUp: {
    type: 'counter',
    name: 'faultline_retry_given_up_total',
    help: 'Deliveries finished without a finding because their retries are spent.',
    labels: ['task', 'code'],
  },
  deadLetters: {
    type: 'counter',
    name: 'faultline_dead_letter_deliveries_total',
    help: 'Dead letters made.',
    labels: ['task', 'code'],
  },
  publishedFindings: {
    type: 'counter',
    name: 'faultline_publish_findings_total',
    help: 'Findings that the sink acknowledged.',
    labels: [],
  },
  publishedDeadLetters: {
    type: 'counter',
    name: 'faultline_publish_dead_letters_total',
    help: 'Dead letters that the sink acknowledged.',
    labels: [],
  },
  publishedBytes: {
    type: 'counter',
    name: 'faultline_publish_bytes_total',
    help: 'Bytes of the acknowledged findings and dead letters.',
    labels: [],
  },
  publishSeconds: {
    type: 'histogram',
    name: 'faultline_publish_seconds',
    help: 'From a request to the sink to its acknowledgement.',
    labels: [],
    buckets: 'seconds',
  },
  publisherCpu: {
    type: 'counter',
    name: 'faultline_publish_cpu_seconds_total',
    help: 'CPU time of the thread that writes, where there is one (kafka.produce.thread).',
    labels: [],
  },
  publishFailures: {
    type: 'counter',
    name: 'faultline_publish_failures_total',
    help: 'Publications that the sink did not take: for now (retriable true) or for good.',
    labels: ['code', 'retriable'],
  },
  finished: {
    type: 'counter',
    name: 'faultline_finished_deliveries_total',
    help: 'Deliveries that left the engine; ending is findings, silent or dead-letter.',
    labels: ['task', 'ending'],
  },
  ages: {
    type: 'histogram',
    name: 'faultline_finished_age_seconds',
    help: 'From consumed to finished, that is acknowledged: the latency of the engine.',
    labels: ['task'],
    buckets: 'seconds',
  },
  committed: {
    type: 'counter',
    name: 'faultline_commit_deliveries_total',
    help: 'Deliveries that the committed offsets moved past.',
    labels: ['group'],
  },
  commitSeconds: {
    type: 'histogram',
    name: 'faultline_commit_seconds',
    help: 'Time of a commit.',
    labels: ['group'],
    buckets: 'seconds',
  },
  commitFailures: {
    type: 'counter',
    name: 'faultline_commit_failures_total',
    help: 'Commits that failed and are tried again.',
    labels: ['group', 'code'],
  },
  inFlight: {
    type: 'gauge',
    name: 'faultline_in_flight_deliveries',
    help: 'Deliveries consumed and not finished.',
    labels: [],
  },
  draining: {
    type: 'gauge',
    name: 'faultline_draining',
    help: '1 from the beginning of an ordered exit, else 0.',
    labels: [],
  },
  failures: {
    type: 'counter',
    name: 'faultline_failures_total',
    help: 'Errors that ended the engine.',
    labels: ['code'],
  },
  gaugeFailures: {
    type: 'counter',
    name: 'faultline_scrape_failures_total',
    help: 'Times that the backlog could not be read for these metrics, and is left out.',
    labels: [],
  },
} as const;

/** The live metrics. */
export type Meters = Instruments<typeof METRICS>;

/** What is asked at the moment of a scrape. */
export interface GaugeSources {
  inFlight(): number;
  backlog(): Promise<readonly Backlog[]>;
}

/** The metrics of one engine. */
export interface Metrics {
  readonly probe: Probe;
  readonly contentType: string;
  /** All of them in Prometheus' text format, the process' own included. */
  text(): Promise<string>;
}

/** Makes them, in a registry of their own. */
export function createMetrics(gauges: GaugeSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const meters = createInstruments(METRICS, registry);
  return {
    probe: metricsProbe(meters),
    contentType: registry.contentType,
    text: async () => {
      meters.inFlight.set(gauges.inFlight());
      showBacklog(meters, await readBacklog(meters, gauges));
      return registry.metrics();
    },
  };
}

async function readBacklog(meters: Meters, gauges: GaugeSources): Promise<readonly Backlog[]> {
  try {
    return await gauges.backlog();
  } catch {
    meters.gaugeFailures.inc(); // the other metrics are worth having, most of all now
    return [];
  }
}

/** Anew each time: partitions come and go. */
function showBacklog({ backlog }: Meters, entries: readonly Backlog[]): void {
  backlog.reset();
  for (const { topic, partition, deliveries } of entries) backlog.inc({ topic, partition }, deliveries);
}
