/** At least one probe event of each type, for tests that must take all of them. */
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import type { EventOf } from '../../../src/observe/event-table.ts';

const source = { topic: 'crash', partition: 3, offset: 41 };
const fault = { code: 'E_EVENT_ANALYZE', message: 'boom', retriable: true } as const;

/** By type: a type that is missing does not compile. */
const BY_TYPE: { readonly [Type in ProbeEvent['type']]: readonly EventOf<Type>[] } = {
  assigned: [
    {
      type: 'assigned',
      group: 'g',
      partitions: [
        { topic: 'crash', partition: 0 },
        { topic: 'crash', partition: 3 },
      ],
    },
    { type: 'assigned', group: 'g', partitions: [] },
  ],
  consumed: [{ type: 'consumed', group: 'g', deliveries: 10, bytes: 2000 }],
  unrouted: [
    { type: 'unrouted', group: 'g', topic: 'other', tasks: [] },
    { type: 'unrouted', group: 'g', topic: 'crash-lag', tasks: ['crash', 'lag'] },
  ],
  waiting: [
    { type: 'waiting', group: 'faultline', limit: 'credit.deliveries' },
    { type: 'waiting', group: 'faultline', limit: 'laneLengthMax' },
  ],
  waited: [
    { type: 'waited', group: 'g', limit: 'credit.deliveries', cause: 'sink', elapsedMs: 250 },
    { type: 'waited', group: 'g', limit: 'aheadMax', cause: 'commit', elapsedMs: 100 },
  ],
  skipped: [{ type: 'skipped', group: 'g', deliveries: 12 }],
  'ack-map-unreadable': [{ type: 'ack-map-unreadable', group: 'g', topic: 'crash', partition: 3 }],
  unsharded: [{ type: 'unsharded', task: 'crash', deliveries: 5 }],
  fenced: [{ type: 'fenced', group: 'g', topic: 'crash', partition: 3 }],
  rebalanced: [{ type: 'rebalanced', group: 'g', member: 'm-1', generation: 4, members: 2, partitions: 3 }],
  'group-fault': [{ type: 'group-fault', group: 'g', fault }],
  unread: [{ type: 'unread', group: 'g', partitions: 2 }],
  'out-of-group': [{ type: 'out-of-group', group: 'g', reason: 'no heartbeat' }],
  'partition-stuck': [{ type: 'partition-stuck', group: 'g', topic: 'crash', partition: 3, fault }],
  'transport-fault': [{ type: 'transport-fault', part: 'sink', fault }],
  'publisher-cpu': [
    { type: 'publisher-cpu', cpuMs: 40 },
    { type: 'publisher-cpu', cpuMs: 100 },
  ],
  'out-of-range': [{ type: 'out-of-range', group: 'g', topic: 'crash', partition: 3, from: 4, to: 40 }],
  resized: [{ type: 'resized', before: 2, after: 4 }],
  'task-stopped': [{ type: 'task-stopped', task: 'crash', reason: '1001 deliveries in a row were given up' }],
  'log-trimmed': [
    {
      type: 'log-trimmed',
      records: 10,
      bytes: 9000,
      partitions: [{ topic: 'crash', partition: 0 }],
      held: [],
    },
  ],
  'log-trim-failed': [{ type: 'log-trim-failed', code: 'E_LOG_IO', message: 'away' }],
  'step-overdue': [{ type: 'step-overdue', step: 'commit', deadlineMs: 10_000 }],
  dispatched: [{ type: 'dispatched', slot: 0, batch: 1, deliveries: 10, lanes: 4 }],
  outcome: [
    {
      type: 'outcome',
      slot: 0,
      batch: 1,
      deliveries: 10,
      elapsedMs: 4,
      cpuMs: 12,
      tally: {
        platforms: { android: 7, web: 1 },
        problems: { P_TRUNCATED: 2 },
        groups: [{ group: 'abc', title: 'NPE in Cart.total', kind: 'crash', count: 8 }],
        repeats: 5,
      },
    },
    {
      type: 'outcome',
      slot: 1,
      batch: 2,
      deliveries: 1,
      elapsedMs: 0,
      cpuMs: 0,
      tally: { platforms: {}, problems: {}, groups: [], repeats: 0 },
    },
  ],
  'analyzer-log': [
    {
      type: 'analyzer-log',
      task: 'crash',
      source,
      line: { level: 'info', message: 'seen', fields: { size: 3 }, index: 0 },
    },
  ],
  suspected: [{ type: 'suspected', slot: 0, task: 'crash', source, fault }],
  retrying: [
    { type: 'retrying', task: 'crash', source, attempt: 2, delayMs: 100, fault },
    { type: 'retrying', task: 'crash', source, attempt: 2, delayMs: 100, fault: null },
  ],
  'dead-letter': [{ type: 'dead-letter', task: 'crash', source, attempts: 4, fault }],
  'gave-up': [{ type: 'gave-up', task: 'crash', source, attempts: 4, fault }],
  published: [{ type: 'published', findings: 8, deadLetters: 1, bytes: 900, elapsedMs: 6 }],
  'publish-failed': [
    {
      type: 'publish-failed',
      code: 'E_LOG_IO',
      message: 'away',
      publications: 9,
      retriable: true,
    },
  ],
  finished: [
    {
      type: 'finished',
      task: 'crash',
      withFindings: 7,
      silent: 2,
      deadLettered: 1,
      ages: [
        [3, 8],
        [70_000, 2],
      ],
    },
  ],
  committed: [{ type: 'committed', group: 'g', partitions: 2, deliveries: 10, elapsedMs: 5 }],
  'commit-failed': [{ type: 'commit-failed', group: 'g', code: 'E_COMMIT_FAILED', message: 'not now' }],
  'pull-failed': [{ type: 'pull-failed', group: 'g', code: 'E_LOG_IO', message: 'no disk' }],
  revoked: [{ type: 'revoked', group: 'g', partitions: [{ topic: 'crash', partition: 0 }], dropped: 2 }],
  draining: [{ type: 'draining', reason: 'SIGTERM' }],
  drained: [
    { type: 'drained', unfinished: 0, elapsedMs: 30 },
    { type: 'drained', unfinished: 3, elapsedMs: 30_000 },
  ],
  failed: [{ type: 'failed', code: 'E_ASSERT', message: 'assumption broken' }],
};

/** All of them, in an order that a run may have. */
export const EVENTS: readonly ProbeEvent[] = Object.values(BY_TYPE).flat();

/** The events of one type. */
export function eventsOf<Type extends ProbeEvent['type']>(type: Type): readonly EventOf<Type>[] {
  return BY_TYPE[type];
}
