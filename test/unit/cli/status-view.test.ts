import assert from 'node:assert/strict';
import { test } from 'node:test';
import { risenBetween, statusView } from '../../../src/cli/status-view.ts';
import type { StatusAnswer } from '../../../src/control/protocol.ts';
import { aPartition, aStatus } from '../../helpers/control.ts';

const paint = (_style: string, text: string): string => text;

function view(status: StatusAnswer, more: { columns?: number; perSecond?: number } = {}): string {
  const context = { paint, columns: 100, nowMs: status.startedMs + 61_000, ...more };
  return statusView(status, context).join('\n');
}

test('a calm process is told on one screen', () => {
  assert.equal(
    view(aStatus()),
    `process 4242 · faultline 1.2.3 · up 1 min 1 s · 2 threads, 1 busy · at-least-once

state      running
intake     consumes
in flight  675 = 120 waiting for a thread + 512 in the threads + 3 waiting for a retry + 40 being
           written
credit     675 of 4,000 deliveries (17 %), 1.3 MiB of 64.0 MiB (2 %)
to come    12,345 deliveries not read yet

THREAD  BATCHES  DELIVERIES
     0        2         512
     1        0           0  idle

TASK   GROUP      QUEUED  LONGEST LANE  HELD KEYS  STATE
crash  faultline     120            14          2  works
lag    faultline       0             0          0  works

PARTITION    COMMITTED  WATERMARK  AHEAD  TO COME
app-crash 0       1040       1042    633   12,345
app-crash 1        900        900     42        0
app-lag 0            -          -      0        0`,
  );
});

test('what intake waits for is said with the limit, the cause and the time, for each group', () => {
  const text = view(
    aStatus({
      intake: [
        { group: 'a', waiting: { limit: 'credit.deliveries', cause: 'sink', forMs: 83_000 } },
        { group: 'b', waiting: null },
      ],
    }),
  );

  assert.match(
    text,
    /\nintake {5}a: has waited 1 min 23 s for the sink \(credit\.deliveries is reached\)\n {11}b: consumes\n/,
  );
});

test('why it drains and why a task is stopped stand in the upper part', () => {
  const [task] = aStatus().tasks;
  assert.ok(task);
  const text = view(
    aStatus({
      state: 'draining',
      reason: 'SIGTERM \u001b[2J',
      tasks: [{ ...task, stopped: '12 deliveries in a row were given up' }],
    }),
  );

  assert.match(text, /\nstate {6}draining: SIGTERM ␛\[2J\n/);
  assert.match(text, /\n\ntask crash is stopped: 12 deliveries in a row were given up\n\nTHREAD/);
  assert.match(text, /\ncrash .* stopped\n/);
});

test('what is in the way is told below the state', () => {
  const text = view(aStatus({ obstacles: ['group g is without this process: silent', 'a \u001b[2J'] }));

  assert.match(
    text,
    /\nstate {7}running\nin the way {2}group g is without this process: silent\n {12}a ␛\[2J\n/,
  );
});

test('a process with nothing to do says so', () => {
  const idle = aStatus({
    inFlight: { lane: 0, pool: 0, retry: 0, sink: 0, release: 0 },
    partitions: [],
    tasks: [],
    backlog: [],
  });

  const text = view(idle);

  assert.match(text, /\nin flight {2}nothing\n/);
  assert.match(text, /\nto come {4}nothing: everything is read\n/);
  assert.doesNotMatch(text, /TASK|PARTITION/);
  assert.match(
    view({ ...idle, backlog: null, version: null }),
    /^process 4242 · up[^]*\nto come {4}not known\n/,
  );
});

test('many threads and partitions are cut to those with most in hand, and it is said how many are left out', () => {
  const slots = Array.from({ length: 256 }, (_, slot) => ({
    slot,
    batches: Number(slot > 250),
    deliveries: slot > 250 ? slot : 0,
  }));
  const partitions = [
    ...Array.from({ length: 1000 }, (_, partition) => aPartition({ partition, ahead: partition })),
    aPartition({ topic: 'app-lag', phase: 'revoking' }),
  ];

  const lines = view(aStatus({ slots, partitions })).split('\n');

  assert.ok(lines.length < 50);
  assert.ok(lines.includes('   255        1         255'));
  assert.ok(lines.includes('and 248 more threads; --json has all'));
  assert.ok(lines.some((line) => line.startsWith('app-crash 999 ')));
  assert.ok(lines.some((line) => /^app-lag 0 .* revoking$/.test(line)));
  assert.equal(lines.at(-1), 'and 985 more partitions; --json has all');
});

test('no line is wider than the terminal, whatever the names', () => {
  const long = 'n'.repeat(120) + '-end';
  const status = aStatus({
    inFlight: { lane: 1_000_000, pool: 1_000_000, retry: 1_000_000, sink: 1_000_000, release: 1_000_000 },
    intake: [{ group: 'group', waiting: { limit: 'credit.deliveries', cause: 'commit', forMs: 1e9 } }],
    tasks: aStatus().tasks.map((task) => ({ ...task, name: long, group: long })),
    partitions: ['a', 'b'].map((group) =>
      aPartition({ topic: long, group: group + long, phase: 'revoking', watermark: 1e11, committed: 1e11 }),
    ),
  });

  for (const columns of [80, 100]) {
    const lines = view(status, { columns }).split('\n');

    assert.deepEqual(
      lines.filter((line) => [...line].length > columns),
      [],
    );
    assert.ok(
      lines.some((line) => /^n+…\S*d {2}/.test(line)),
      'the end of a name stays',
    );
  }
});

test('of a partition that two groups read it is not told whose backlog it is', () => {
  const partitions = ['a', 'b'].map((group) => aPartition({ group }));

  const text = view(aStatus({ partitions }));

  assert.match(text, /\nGROUP {2}PARTITION .*\na {6}app-crash 0 .* \?\nb {6}app-crash 0 .* \?$/);
});

test('whether anything moves is told by the watermarks, of the partitions that are in both looks', () => {
  const before = aStatus();
  const partitions = [
    aPartition({ partition: 0, watermark: 1142 }),
    aPartition({ partition: 1, watermark: 800 }),
    aPartition({ topic: 'app-lag', watermark: 50 }),
    aPartition({ topic: 'new', watermark: 70 }),
  ];

  assert.equal(risenBetween(before, aStatus({ partitions })), 100);
  assert.match(view(before, { perSecond: 1234 }), /\nmoving {5}1,234\/s by the watermarks\n/);
  assert.match(view(before, { perSecond: 0 }), /\nmoving {5}no watermark has risen since the last look\n/);
  assert.doesNotMatch(view(before), /moving/);
});
