import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKETS } from '../../../src/observe/instruments.ts';
import { METRICS, createMetrics } from '../../../src/observe/metrics.ts';
import { metricsReference } from '../../../src/observe/metrics-reference.ts';
import { EVENTS, eventsOf } from './events.ts';

const QUIET = { inFlight: () => 0, backlog: () => Promise.resolve([]) };

/** The lines of one sample name, without its other labels' order in mind. */
function samples(text: string, name: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

test('after one event of each type every metric of the table has a sample', async () => {
  const metrics = createMetrics({
    inFlight: () => 12,
    backlog: () => Promise.resolve([{ topic: 'crash', partition: 3, deliveries: 5 }]),
  });

  for (const event of EVENTS) metrics.probe(event);
  const text = await metrics.text();

  for (const { name, type, help } of Object.values(METRICS)) {
    assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`), name);
    assert.ok(samples(text, type === 'histogram' ? `${name}_count` : name).length > 0, name);
  }
});

test('names are unique, prefixed, and counters end in _total', () => {
  const specs = Object.values(METRICS);

  assert.equal(new Set(specs.map(({ name }) => name)).size, specs.length);
  for (const { name, type } of specs) {
    assert.match(name, /^faultline_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
  }
});

test('counters count deliveries, not events', async () => {
  const metrics = createMetrics(QUIET);

  for (const event of eventsOf('consumed')) metrics.probe(event);
  for (const event of eventsOf('finished')) metrics.probe(event);
  const text = await metrics.text();

  assert.deepEqual(samples(text, METRICS.consumed.name), [
    'faultline_consume_deliveries_total{group="g"} 10',
  ]);
  assert.deepEqual(samples(text, METRICS.finished.name), [
    'faultline_finished_deliveries_total{task="crash",ending="findings"} 7',
    'faultline_finished_deliveries_total{task="crash",ending="silent"} 2',
    'faultline_finished_deliveries_total{task="crash",ending="dead-letter"} 1',
  ]);
});

test('a run of equal ages counts as often as it has deliveries, in the bucket of its age and all above', async () => {
  const metrics = createMetrics(QUIET);

  metrics.probe({
    type: 'finished',
    task: 't',
    withFindings: 9,
    silent: 0,
    deadLettered: 0,
    ages: [
      [5, 6],
      [90_000, 3],
    ],
  });
  const text = await metrics.text();

  const buckets = samples(text, `${METRICS.ages.name}_bucket`);
  const count = (le: string): string | undefined =>
    buckets.find((line) => line.includes(`le="${le}"`))?.split(' ')[1];
  assert.equal(count('0.0025'), '0');
  assert.equal(count('0.005'), '6');
  assert.equal(count('60'), '6');
  assert.equal(count('+Inf'), '9');
  assert.deepEqual(samples(text, `${METRICS.ages.name}_count`), [`${METRICS.ages.name}_count{task="t"} 9`]);
  assert.deepEqual(samples(text, `${METRICS.ages.name}_sum`), [`${METRICS.ages.name}_sum{task="t"} 270.03`]);
});

test('partitions that stand still are counted until they are let go, and so is being in the group', async () => {
  const metrics = createMetrics(QUIET);
  const [stuck] = eventsOf('partition-stuck');
  const [rebalanced] = eventsOf('rebalanced');
  assert.ok(stuck && rebalanced);
  const shown = async (): Promise<readonly (readonly string[])[]> => {
    const text = await metrics.text();
    return [METRICS.stuckPartitions, METRICS.member].map(({ name }) => samples(text, name));
  };

  metrics.probe(rebalanced);
  metrics.probe(stuck);
  metrics.probe({ ...stuck, partition: 4 });
  const during = await shown();
  metrics.probe({ type: 'out-of-group', group: 'g', reason: '' });
  metrics.probe({ type: 'revoked', group: 'g', partitions: [stuck, { ...stuck, partition: 4 }], dropped: 0 });
  const afterwards = await shown();

  const { name: stuckName } = METRICS.stuckPartitions;
  assert.deepEqual(during, [
    [`${stuckName}{group="g",code="${stuck.fault.code}"} 2`],
    [`${METRICS.member.name}{group="g"} 1`],
  ]);
  assert.deepEqual(afterwards, [[], [`${METRICS.member.name}{group="g"} 0`]]);
});

test('names from outside take a bounded number of label values', async () => {
  const metrics = createMetrics(QUIET);
  const [outcome] = eventsOf('outcome');
  assert.ok(outcome);

  for (let i = 0; i < 1000; i += 1) {
    const tally = {
      platforms: { [`platform-${i}`]: 1 },
      problems: { [`problem-${i}`]: 1 },
      groups: [],
      repeats: 0,
    };
    metrics.probe({ ...outcome, tally });
  }
  const text = await metrics.text();

  assert.equal(samples(text, METRICS.platforms.name).length, 51);
  assert.equal(samples(text, METRICS.problems.name).length, 51);
  assert.ok(text.includes(`${METRICS.platforms.name}{platform="other"} 950`));
});

test('the backlog shows what there is at the moment of the scrape, summed over groups', async () => {
  let entries = [
    { topic: 'crash', partition: 0, deliveries: 5 },
    { topic: 'crash', partition: 0, deliveries: 2 },
    { topic: 'gone', partition: 1, deliveries: 9 },
  ];
  const metrics = createMetrics({ inFlight: () => 4, backlog: () => Promise.resolve(entries) });

  await metrics.text();
  entries = entries.slice(0, 2);
  const text = await metrics.text();

  assert.deepEqual(samples(text, METRICS.backlog.name), [
    `${METRICS.backlog.name}{topic="crash",partition="0"} 7`,
  ]);
  assert.deepEqual(samples(text, METRICS.inFlight.name), [`${METRICS.inFlight.name} 4`]);
});

test('a backlog that cannot be read leaves the other metrics standing', async () => {
  const metrics = createMetrics({ inFlight: () => 4, backlog: () => Promise.reject(new Error('no broker')) });

  const text = await metrics.text();

  assert.deepEqual(samples(text, METRICS.gaugeFailures.name), [`${METRICS.gaugeFailures.name} 1`]);
  assert.deepEqual(samples(text, METRICS.backlog.name), []);
  assert.deepEqual(samples(text, METRICS.inFlight.name), [`${METRICS.inFlight.name} 4`]);
});

test('the metrics of the process itself are served too', async () => {
  const text = await createMetrics(QUIET).text();

  assert.match(text, /^process_cpu_seconds_total /m);
  assert.match(text, /^nodejs_eventloop_lag_seconds /m);
});

test('the reference has a row for each metric, with its labels and its bounds', () => {
  const page = metricsReference();

  for (const spec of Object.values(METRICS)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${spec.name}\` |`));
    assert.ok(row !== undefined && row.includes(spec.help), spec.name);
    for (const label of spec.labels) assert.ok(row.includes(`\`${label}\``), spec.name);
    if (spec.type === 'histogram') {
      assert.ok(page.includes(`- \`${spec.name}\`: ${BUCKETS[spec.buckets].join(', ')}\n`), spec.name);
    }
  }
});
