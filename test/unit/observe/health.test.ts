import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health, TROUBLE_MS } from '../../../src/observe/health.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';

const ASSIGNED: ProbeEvent = { type: 'assigned', group: 'g', partitions: [] };
const DRAINING: ProbeEvent = { type: 'draining', reason: 'SIGTERM' };
const FAILED: ProbeEvent = { type: 'failed', code: 'E_ASSERT', message: 'broken' };

function after(...events: readonly ProbeEvent[]): Health {
  const health = new Health(() => 0);
  for (const event of events) health.probe(event);
  return health;
}

test('it starts alive and not ready, with a reason', () => {
  const { state, live, ready, reasons } = after().report();

  assert.deepEqual({ state, live, ready }, { state: 'starting', live: true, ready: false });
  assert.equal(reasons.length, 1);
});

test('it is ready once partitions are assigned', () => {
  assert.deepEqual(after(ASSIGNED).report(), { state: 'ready', live: true, ready: true, reasons: [] });
});

test('while it drains it is alive and not ready', () => {
  assert.deepEqual(after(ASSIGNED, DRAINING, ASSIGNED).report(), {
    state: 'draining',
    live: true,
    ready: false,
    reasons: ['draining: SIGTERM'],
  });
});

test('a failed engine is not alive, and stays so while it drains', () => {
  assert.deepEqual(after(ASSIGNED, FAILED, DRAINING).report(), {
    state: 'failed',
    live: false,
    ready: false,
    reasons: ['E_ASSERT: broken'],
  });
});

const TROUBLES: readonly (readonly [what: string, trouble: ProbeEvent, cure: ProbeEvent])[] = [
  [
    'a sink that does not write',
    {
      type: 'publish-failed',
      code: 'E_LOG_IO',
      message: 'away',
      publications: 1,
      retriable: true,
    },
    { type: 'published', findings: 1, deadLetters: 0, bytes: 1, elapsedMs: 1 },
  ],
  [
    'a source that cannot be read',
    { type: 'pull-failed', group: 'g', code: 'E_LOG_IO', message: 'no disk' },
    { type: 'consumed', group: 'g', deliveries: 1, bytes: 1 },
  ],
  [
    'a group that the brokers cannot be asked for',
    {
      type: 'group-fault',
      group: 'g',
      fault: { code: 'E_KAFKA_UNREACHABLE', message: 'refused', retriable: true },
    },
    { type: 'rebalanced', group: 'g', member: 'm', generation: 2, members: 1, partitions: 1 },
  ],
  [
    'a group that has thrown it out',
    { type: 'out-of-group', group: 'g', reason: 'no heartbeat was acknowledged in time' },
    { type: 'rebalanced', group: 'g', member: 'm', generation: 2, members: 1, partitions: 1 },
  ],
  [
    'a partition that cannot be taken up',
    { type: 'unread', group: 'g', partitions: 1 },
    { type: 'unread', group: 'g', partitions: 0 },
  ],
  [
    'a partition that cannot be read',
    {
      type: 'partition-stuck',
      group: 'g',
      topic: 't',
      partition: 0,
      fault: { code: 'E_KAFKA_RECORDS', message: 'damaged', retriable: false },
    },
    { type: 'revoked', group: 'g', partitions: [{ topic: 't', partition: 0 }], dropped: 0 },
  ],
  [
    'a partition that another has taken over',
    { type: 'fenced', group: 'g', topic: 't', partition: 0 },
    { type: 'assigned', group: 'g', partitions: [{ topic: 't', partition: 0 }] },
  ],
  [
    'a commit that fails',
    { type: 'commit-failed', group: 'g', code: 'E_COMMIT_FAILED', message: 'not now' },
    { type: 'committed', group: 'g', partitions: 1, deliveries: 1, elapsedMs: 1 },
  ],
];

for (const [what, trouble, cure] of TROUBLES) {
  test(`${what} is alive and not ready, until it works again`, () => {
    const health = after(ASSIGNED, trouble);

    const during = health.report();
    health.probe(cure);
    const afterwards = health.report();

    assert.deepEqual([during.state, during.live, during.ready], ['ready', true, false]);
    assert.equal(during.reasons.length, 1);
    assert.deepEqual([afterwards.ready, afterwards.reasons], [true, []]);
  });
}

test('a partition that stands still and a group that is without it are reasons for as long as they last', () => {
  let nowMs = 0;
  const health = new Health(() => nowMs);
  health.probe(ASSIGNED);
  health.probe({ type: 'out-of-group', group: 'g', reason: 'silent' });
  for (let partition = 0; partition < 20; partition += 1)
    health.probe({ type: 'fenced', group: 'g', topic: 't', partition });
  health.probe({ type: 'consumed', group: 'g', deliveries: 1, bytes: 1 });

  nowMs = TROUBLE_MS * 10;
  const { ready, reasons } = health.report();

  assert.equal(ready, false);
  assert.equal(reasons.length, 12);
  assert.match(reasons[0] ?? '', /group g is without this process: silent/);
  assert.match(reasons[11] ?? '', /10 more/);
  assert.deepEqual(
    health.stuck('t', 3).map(({ group, code }) => [group, code]),
    [['g', 'E_FENCED']],
  );
});

test('another group’s success does not cure', () => {
  const health = after(ASSIGNED, { type: 'pull-failed', group: 'a', code: 'E_LOG_IO', message: '' });

  health.probe({ type: 'consumed', group: 'b', deliveries: 1, bytes: 1 });

  assert.equal(health.report().ready, false);
});

test('one publication refused for good is no trouble', () => {
  const health = after(ASSIGNED, {
    type: 'publish-failed',
    code: 'E_SINK_REJECTED',
    message: 'too large',
    publications: 1,
    retriable: false,
  });

  assert.equal(health.report().ready, true);
});

test('trouble that neither repeats nor ends is forgotten', () => {
  let nowMs = 0;
  const health = new Health(() => nowMs);
  health.probe(ASSIGNED);
  health.probe({ type: 'pull-failed', group: 'g', code: 'E_LOG_IO', message: '' });

  nowMs = TROUBLE_MS - 1;
  const before = health.report().ready;
  nowMs = TROUBLE_MS;
  const after60s = health.report().ready;

  assert.deepEqual([before, after60s], [false, true]);
});
