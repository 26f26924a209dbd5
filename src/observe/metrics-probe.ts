/** What each probe event does to the metrics. Bounded: names from outside are admitted up to a limit. */
import type { Probe, ProbeEvent } from '../ports/probe.ts';
import type { EventTable } from './event-table.ts';
import { applyEntry } from './event-table.ts';
import type { Meters } from './metrics.ts';
import { Names } from './names.ts';
import { SlotCpu } from './slot-cpu.ts';
import { StuckPartitions } from './stuck.ts';

/** Values of a label that come from outside; the table's help texts name this number. */
const NAMES_MAX = 50;
const MS_PER_SECOND = 1000;

/** The probe that feeds `meters`. */
export function metricsProbe(meters: Meters): Probe {
  const table: EventTable<void> = {
    ...intake(meters),
    ...analysis(meters),
    ...endings(meters),
    ...outputs(meters),
    'task-stopped': ({ task }) => {
      meters.stoppedTasks.set({ task }, 1);
    },
    resized: () => {
      meters.resizes.inc();
    },
    'step-overdue': ({ step }) => {
      meters.overdueSteps.inc({ step });
    },
    'log-trimmed': ({ records, bytes, held }) => {
      meters.trimmedRecords.inc(records);
      meters.trimmedBytes.inc(bytes);
      meters.heldPartitions.set(held.length);
    },
    fenced: ({ group }) => {
      meters.fenced.inc({ group });
    },
    rebalanced: ({ group }) => {
      meters.rebalances.inc({ group });
      meters.member.set({ group }, 1);
    },
    unread: ({ group, partitions }) => {
      meters.unreadPartitions.set({ group }, partitions);
    },
    'out-of-group': ({ group }) => {
      meters.member.set({ group }, 0);
    },
    'group-fault': ({ fault: { code } }) => {
      meters.transportFaults.inc({ part: 'source', code });
    },
    'partition-stuck': ({ fault: { code } }) => {
      meters.transportFaults.inc({ part: 'source', code });
    },
    'transport-fault': ({ part, fault: { code } }) => {
      meters.transportFaults.inc({ part, code });
    },
    'out-of-range': ({ group }) => {
      meters.outOfRange.inc({ group });
    },
    'log-trim-failed': ({ code }) => {
      meters.trimFailures.inc({ code });
    },
    draining: () => {
      meters.draining.set(1);
    },
    drained: () => undefined, // nobody scrapes any more
    failed: ({ code }) => {
      meters.failures.inc({ code });
    },
  };
  const stuck = new StuckPartitions();
  return (event) => {
    applyEntry(table, event);
    if (STUCK_EVENTS.has(event.type)) showStuck(meters, stuck, event);
  };
}

/** What {@link StuckPartitions} listens to. */
const STUCK_EVENTS: ReadonlySet<ProbeEvent['type']> = new Set([
  'partition-stuck',
  'fenced',
  'assigned',
  'revoked',
]);

/** Counted anew each time: it is rare, and few stand still. */
function showStuck({ stuckPartitions }: Meters, stuck: StuckPartitions, event: ProbeEvent): void {
  stuck.apply(event);
  stuckPartitions.reset();
  for (const { group, code } of stuck.all()) stuckPartitions.inc({ group, code });
}

type Part<Types extends keyof EventTable<void>> = Pick<EventTable<void>, Types>;

function intake(
  meters: Meters,
): Part<
  | 'assigned'
  | 'revoked'
  | 'consumed'
  | 'unrouted'
  | 'unsharded'
  | 'skipped'
  | 'ack-map-unreadable'
  | 'waiting'
  | 'waited'
  | 'pull-failed'
> {
  return {
    assigned: ({ group, partitions }) => {
      meters.assignments.inc({ group, change: 'assigned' });
      meters.partitions.inc({ group }, partitions.length);
    },
    revoked: ({ group, partitions, dropped }) => {
      meters.assignments.inc({ group, change: 'revoked' });
      meters.partitions.dec({ group }, partitions.length);
      meters.droppedDeliveries.inc({ group }, dropped);
    },
    consumed: ({ group, deliveries, bytes }) => {
      meters.consumed.inc({ group }, deliveries);
      meters.consumedBytes.inc({ group }, bytes);
    },
    unrouted: ({ group, tasks }) => {
      meters.unroutedTopics.inc({ group, cause: tasks.length === 0 ? 'none' : 'ambiguous' });
    },
    waiting: ({ limit }) => {
      meters.waits.inc({ limit });
    },
    waited: ({ limit, cause, elapsedMs }) => {
      meters.waitSeconds.inc({ limit, cause }, elapsedMs / MS_PER_SECOND);
    },
    skipped: ({ group, deliveries }) => {
      meters.skipped.inc({ group }, deliveries);
    },
    'ack-map-unreadable': ({ group }) => {
      meters.unreadableAckMaps.inc({ group });
    },
    unsharded: ({ task, deliveries }) => {
      meters.unsharded.inc({ task }, deliveries);
    },
    'pull-failed': ({ group, code }) => {
      meters.pullFailures.inc({ group, code });
    },
  };
}

function analysis(meters: Meters): Part<'dispatched' | 'outcome' | 'analyzer-log' | 'suspected'> {
  const slotCpu = new SlotCpu();
  const platforms = new Names(NAMES_MAX);
  const problems = new Names(NAMES_MAX);
  return {
    dispatched: ({ deliveries, lanes }) => {
      meters.batchDeliveries.observe({}, deliveries);
      meters.batchLanes.observe({}, lanes);
    },
    outcome: ({ slot, elapsedMs, cpuMs, tally }) => {
      if (elapsedMs > 0) meters.batchSeconds.observe({}, elapsedMs / MS_PER_SECOND); // 0: the thread was lost
      meters.workerCpu.inc(slotCpu.spentMs(slot, cpuMs) / MS_PER_SECOND);
      if (tally.repeats > 0) meters.repeats.inc({}, tally.repeats);
      for (const [name, count] of Object.entries(tally.platforms)) {
        meters.platforms.inc({ platform: platforms.admit(name) }, count);
      }
      for (const [name, count] of Object.entries(tally.problems)) {
        meters.problems.inc({ problem: problems.admit(name) }, count);
      }
    },
    'analyzer-log': ({ task, line }) => {
      meters.logLines.inc({ task, level: line.level });
    },
    suspected: ({ task, fault }) => {
      meters.suspects.inc({ task, code: fault.code });
    },
  };
}

function endings(meters: Meters): Part<'retrying' | 'dead-letter' | 'gave-up' | 'finished'> {
  return {
    retrying: ({ task, fault }) => {
      meters.retries.inc({ task, cause: fault?.code ?? 'requeue' });
    },
    'dead-letter': ({ task, fault }) => {
      meters.deadLetters.inc({ task, code: fault.code });
    },
    'gave-up': ({ task, fault }) => {
      meters.givenUp.inc({ task, code: fault.code });
    },
    finished: ({ task, withFindings, silent, deadLettered, ages }) => {
      meters.finished.inc({ task, ending: 'findings' }, withFindings);
      meters.finished.inc({ task, ending: 'silent' }, silent);
      meters.finished.inc({ task, ending: 'dead-letter' }, deadLettered);
      for (const [ms, deliveries] of ages) meters.ages.observe({ task }, ms / MS_PER_SECOND, deliveries);
    },
  };
}

function outputs(
  meters: Meters,
): Part<'published' | 'publish-failed' | 'publisher-cpu' | 'committed' | 'commit-failed'> {
  const publisherCpu = new SlotCpu();
  return {
    published: ({ findings, deadLetters, bytes, elapsedMs }) => {
      meters.publishedFindings.inc(findings);
      meters.publishedDeadLetters.inc(deadLetters);
      meters.publishedBytes.inc(bytes);
      meters.publishSeconds.observe({}, elapsedMs / MS_PER_SECOND);
    },
    'publish-failed': ({ code, retriable, publications }) => {
      meters.publishFailures.inc({ code, retriable: String(retriable) }, publications);
    },
    'publisher-cpu': ({ cpuMs }) => {
      meters.publisherCpu.inc(publisherCpu.spentMs(0, cpuMs) / MS_PER_SECOND);
    },
    committed: ({ group, deliveries, elapsedMs }) => {
      meters.committed.inc({ group }, deliveries);
      meters.commitSeconds.observe({ group }, elapsedMs / MS_PER_SECOND);
    },
    'commit-failed': ({ group, code }) => {
      meters.commitFailures.inc({ group, code });
    },
  };
}
