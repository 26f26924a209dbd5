/** A process that is controlled, made up: fixed answers, and endings that the test decides about. */
import type { StatusAnswer } from '../../src/control/protocol.ts';
import type { ControlTarget, Ending, ProcessStatus } from '../../src/control/target.ts';
import type { Holder, PartitionStatus, WhyPartition } from '../../src/model/status.ts';

/** A status with something of everything; `changes` replace whole fields. */
export function aStatus(changes: Partial<StatusAnswer> = {}): StatusAnswer {
  return {
    pid: 4242,
    version: '1.2.3',
    startedMs: 1_790_000_000_000,
    threads: 2,
    state: 'running',
    reason: null,
    delivery: 'at-least-once',
    inFlight: { lane: 120, pool: 512, retry: 3, sink: 40, release: 0 },
    credit: { deliveries: 675, deliveriesMax: 4000, bytes: 1_400_000, bytesMax: 67_108_864 },
    intake: [{ group: 'faultline', waiting: null }],
    slots: [
      { slot: 0, batches: 2, deliveries: 512 },
      { slot: 1, batches: 0, deliveries: 0 },
    ],
    tasks: [
      { name: 'crash', group: 'faultline', stopped: null, queued: 120, longestLane: 14, heldKeys: 2 },
      { name: 'lag', group: 'faultline', stopped: null, queued: 0, longestLane: 0, heldKeys: 0 },
    ],
    partitions: [
      aPartition({ partition: 0, watermark: 1042, committed: 1040, ahead: 633 }),
      aPartition({ partition: 1, ahead: 42 }),
      aPartition({ topic: 'app-lag', task: 'lag', watermark: null, committed: null }),
    ],
    backlog: [
      { topic: 'app-crash', partition: 0, deliveries: 12_345 },
      { topic: 'app-crash', partition: 1, deliveries: 0 },
      { topic: 'app-lag', partition: 0, deliveries: 0 },
    ],
    ...changes,
  };
}

/** A partition that is up to date. */
export function aPartition(changes: Partial<PartitionStatus> = {}): PartitionStatus {
  return {
    group: 'faultline',
    topic: 'app-crash',
    partition: 0,
    task: 'crash',
    phase: 'active',
    watermark: 900,
    committed: 900,
    ahead: 0,
    ...changes,
  };
}

/** A delivery that waits for its third attempt. */
export function aHolder(changes: Partial<Holder> = {}): Holder {
  return {
    topic: 'app-crash',
    partition: 0,
    offset: 1042,
    key: 'device-17',
    where: 'retry',
    task: 'crash',
    lane: 17,
    slot: null,
    ageMs: 12_400,
    attempts: 2,
    requeues: 0,
    lastError: { code: 'E_EVENT_ANALYZE', message: 'no symbols', retriable: true },
    ...changes,
  };
}

/** Why a partition stands. */
export function aWhy(changes: Partial<WhyPartition> = {}): WhyPartition {
  return {
    partition: aPartition({ watermark: 1042, committed: 1040, ahead: 633 }),
    holder: aHolder(),
    sentence: 'Offset 1042 waits for its third attempt since 12.4 s.',
    ...changes,
  };
}

/** What was asked of a fake, in words. */
export interface FakeTarget extends ControlTarget {
  readonly asked: readonly string[];
  /** What `drain` and `stop` resolve to. */
  readonly ending: PromiseWithResolvers<Ending>;
}

/** Makes one. */
export function fakeTarget(status: () => StatusAnswer = aStatus): FakeTarget {
  const asked: string[] = [];
  const ending = Promise.withResolvers<Ending>();
  ending.promise.catch(() => undefined);
  let threads = status().threads;
  const end = (how: string) => (reason: string) => {
    asked.push(`${how}: ${reason}`);
    return ending.promise;
  };
  return {
    asked,
    ending,
    status: (): ProcessStatus => {
      const { backlog: _, ...rest } = status();
      return { ...rest, threads };
    },
    backlog: async () => status().backlog ?? [],
    why: (topic, partition) =>
      status()
        .partitions.filter((each) => each.topic === topic && each.partition === partition)
        .map((each) =>
          aWhy({
            partition: each,
            holder: each.ahead === 0 ? null : aHolder({ topic, partition, ageMs: 1000 + partition }),
          }),
        ),
    scale: async (wanted) => {
      const before = threads;
      threads = wanted;
      return { before, after: wanted };
    },
    drain: end('drain'),
    stop: end('stop'),
  };
}
