/** The main job by the command itself, as a process: from report files to findings in the log. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { faultline, ROOT } from '../helpers/command.ts';
import { eventually } from '../helpers/eventually.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { running } from './running.ts';
import { countOf, fill, jsonOf, recordsOf, type RawRecord } from './support.ts';

const SUMMARY_KEYS =
  'consumed published finished deadLettered unfinished findings committed ms ' +
  'eventsPerSecond cpuUsPerEvent byCode problems byPlatform topGroups';

const EVENT: RawRecord = { key: 'k', value: '{"category":"PERF_CRASH","profile_data":"x"}' };

const OWN_CONFIG = `
system: { data: ./log }
tasks:
  shop: { topics: [^orders$, ^refunds$], analyzer: ./own.ts, outputs: { findings: '{topic}-out' } }
`;

const OWN_ANALYZER = `
export const version: string = '3';
export default (event: object, { task }: { task: string }): object => ({ kind: 'own', task });
`;

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

test('every example report becomes a finding, the figures agree, and a second run has nothing to do', async (t) => {
  const dir = temporaryDirectory(t);
  const data = ['--data', join(dir, 'log')];
  const summary = join(dir, 'summary.json');
  const ingested = await faultline('ingest', join(ROOT, 'examples/reports'), ...data);
  const count = Number(/wrote (\d+) events/.exec(ingested.err)?.[1]);

  const ran = await faultline('run', '--until-idle', '--summary', summary, '--threads', '1', ...data);
  const first = readJson(summary);
  const again = await faultline('run', '--until-idle', '--summary', summary, '--threads', '1', ...data);
  const tail = await faultline('tail', 'faultline-findings', '--from', 'earliest', '--json', ...data);

  assert.deepEqual([ingested.code, ran.code, again.code, tail.code], [0, 0, 0, 0]);
  assert.ok(count > 20);
  assert.match(ran.out, new RegExp(`^consumed {3}${count} deliveries = ${count} published \\+ 0 finished`));
  assert.equal(Object.keys(first).join(' '), SUMMARY_KEYS);
  assert.equal(first['consumed'], count);
  assert.equal(first['committed'], count);
  assert.equal(readJson(summary)['consumed'], 0);
  assert.equal(tail.out.split('\n').length - 1, first['findings']);
});

test('a run that goes on takes what others ingest, tells how it is over HTTP, and lets no second one read for its group', async (t) => {
  const dir = temporaryDirectory(t);
  const data = ['--data', join(dir, 'log')];
  const run = running(t, 'run', '--http', '127.0.0.1:0', '--threads', '2', ...data);
  const { address } = await run.logged('listening');

  const ingested = await faultline('ingest', join(ROOT, 'examples/reports'), ...data);
  const count = Number(/wrote (\d+) events/.exec(ingested.err)?.[1]);
  await eventually(
    'all findings',
    async () => (await countOf(join(dir, 'log'), 'faultline-findings')) >= count,
  );
  const [metrics, healthy, ready, nowhere] = await Promise.all(
    ['metrics', 'healthz', 'readyz', 'nowhere'].map((path) => get(`http://${String(address)}/${path}`)),
  );
  const second = await faultline('run', '--until-idle', ...data);
  const fanOut = await faultline('run', '--until-idle', '--group', 'other', '--task', 'lag', ...data);
  run.kill('SIGINT');
  const { code, out, err } = await run.end();

  assert.match(
    metrics?.text ?? '',
    new RegExp(`^faultline_consume_deliveries_total\\{group="faultline"\\} ${count}$`, 'm'),
  );
  assert.match(metrics?.text ?? '', new RegExp(`^faultline_publish_findings_total ${count}$`, 'm'));
  assert.match(
    metrics?.text ?? '',
    /^faultline_consume_backlog_deliveries\{topic="app-lag",partition="0"\} 0$/m,
  );
  assert.deepEqual(
    [metrics, healthy, ready, nowhere].map((answer) => answer?.status),
    [200, 200, 200, 404],
  );
  assert.match(ready?.text ?? '', /^\{"state":"ready"/);
  assert.deepEqual([second.code, second.out], [3, ''], 'no figures of what did not begin');
  assert.match(
    second.err,
    new RegExp(`^faultline run: process ${run.pid} already reads the log for the group faultline$`, 'm'),
  );
  assert.equal(fanOut.code, 0, fanOut.err);
  const lags = await countOf(join(dir, 'log'), 'app-lag');
  assert.match(fanOut.out, new RegExp(`^consumed +${lags} deliveries`), 'all of its task, nothing of others');
  assert.equal(code, 0, err);
  assert.match(out, new RegExp(`^consumed +${count} deliveries = ${count} published`));
});

test('a new group begins where it is told to', async (t) => {
  const dir = temporaryDirectory(t);
  const log = join(dir, 'log');
  const at = (second: number): RawRecord => ({ ...EVENT, timestampMs: Date.UTC(2026, 0, 1, 0, 0, second) });
  await fill(log, { 'app-crash': [at(1), at(2), at(3)] });
  const run = (...args: readonly string[]) => faultline('run', '--data', log, '--threads', '1', ...args);

  const late = running(t, 'run', '--data', log, '--threads', '1', '--group', 'late', '--from', 'latest');
  await late.logged('assigned');
  const timed = await run('--group', 'timed', '--from', '2026-01-01T00:00:02Z', '--until-idle');
  await fill(log, { 'app-crash': [at(4)], 'new-crash': [at(5), at(6)] });
  await eventually('three findings more', async () => (await countOf(log, 'faultline-findings')) >= 5);
  late.kill('SIGTERM');
  const { out } = await late.end();
  const again = await run('--group', 'timed', '--from', 'latest', '--until-idle');

  assert.match(timed.out, /^consumed +2 deliveries/, 'those from that time on');
  assert.match(out, /^consumed +3 deliveries/, 'those that came later, and all of a topic that came later');
  assert.match(again.out, /^consumed +1 delivery /, 'a committed offset counts more than --from');
});

test('a config file brings analyzers that lie beside it, and outputs of its own', async (t) => {
  const dir = temporaryDirectory(t);
  mkdirSync(join(dir, 'config'));
  const config = join(dir, 'config', 'faultline.yaml');
  writeFileSync(config, OWN_CONFIG);
  writeFileSync(join(dir, 'config', 'own.ts'), OWN_ANALYZER);
  const log = join(dir, 'config', 'log');
  await fill(log, { orders: [EVENT], refunds: [EVENT] });

  const { code, err } = await faultline('run', '--config', config, '--until-idle', '--threads', '1');
  const findings = [...(await recordsOf(log, 'orders-out')), ...(await recordsOf(log, 'refunds-out'))];

  assert.equal(code, 0, err);
  assert.deepEqual(
    findings.map(jsonOf).map(({ kind, task, analyzer }) => ({ kind, task, analyzer })),
    [
      { kind: 'own', task: 'shop', analyzer: { name: 'own', version: '3' } },
      { kind: 'own', task: 'shop', analyzer: { name: 'own', version: '3' } },
    ],
  );
});

async function get(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}
