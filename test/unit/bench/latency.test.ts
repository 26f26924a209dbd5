/** The open loop: when events are due, what is measured of them, and how it is checked and told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Arrivals } from '../../../bench/feed/arrivals.ts';
import { dueBy, keepPace } from '../../../bench/feed/pace.ts';
import { Recorder } from '../../../bench/feed/recorder.ts';
import type { FedRecord } from '../../../bench/feed/supply.ts';
import { Supply } from '../../../bench/feed/supply.ts';
import { latency } from '../../../bench/latency.ts';
import type { LatencyFigures } from '../../../bench/latency.ts';
import type { Publication } from '../../../src/model/delivery.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { PublishResult, Sink } from '../../../src/ports/sink.ts';

const PLAN = {
  kind: 'burn',
  mark: 'b',
  seed: 1,
  chunks: 0,
  idle: 0,
  keys: ['k'],
  pick: 'uniform',
} as const;

function finding(id: string, key: string, timestampMs = 0): Publication {
  const headers = [['faultline-id', Buffer.from(id)]] as const;
  return { topic: 't', key: Buffer.from(key), value: Buffer.from('{}'), headers, timestampMs };
}

function sinkOf(result: PublishResult): Sink {
  return {
    publish: (publications) => Promise.resolve(publications.map(() => result)),
    close: () => Promise.resolve(),
  };
}

test('events are due evenly: never ahead of the rate, never more than one behind it', () => {
  fc.assert(
    fc.property(fc.nat(60_000), fc.integer({ min: 1, max: 100_000 }), (ms, ratePerSecond) => {
      const exact = (ms * ratePerSecond) / 1000;

      const due = dueBy(ms, ratePerSecond);

      assert.ok(due <= exact + 1e-6 && due > exact - 1, `${due} of ${exact}`);
    }),
  );
});

test('each event has the whole millisecond at which it was due, though it is written later', async () => {
  const records: FedRecord[] = [];

  const paced = await keepPace(new Supply(PLAN), { ratePerSecond: 500, seconds: 0.05 }, (some) => {
    records.push(...some);
  });

  const due = Array.from({ length: 25 }, (_, i) => paced.startMs + 2 * i + 1);
  assert.equal(paced.events, 25);
  assert.deepEqual(
    records.map(({ timestampMs }) => timestampMs),
    due,
  );
});

test('what cannot be written fails the feeder, when all was tried', async () => {
  const refused = new Error('refused');

  const pacing = keepPace(new Supply(PLAN), { ratePerSecond: 1000, seconds: 0.01 }, () =>
    Promise.reject(refused),
  );

  await assert.rejects(pacing, refused);
});

test('a latency is counted from when the event was due, by the class of its key', async () => {
  const recorder = new Recorder(sinkOf(null), null);
  const dueMs = Date.now() - 10_000;
  recorder.begin(dueMs);

  await recorder.publish([finding('o-0', 'o1', dueMs), finding('n-0', 'n1', dueMs)]);
  const { o, n } = recorder.end();

  assert.ok(o !== undefined && o.p50Ms >= 9990, `${o?.p50Ms}`);
  assert.equal(n?.events, 1);
});

test('what was due before the measurement is acknowledged and not measured', async () => {
  const recorder = new Recorder(sinkOf(null), null);
  const nowMs = Date.now();
  recorder.begin(nowMs);

  await recorder.publish([finding('o-0', 'o1', nowMs - 1)]);

  assert.equal(recorder.acknowledged, 1);
  assert.deepEqual(recorder.end(), {});
});

test('a publication that fails spoils the measurement', async () => {
  const refused = new EngineError('E_SINK_REJECTED', 'no');
  const recorder = new Recorder(sinkOf(refused), null);

  await recorder.publish([finding('o-0', 'o1')]);

  assert.throws(() => recorder.acknowledged, refused);
});

/** Notes ids of one key. */
function arrived(...ids: readonly string[]): Arrivals {
  const arrivals = new Arrivals();
  for (const id of ids) arrivals.note(finding(id, 'k'));
  return arrivals;
}

const DUE = { b: { first: 16, count: 3 } };

test('all events that are due, each once and in order, are a right result', () => {
  const arrivals = arrived('b-00000010', 'b-00000011', 'b-00000012');

  assert.doesNotThrow(() => arrivals.check(DUE));
});

test('events of different keys may pass each other', () => {
  const arrivals = arrived('b-11', 'b-12');
  arrivals.note(finding('b-10', 'other'));

  assert.doesNotThrow(() => arrivals.check(DUE));
});

for (const [what, ids, message] of [
  ['an event that is lost', ['b-10', 'b-12'], /1 are lost/],
  ['an event that comes twice', ['b-10', 'b-11', 'b-11', 'b-12'], /1 came twice/],
  ['an event before an earlier one of its key', ['b-11', 'b-10', 'b-12'], /1 before an earlier one/],
  ['an event that was not fed', ['b-10', 'b-11', 'b-12', 'b-13'], /1 unknown/],
  ['an event of another feeder', ['b-10', 'b-11', 'b-12', 'c-0'], /1 unknown/],
] as const)
  test(`${what} is a wrong result`, () => {
    const arrivals = arrived(...ids);

    assert.throws(() => arrivals.check(DUE), message);
  });

const ROW: LatencyFigures = {
  transport: 'kafka',
  threads: 2,
  analyzer: 'crash',
  capacityPerSecond: 10_000,
  load: 0.5,
  ratePerSecond: 5000,
  feederLateP99Ms: 1,
  events: 35_000,
  p50Ms: 7,
  p99Ms: 25,
  p999Ms: 31,
  maxMs: 40,
  gapMs: 9,
};

test('the bar is p99 on Kafka at half of capacity, alone', () => {
  const others: LatencyFigures[] = [
    { ...ROW, load: 0.9, p99Ms: 900 },
    { ...ROW, transport: 'log', p99Ms: 80 },
  ];

  const { bars } = latency.report({ lingerMs: 5, rows: [ROW, ...others] });

  assert.deepEqual(
    bars.map(({ measured, isMet }) => [measured, isMet]),
    [['25.0 ms', true]],
  );
});

test('each transport has a plot of latency over load', () => {
  const rows: LatencyFigures[] = [ROW, { ...ROW, load: 0.75, p99Ms: 60 }, { ...ROW, transport: 'memory' }];

  const { plots } = latency.report({ lingerMs: 5, rows });

  assert.deepEqual(
    plots.map(({ name }) => name),
    ['latency-kafka', 'latency-memory'],
  );
  assert.deepEqual(plots[0]?.series[1], {
    name: 'p99',
    points: [
      [50, 25],
      [75, 60],
    ],
  });
});
