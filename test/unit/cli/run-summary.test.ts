import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryView } from '../../../src/cli/run-summary.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { RunSummary } from '../../../src/observe/summary.ts';

const summary: RunSummary = {
  consumed: 1_234,
  published: 1_200,
  finished: 4,
  deadLettered: 30,
  unfinished: 0,
  findings: 1_201,
  committed: 1_234,
  ms: 4_500,
  eventsPerSecond: 493.6,
  cpuUsPerEvent: { main: 22, workers: 91, publisher: 0, total: 113 },
  byCode: { E_EVENT_SCHEMA: 30 },
  problems: {},
  byPlatform: { web: 1, android: 1_200 },
  topGroups: [{ group: 'c35f652895a10e63', title: 'evil \u001b[2J', kind: 'crash', count: 7 }],
};

const paint = (_style: string, text: string): string => text;

function view(
  figures: RunSummary,
  flags: Readonly<Record<string, string>> = {},
  env: Record<string, string> = {},
) {
  return summaryView(figures, { config: parseConfig({ file: null, flags }), env, paint, columns: 100 }).join(
    '\n',
  );
}

test('the figures are told so that they can be added up', () => {
  const text = view(summary);

  assert.match(text, /^consumed +1,234 deliveries = 1,200 published \+ 4 finished \+ 30 dead-lettered\n/);
  assert.match(text, /\ntime +4\.5 s, 494\/s\nCPU +113 µs a delivery: 22 µs main thread, 91 µs workers\n/);
  assert.match(text, /Findings by platform\n {2}1,200 {2}android\n {6}1 {2}web\n/);
  assert.match(text, /Dead letters\n {2}30 {2}E_EVENT_SCHEMA\n/);
  assert.match(view({ ...summary, unfinished: 5 }), / \+ 5 unfinished\n/);
});

test('of a short run it is said that most of it is the start', () => {
  assert.doesNotMatch(view(summary), /start/);
  assert.match(
    view({ ...summary, ms: 900 }),
    /\nCPU .*\n {11}a run this short is mostly the start of threads/,
  );
});

test('titles of groups have the width of the terminal', () => {
  const topGroups = [{ group: 'c35f', title: 'x'.repeat(300), kind: 'lag' as const, count: 7 }];

  const longest = view({ ...summary, topGroups })
    .split('\n')
    .map((line) => line.length);

  assert.equal(Math.max(...longest), 100);
});

test('the commands to look further are those that can be typed here', () => {
  assert.match(
    view(summary),
    /\n {2}faultline tail faultline-findings\n {2}faultline tail faultline-dead-letters\n/,
  );
  assert.match(
    view(summary, { data: '/var/log/f' }, { npm_lifecycle_event: 'faultline' }),
    /\n {2}npm run -s faultline -- tail faultline-findings --data \/var\/log\/f\n/,
  );
  assert.doesNotMatch(view({ ...summary, deadLettered: 0 }), /tail faultline-dead-letters/);
  assert.doesNotMatch(view(summary, { transport: 'memory' }), /tail/);
});

test('a topic whose name depends on the event is not named', () => {
  const text = 'tasks:\n  a:\n    topics: [^in$]\n    analyzer: crash\n';
  const config = parseConfig({ file: { name: 'f.yaml', text }, flags: { 'findings-topic': 'found-{task}' } });

  assert.doesNotMatch(summaryView(summary, { config, env: {}, paint, columns: 100 }).join('\n'), /found-/);
});

test('titles of groups come from reports and cannot write over the terminal', () => {
  assert.match(view(summary), /7 {2}crash {2}c35f652895a1 {2}evil ␛\[2J/);
});
